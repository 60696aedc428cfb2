"""Directions: every modality asks every other, and itself."""
