"""Why there is a gap: heads trained while one looks on, and an experiment for each cause."""
