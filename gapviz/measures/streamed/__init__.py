"""Measuring vectors that stay on disk: one pass for sums, one for lists and distances."""
