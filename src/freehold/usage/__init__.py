"""Usage: the record of every decision, from the gate's journal to the numbers on a page."""
