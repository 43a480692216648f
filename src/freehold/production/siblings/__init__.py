"""What a sandbox project and its production sibling are to each other. See README.md."""
