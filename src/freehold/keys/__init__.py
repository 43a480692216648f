"""Keys: credentials of projects, their secrets, and the decision whether a request may pass."""
