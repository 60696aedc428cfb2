"""Where results and collections are kept: files, the disk cache, memory, the configuration."""
