"""The demonstration: an instance filled through the product's own actions, so that every page can be looked at."""
