"""What makes gapviz a package for others, and tries it as they do: locks, resolution, the wheel."""
