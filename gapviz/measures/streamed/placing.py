"""Every row on disk placed in a layout of a sample: two numbers a row, written block by block."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from gapviz.core.progress import Progress, no_progress
from gapviz.core.vectors import Float32
from gapviz.measures.projection.layout import Layout
from gapviz.measures.projection.umap_layout import N_NEIGHBORS
from gapviz.retrieval.exact import top_k
from gapviz.sources.on_disk.vectors import StreamedVectors
from gapviz.storage.files import replace_folder
from gapviz.strategies import Strategy

MARKER = "placed.txt"
"""Tells a folder that was written here."""


def place_rows(
    vectors: StreamedVectors,
    layout: Layout,
    drawn: Mapping[str, Float32],
    strategy: Strategy,
    folder: Path,
    progress: Progress = no_progress,
) -> None:
    """Write `<modality>.npy`, `(n_items, 2)` float32, for each modality, in the order of the rows.

    On linear axes, which were fitted on the sample, every row stands where its projection is. In a
    UMAP a row stands at the barycentre of its nearest drawn rows; a drawn one moves a little, too.

    Args:
        vectors: all rows.
        layout: of a sample of them.
        drawn: the moved rows of the sample by modality, as the layout numbers them.
        strategy: that moved them.
        folder: that is written whole, or not at all.
        progress: told after each block.

    Raises:
        GapvizError: a folder of something else, or one that cannot be written; as
            `StreamedVectors.blocks`.
    """
    pooled = np.concatenate([drawn[name][layout.rows_of(name)] for name in layout.modalities])

    def write(new: Path) -> None:
        (new / MARKER).write_text(how_placed(layout) + "\n", "utf-8")
        shape = (vectors.n_items, 2)
        points = {
            name: np.lib.format.open_memmap(new / f"{name}.npy", "w+", np.float32, shape)
            for name in layout.modalities
        }
        for block in vectors.blocks():
            done = block.start + block.n
            for name, written in points.items():
                rows = strategy.transform(block.rows[name], name)
                written[block.start : done] = _points(rows, layout, pooled)
            progress(done / vectors.n_items, f"placed {done:,} of {vectors.n_items:,} items")
        for written in points.values():
            written.flush()

    replace_folder(folder, write, marker=MARKER, what="a folder of placed rows")


def how_placed(layout: Layout) -> str:
    """Where a row that is not drawn stands, in a sentence."""
    if layout.basis is not None:
        return "Every row stands at its projection on axes that were fitted on the sample."
    return (
        f"Every row stands at the barycentre of the {N_NEIGHBORS} drawn rows that are nearest by "
        "cosine."
    )


def _points(rows: Float32, layout: Layout, pooled: Float32) -> Float32:
    if layout.basis is not None:
        return layout.basis.coordinates(rows)
    nearest = top_k(rows, pooled, N_NEIGHBORS).rows
    middle: Float32 = layout.points[nearest].mean(axis=1, dtype=np.float64).astype(np.float32)
    return middle
