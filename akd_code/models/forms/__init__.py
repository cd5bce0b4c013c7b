"""The built-in forms of a model's name, one module each, registered under the module's name."""
