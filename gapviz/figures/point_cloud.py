"""The points of a layout as a browser draws them: a file of nine bytes a point.

Captions and thumbnails would make a million points weigh a hundred times as much; the hover card
asks for those of one point at a time.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gapviz.core.lazy import cached_property
from gapviz.core.pairs import matching_rows
from gapviz.core.vectors import Float32, Indices, read_only
from gapviz.figures.cones import items_drawn
from gapviz.measures.projection.layout import Layout

BYTES_A_POINT = 9

MOST_LINES = 20_000
"""Lines between matched pairs; more of them only make a grey ground."""

CODES = npt.NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class PointCloud:
    """The points of a layout in the order in which they are drawn, which is by chance.

    One modality after the other would hide the first under the second. The order depends on
    the number of points alone, so that those of two layouts of the same rows correspond.
    """

    layout: Layout
    points: Float32
    """`(n, 2)`, read-only."""
    modality_code: CODES
    """`(n,)`, position in the modalities of the layout, read-only."""
    item: Indices
    """`(n,)`, position of the item in its collection, read-only."""

    @classmethod
    def of(cls, layout: Layout, item_index: Mapping[str, npt.ArrayLike]) -> PointCloud:
        """The points of a layout.

        Args:
            layout: as `project` returned it.
            item_index: per modality, the item position of each row the layout was made from.

        Raises:
            GapvizError: `item_index` misses a modality or has too few rows.
        """
        items = np.concatenate(list(items_drawn(layout, item_index).values()))
        order = _order(layout)
        return cls(
            layout,
            read_only(layout.points[order]),
            read_only(layout.modality_code[order].astype(np.uint8)),
            read_only(items[order]),
        )

    @cached_property
    def content(self) -> bytes:
        """Every x as float32, every y as float32, every code as uint8, little-endian."""
        x, y = np.ascontiguousarray(self.points.T, dtype="<f4")
        return b"".join(column.tobytes() for column in (x, y, self.modality_code))

    @cached_property
    def content_hash(self) -> str:
        """Of the points and of whose they are."""
        return hashlib.sha256(self.content + self.item.tobytes()).hexdigest()[:32]

    @cached_property
    def counts(self) -> dict[str, int]:
        """Points by modality."""
        found = np.bincount(self.modality_code, minlength=len(self.layout.modalities))
        return dict(zip(self.layout.modalities, found.tolist(), strict=True))

    @property
    def centroids(self) -> dict[str, tuple[float, float]]:
        """The mean of the drawn points by modality; none in a UMAP, where it is the image of
        nothing.
        """
        return self.layout.middles if self.layout.linear else {}

    def points_of_items(self, positions: npt.ArrayLike) -> Indices:
        """Ascending numbers of the points that are rows of some items."""
        chosen = np.zeros(int(self.item.max(initial=-1)) + 1, dtype=bool)
        wanted = np.asarray(positions, dtype=np.int64)
        chosen[wanted[(wanted >= 0) & (wanted < chosen.size)]] = True
        return np.flatnonzero(chosen[self.item])

    @cached_property
    def row(self) -> Indices:
        """`(n,)`, number of the row of each point within its modality."""
        return read_only(self.layout.row[_order(self.layout)])

    def place_in_item(self, point: int) -> int:
        """How many rows of its item and its modality stand before that of a point."""
        alike = self.points_of_items([self.item[point]])
        alike = alike[self.modality_code[alike] == self.modality_code[point]]
        return int((self.row[alike] < self.row[point]).sum())

    def pair_lines(self, pair: tuple[str, str]) -> PairLines:
        """The points of matched rows of two modalities."""
        a, b = (
            np.flatnonzero(self.modality_code == self.layout.modalities.index(name))
            for name in pair
        )
        matched = matching_rows(self.item[a], self.item[b])
        keep = np.arange(len(matched))
        if len(matched) > MOST_LINES:
            # The order is by chance, so every so manieth is a fair sample.
            keep = np.linspace(0, len(matched) - 1, MOST_LINES).astype(np.int64)
        ends = np.column_stack([a[matched.rows_a[keep]], b[matched.rows_b[keep]]])
        return PairLines(ends.astype("<u4"), len(matched))


def _order(layout: Layout) -> Indices:
    """The order by chance in which points are drawn."""
    return np.random.default_rng(layout.row.size).permutation(layout.row.size)


@dataclass(frozen=True, eq=False)
class PairLines:
    """Lines between the points of matched rows."""

    ends: npt.NDArray[np.uint32]
    """`(n_drawn, 2)`, numbers of points."""
    n_pairs: int
    """That there are, drawn or not."""

    @property
    def content(self) -> bytes:
        """Both ends of every line, uint32, little-endian."""
        return bytes(self.ends.tobytes())
