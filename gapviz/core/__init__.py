"""What every other room stands on: collections, vectors, pairs, errors, wording."""
