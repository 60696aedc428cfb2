"""Vector stores: where they stand, what they hold, and what they answer. One file a store."""
