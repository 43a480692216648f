"""What is kept for how long, and what deleting a person or an organization means."""
