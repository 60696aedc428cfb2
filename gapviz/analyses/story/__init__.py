"""The first screen: one query that fails, the same query fixed, how often, and what to do."""
