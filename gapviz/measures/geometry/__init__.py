"""The gap and its diagnostics: unit rows in, frozen results out, all in float64."""
