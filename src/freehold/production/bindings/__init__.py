"""Bindings: what production needs of its own. See README.md."""
