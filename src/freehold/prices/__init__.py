"""Price lists, and what usage costs by them."""
