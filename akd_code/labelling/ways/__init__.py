"""The built-in ways to make labels, one module each, registered under the method's name."""
