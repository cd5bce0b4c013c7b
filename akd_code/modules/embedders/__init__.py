"""The built-in embedders, one module each, registered under the module's name."""
