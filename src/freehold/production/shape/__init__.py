"""Shapes: what a project declares, and its history. See README.md."""
