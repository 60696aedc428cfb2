"""What the gap is made of: dimensions, losses, hubs, spectra, pairs, groups."""
