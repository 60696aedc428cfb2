"""The two passes over vectors on disk, each with the memory of a block."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from gapviz.core.progress import Progress
from gapviz.core.vectors import Float32, Indices
from gapviz.measures.geometry.matched import cosines_with
from gapviz.measures.geometry.sums import Sums, merged
from gapviz.measures.streamed.lists import AskingRows, Lists
from gapviz.sources.on_disk.vectors import Block, StreamedVectors
from gapviz.storage.cache import CachedResult, content_key
from gapviz.strategies import Strategy

SHARD_ROWS = 1_048_576
"""Items whose sums are kept together: a run that was stopped goes on behind the last such shard."""
REVISION = 1


@dataclass(frozen=True, eq=False)
class Measured:
    """Which rows of which vectors are measured, under which strategy."""

    vectors: StreamedVectors
    strategy: Strategy
    left_out: Indices
    """`(n,)`, rising: rows that a strategy was fitted on."""

    @property
    def n(self) -> int:
        """Items that are measured."""
        return self.vectors.n_items - self.left_out.size

    def numbers(self, places: Indices) -> Indices:
        """Numbers of the rows at some places `(n,)` among those that are measured."""
        before = self.left_out - np.arange(self.left_out.size)
        return places + np.searchsorted(before, places, side="right")

    def blocks(
        self, start: int = 0, stop: int | None = None
    ) -> Iterator[tuple[Indices, tuple[Float32, Float32]]]:
        """Numbers of some rows, and the moved rows of both modalities.

        Raises:
            GapvizError: as `StreamedVectors.blocks`, or a row that the strategy leaves without
                length.
        """
        for block in self.vectors.blocks(start, stop):
            kept = self._kept(block)
            first, second = self._moved(block.keeping(kept))
            if len(first):
                yield block.numbers[kept], (first, second)

    def _kept(self, block: Block) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        kept = np.ones(block.n, dtype=np.bool_)
        low, high = np.searchsorted(self.left_out, [block.start, block.start + block.n])
        kept[self.left_out[low:high] - block.start] = False
        return kept

    def _moved(self, rows: Mapping[str, Float32]) -> tuple[Float32, Float32]:
        first, second = self.vectors.modalities
        return (
            self.strategy.transform(rows[first], first),
            self.strategy.transform(rows[second], second),
        )

    def rows(self, numbers: Indices) -> tuple[Float32, Float32]:
        """Some rows of both modalities, moved; the numbers rise."""
        return self._moved(self.vectors.rows(numbers))

    def asking(self, places: Indices) -> tuple[AskingRows, AskingRows]:
        """Queries of both modalities, from places among the rows that are measured."""
        numbers = self.numbers(places)
        stored = self.vectors.rows(numbers)
        moved = self._moved(stored)
        asking = []
        for code, name in enumerate(self.vectors.modalities):
            vectors = self.strategy.transform_queries(stored[name], name)
            scores = np.einsum("ij,ij->i", vectors, moved[1 - code], dtype=np.float32)
            asking.append(AskingRows(numbers, vectors, scores))
        return asking[0], asking[1]

    def shards(self) -> list[tuple[int, int]]:
        """(start, stop) of each."""
        n = self.vectors.n_items
        return [(first, min(first + SHARD_ROWS, n)) for first in range(0, n, SHARD_ROWS)]

    def shard_sums(self, start: int, stop: int) -> CachedResult[Sums]:
        """The sums of one shard, which are kept."""

        def function(progress: Progress) -> Sums:
            none = Sums.none(self.vectors.dim)

            def parts() -> Iterator[Sums]:
                for numbers, (x, y) in self.blocks(start, stop):
                    yield Sums.of(x, y)
                    share = (int(numbers[-1]) + 1 - start) / (stop - start)
                    progress(
                        share, f"sums of {numbers[-1] + 1:,} of {self.vectors.n_items:,} items"
                    )

            return merged(parts(), none)

        key = content_key(
            vectors=self.vectors.fingerprint,
            modalities=self.vectors.modalities,
            span=[start, stop],
            strategy=self.strategy.options.plain(),
            learned=sorted(self.strategy.state().arrays.items()),
            left_out=self.left_out,
            revision=REVISION,
        )
        return CachedResult("streamed-sums", key, Sums, function)

    def sums(self, progress: Progress) -> Sums:
        """The sums of all rows; raises as `blocks`."""
        shards, whole = self.shards(), Sums.none(self.vectors.dim)
        for place, (start, stop) in enumerate(shards):

            def told(share: float, stage: str, place: int = place) -> None:
                progress((place + share) / len(shards), stage)

            whole = whole.merge(self.shard_sums(start, stop).compute(told))
        return whole


@dataclass(frozen=True, eq=False)
class SecondPass:
    """What the second pass finds."""

    lists: Lists
    distance_x: float
    """mean‖x − μx‖."""
    distance_y: float
    mean_cosine: float
    """Of x − y with Δ."""


def swept(measured: Measured, sums: Sums, places: Indices, progress: Progress) -> SecondPass:
    """Search every row for some queries, and add up distances to the centroids.

    Args:
        measured: the rows.
        sums: of them.
        places: `(n_queries,)`, rising: who asks in either modality, among the rows measured.
        progress: told after each block.

    Raises:
        GapvizError: as `Measured.blocks`.
    """
    lists = Lists(measured.asking(places))
    means = sums.x.mean, sums.y.mean
    delta = sums.pairs.mean_difference
    distances, cosines = [0.0, 0.0], 0.0
    n_items = measured.vectors.n_items
    for numbers, rows in measured.blocks():
        for code in (0, 1):
            lists.add(code, rows[code], numbers)
        wide = [one.astype(np.float64) for one in rows]
        cosines += cosines_with(wide[0] - wide[1], delta)
        for code in (0, 1):
            wide[code] -= means[code]
            distances[code] += float(np.sqrt(np.einsum("ij,ij->i", wide[code], wide[code])).sum())
        progress(
            (int(numbers[-1]) + 1) / n_items, f"searched {numbers[-1] + 1:,} of {n_items:,} items"
        )
    n = measured.n
    return SecondPass(lists, distances[0] / n, distances[1] / n, cosines / n)
