"""Where audit entries are sent on to: see README.md."""
