"""Layouts of a collection under a strategy: shipped, cached, or computed now."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from safetensors import SafetensorError, safe_open

from gapviz.core.collection import Collection
from gapviz.core.errors import GapvizError
from gapviz.core.lazy import cached_property
from gapviz.core.modality_vectors import ModalityVectors
from gapviz.core.progress import Progress
from gapviz.core.seeds import DEFAULT_SEED
from gapviz.core.unmoved import RawRows
from gapviz.core.vectors import Float32, Indices
from gapviz.measures.measurement import Fit
from gapviz.measures.projection.drawn import Shift
from gapviz.measures.projection.layout import Layout, Method
from gapviz.measures.projection.project import project
from gapviz.measures.projection.sampling import DISPLAY_LIMIT, DisplaySample, sample_for_display
from gapviz.measures.projection.umap_layout import Points
from gapviz.sources.builtin.shipped import shipped_folder
from gapviz.storage.cache import CachedResult, checksum, content_key
from gapviz.strategies import Strategy

KIND = "layouts"
SHIPPED_FILE = "layouts.safetensors"

# Raise it when the same request would give another layout.
REVISION = 1


@dataclass(frozen=True, eq=False)
class LayoutRequest:
    """What to draw: the indexed rows of a collection, moved by a strategy.

    The layout under a strategy stands on the raw one: a linear one on the same axes, a UMAP
    started from it, so that what moves on the screen is what the strategy moved.
    """

    collection: Collection
    strategy: Strategy
    method: Method
    seed: int = DEFAULT_SEED
    stands_on: LayoutRequest | None = None
    """The request for the raw layout of the same collection, method and seed; None for
    that one itself."""
    between: tuple[str, str] | None = None
    """The modalities whose gap is the gap axis; the first two where None."""
    fit: Fit = "split"
    """What the strategy was fitted on."""
    limit: int = DISPLAY_LIMIT
    """Most points that are drawn."""

    @cached_property
    def sample(self) -> DisplaySample:
        """The items drawn: all, or a stratified sample that keeps pairs."""
        per_item = self.row_count / self.collection.n_items
        return sample_for_display(
            self.collection.n_items,
            self.collection.labels,
            limit=self.limit,
            points_per_item=per_item,
            seed=self.seed,
        )

    @property
    def modalities(self) -> Mapping[str, ModalityVectors]:
        """Those that are drawn: where a strategy is fitted on one half, those of both halves."""
        found = self.collection.modalities
        if self.fit == "all" or not self.collection.halves_with:
            return found
        halves = self.collection.halves_with
        return {name: block for name, block in found.items() if len(halves[name]) == 2}

    @property
    def row_count(self) -> int:
        """Rows there are, drawn or not."""
        return sum(block.corpus.n_rows for block in self.modalities.values())

    @cached_property
    def item_index(self) -> Mapping[str, Indices]:
        """Per modality, the item of each indexed row."""
        return {name: block.corpus.item_index for name, block in self.modalities.items()}

    @property
    def vectors(self) -> dict[str, Float32]:
        """Indexed rows per modality, moved by the strategy."""
        return {
            name: self.strategy.transform(block.corpus.vectors, name)
            for name, block in self.modalities.items()
        }

    @cached_property
    def raw_rows(self) -> RawRows:
        """The rows as encoded, whose products with a few vectors are kept for all strategies."""
        return RawRows(
            tuple(self.modalities),
            tuple(block.corpus.vectors for block in self.modalities.values()),
        )

    @cached_property
    def shift(self) -> Shift | None:
        """How the rows move, where that is along one direction a modality and can be drawn so."""
        directions = self.strategy.shift
        if directions is None or self.stands_on is None:
            return None
        raw, strength = self.stands_on.raw_rows, float(self.strategy.value("strength"))
        found = Shift(raw, {name: strength * directions[name] for name in raw.names})
        return found if found.is_exact else None

    @property
    def key(self) -> str:
        """Hash of everything that a UMAP layout of this request depends on."""
        return content_key(
            collection=self.collection.content_hash,
            strategy=self.strategy.options.plain() if self.strategy.spec.moves_vectors else {},
            method=self.method,
            limit=self.limit,
            seed=self.seed,
            revision=REVISION,
            # Left out where it is the usual one, so that the keys of shipped layouts stay.
            **({} if self.fit == "split" else {"fit": self.fit}),
        )

    @cached_property
    def linear_layout(self) -> Layout:
        """The layout by PCA or along the gap axis, on the axes of what it stands on."""
        return _project(self)

    @property
    def name(self) -> str:
        """Unlike that of any other layout."""
        return f"{KIND}/{self.key}"

    def get(self) -> Layout | None:
        """The layout if it is linear, shipped or cached; else None."""
        if self.method != "umap":
            return self.linear_layout
        found = _shipped(self.key) or self._cached().get()
        if found is None or self.stands_on is None:
            return None if found is None else _project(self, points=found.points)
        start = self.stands_on.get()
        return None if start is None else _project(self, start=start, points=found.points)

    def compute(self, progress: Progress | None = None) -> Layout:
        """The layout, computed now unless it is cached.

        Raises:
            GapvizError: see `project`.
        """
        if self.method != "umap":
            return self.linear_layout
        start = None if self.stands_on is None else self.stands_on.compute(progress)
        found = _shipped(self.key) or self._cached(start).compute(progress)
        return _project(self, start=start, points=found.points)

    def _cached(self, start: Layout | None = None) -> CachedResult[Points]:
        """The points of a UMAP layout; all else follows from the request."""

        def function(progress: Progress) -> Points:
            return Points(_project(self, start=start, progress=progress).points)

        return CachedResult(KIND, self.key, Points, function)


def _project(
    request: LayoutRequest,
    *,
    start: Layout | None = None,
    points: Float32 | None = None,
    progress: Progress | None = None,
) -> Layout:
    basis = shift = None
    if request.method != "umap" and request.stands_on is not None:
        basis, shift = request.stands_on.linear_layout.basis, request.shift
    return project(
        request.vectors
        if shift is None
        else dict(zip(shift.raw.names, shift.raw.blocks, strict=True)),
        method=request.method,
        rows={name: request.sample.rows(owners) for name, owners in request.item_index.items()},
        basis=basis,
        between=request.between,
        start=start,
        points=points,
        seed=request.seed,
        shift=shift,
        progress=progress,
    )


def _shipped(key: str) -> Points | None:
    shipped = _shipped_file()
    if shipped is not None:
        with suppress(SafetensorError, OSError), safe_open(shipped, framework="numpy") as tensors:
            if key in tensors.keys():  # noqa: SIM118 - not a dict
                points = tensors.get_tensor(key)
                # A damaged one is computed anew, as a damaged one in the cache is.
                if (tensors.metadata() or {}).get(key) == checksum({key: points}):
                    return Points(points)
    return None


@lru_cache(maxsize=1)
def _shipped_file() -> Path | None:
    try:
        path = shipped_folder("builtin") / SHIPPED_FILE
    except GapvizError:
        return None
    return path if path.exists() else None
