"""Mergeable sketches of vectors, and whether today's vectors are still those of a calibration."""
