"""Pictures of items, from wherever `Item.image` says they come.

A reference is read inside the collection's folder alone: absolute paths, paths that climb
out and links that lead out are refused by name.
"""

# Readers of files and of images know each other, and the files must come first.
import gapviz.sources.files  # noqa: F401
