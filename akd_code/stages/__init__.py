"""The stages of the loop."""
