"""Two-dimensional layouts of pooled unit rows: UMAP, PCA, and the gap axis."""
