"""gapviz in a notebook: what the top level of the package offers, and how it looks there."""
