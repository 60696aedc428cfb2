"""What an approximate index loses of exact search, and what it costs, by modality."""
