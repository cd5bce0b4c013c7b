"""How rows of known data sets become exercises: a function per file, registered under the data set's name."""
