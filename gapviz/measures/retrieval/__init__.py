"""What retrieval is worth: bias, ranks, recall, each with its protocol and interval."""
