"""Readiness for production, by evidence. See README.md."""
