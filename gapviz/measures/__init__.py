"""Figures of a collection: geometry, retrieval, layouts, and all of them in one measurement."""
