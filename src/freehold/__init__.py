"""Freehold: projects for every team that runs an API."""

__version__ = "0.1.0"
