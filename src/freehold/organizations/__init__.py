"""Organizations: accounts, sessions, members and their roles, tokens, the audit log."""
