"""One file a command of the command line, each with its options and what it prints."""
