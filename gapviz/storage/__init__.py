"""Files, results cached by content, background work, saved collections, the configuration."""
