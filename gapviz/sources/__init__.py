"""Where collections come from: files, published sets, the built-in one, one's own library."""
