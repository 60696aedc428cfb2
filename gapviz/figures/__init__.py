"""Plotly figures from results: nothing is computed here but where to draw."""
