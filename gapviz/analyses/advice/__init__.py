"""What to do about the gap, ranked by what was measured on this collection."""
