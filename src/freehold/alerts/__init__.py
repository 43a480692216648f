"""Alerts: rules of a project, their firings, and who is told."""
