"""Distil small code models: models, referee, generation, student, the loop, and the CLI."""

__version__ = "0.1.0"
