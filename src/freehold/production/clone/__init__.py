"""Cloning into production. See README.md."""
