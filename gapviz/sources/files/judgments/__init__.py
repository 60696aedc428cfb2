"""Queries of one's own and their judgments, one file a format."""
