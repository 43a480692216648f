"""Drift, promotion and revert. See README.md."""
