"""What is said of figures, in plain sentences; each from measured results alone."""
