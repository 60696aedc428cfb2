"""Vectors that stay on disk, and are read some rows at a time."""
