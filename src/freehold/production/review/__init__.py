"""Access requests and their review. See README.md."""
