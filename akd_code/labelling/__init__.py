"""Ways to make labels."""
