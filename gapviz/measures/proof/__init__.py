"""Whether an engine answers as was measured, and why not where it departs; one file a cause."""
