"""Clouds of points drawn in the browser by WebGL, for as many points as there are."""
