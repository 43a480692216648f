"""The file that a whole instance fits into: written while it runs, read back into an empty one. See the README."""
