"""Longer looks at a collection, each a result that is made once and kept by its content."""
