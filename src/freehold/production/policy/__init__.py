"""What the operator asks before production. See README.md."""
