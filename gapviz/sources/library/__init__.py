"""The visitor's own collections on disk, and how they come in."""
