"""The guest program: what runs inside the jail. Its modules import only the standard library and each other."""
