"""Pages that need more than one slice: they compose, and decide nothing."""
