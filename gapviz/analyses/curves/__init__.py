"""Figures over a range of one thing: strength, corpus mix, calibration pairs, rank fusion."""
