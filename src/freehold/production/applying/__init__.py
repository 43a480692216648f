"""Bringing a project to a shape. See README.md."""
