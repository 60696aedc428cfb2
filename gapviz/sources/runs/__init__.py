"""Runs: the ranked lists that a system made, read from files; one module a format."""
