"""Is this a match? How likely a pair of some score matches, and when to answer nothing."""
