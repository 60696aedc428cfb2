"""How pairs score by their type, and a threshold for each type."""
