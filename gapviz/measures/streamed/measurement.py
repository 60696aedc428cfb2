"""Every figure of vectors on disk under one strategy, with the memory of a block and a sample."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from gapviz.core.collection import UNNAMED_MODEL, Collection
from gapviz.core.errors import GapvizError
from gapviz.core.item import Item
from gapviz.core.lazy import cached_property
from gapviz.core.modality_vectors import ModalityVectors
from gapviz.core.plain_json import plain_json
from gapviz.core.progress import Progress, no_progress
from gapviz.core.seeds import DEFAULT_SEED
from gapviz.core.vectors import Indices
from gapviz.core.wording import counted
from gapviz.measures.geometry.report import Geometry
from gapviz.measures.geometry.sums import BINS, Sums
from gapviz.measures.measurement import Measurement
from gapviz.measures.retrieval.outcome import CrossOutcome, MixedOutcome
from gapviz.measures.retrieval.outcomes import DEPTH, Outcomes
from gapviz.measures.streamed.geometry import StreamedGeometry
from gapviz.measures.streamed.passes import Measured, SecondPass, swept
from gapviz.sources.on_disk.vectors import StreamedVectors
from gapviz.strategies import StrategyOptions, fit_strategy

STREAMED_QUERIES = 1_000
"""Of each modality; every one of them is held against all rows."""
SAMPLED_ITEMS = 20_000
"""Of figures without a closed form, and as many others that a strategy is fitted on."""


@dataclass(frozen=True, eq=False, kw_only=True)
class GivenOutcomes(Outcomes):
    """Outcomes that were found elsewhere."""

    found_mixed: dict[str, MixedOutcome]
    found_cross: dict[tuple[str, str], CrossOutcome]

    @cached_property
    def mixed(self) -> dict[str, MixedOutcome]:
        return self.found_mixed

    @cached_property
    def cross(self) -> dict[tuple[str, str], CrossOutcome]:
        return self.found_cross


@dataclass(frozen=True, eq=False, kw_only=True)
class StreamedMeasurement(Measurement):
    """The figures of `Measurement`; `collection` is the sample, with both rows of each item.

    Closed forms are of all rows; bias, rank and recall of a sample of queries against all rows,
    with intervals that say how queries vary, alone; what has no closed form is of the sample.
    """

    measured: Measured
    sums: Sums
    swept: SecondPass

    @cached_property
    def geometry(self) -> Geometry:
        x, y = (
            self.strategy.transform(self.collection.modality(name).vectors, name)
            for name in self.pair
        )
        return StreamedGeometry(
            x,
            y,
            self.collection.pairs(*self.pair),
            seed=self.seed,
            fit_noise=self.fit_noise,
            sums=self.sums,
            swept=self.swept,
        )

    @property
    def n_items(self) -> int:
        """Items that are measured."""
        return self.measured.n

    @property
    def fit_noise(self) -> float:
        strength = self.strategy.subtracted(self.pair)
        left_out = self.measured.left_out.size
        return strength**2 * self.n_items / left_out if strength else 0.0

    @cached_property
    def outcomes(self) -> Outcomes:
        lists = self.swept.lists
        return GivenOutcomes(
            self.collection,
            self.strategy,
            self.seed,
            found_mixed=lists.mixed(self.pair, DEPTH),
            found_cross=lists.cross(self.pair),
        )

    @property
    def warnings(self) -> tuple[str, ...]:
        crowded = sum(self.swept.lists.crowded(self.pair, DEPTH).values())
        of_ties = (
            f"{counted(crowded, 'query', 'queries')} may have more equal scores at place {DEPTH} "
            "than were kept, so that its bias counts those that were kept alone.",
        )
        return super().warnings + of_ties * bool(crowded)

    def to_json(self) -> dict[str, Any]:
        """As of `Measurement`, with what was read and how."""
        vectors = self.measured.vectors
        own = {
            "n_items": self.n_items,
            "n_vectors": dict.fromkeys(self.pair, self.n_items),
            "streamed": {
                "stored_as": vectors.stored_as,
                "n_items": vectors.n_items,
                "n_fitted_on": self.measured.left_out.size,
                "n_sampled": self.collection.n_items,
                "matched_cosine_histogram": {
                    "bins": BINS,
                    "low": -1.0,
                    "high": 1.0,
                    "counts": self.sums.pairs.histogram.tolist(),
                },
            },
        }
        plain: dict[str, Any] = plain_json(own)
        return super().to_json() | plain


def measure_streamed(
    vectors: StreamedVectors,
    options: StrategyOptions | None = None,
    *,
    seed: int = DEFAULT_SEED,
    encoder: str = UNNAMED_MODEL,
    n_queries: int = STREAMED_QUERIES,
    n_sampled: int = SAMPLED_ITEMS,
    progress: Progress = no_progress,
) -> StreamedMeasurement:
    """Measure vectors on disk; memory does not grow with their number.

    A strategy that learns is fitted on a sample of rows, which are then not measured; one that
    learns nothing is measured on all.

    Args:
        vectors: of two modalities.
        options: the strategy, raw unless given; one that moves vectors.
        seed: of samples.
        encoder: what made the vectors.
        n_queries: of each modality.
        n_sampled: items of either sample.
        progress: told how far both passes are.

    Raises:
        GapvizError: other than two modalities, a strategy that needs all scores at once, too few
            rows, or a damaged file.
    """
    options = options or StrategyOptions()
    _refuse_other(vectors, options)
    learns = options.spec.learns
    n_fitted = min(n_sampled, vectors.n_items // 2) if learns else 0
    fitted_on = spread_rows(vectors.n_items, n_fitted, seed + 1)
    some = sampled_collection(vectors, fitted_on if learns else np.arange(2), encoder)
    measured = Measured(vectors, fit_strategy(options, some), fitted_on)
    rows = measured.numbers(spread_rows(measured.n, min(n_sampled, measured.n), seed))
    sample = sampled_collection(vectors, rows, encoder)
    sums = measured.sums(lambda share, stage: progress(share / 3, stage))
    asking = min(n_queries, measured.n)
    places = np.sort(np.random.default_rng(seed).choice(measured.n, asking, replace=False))
    found = swept(measured, sums, places, lambda share, stage: progress((1 + 2 * share) / 3, stage))
    first, second = vectors.modalities
    return StreamedMeasurement(
        sample,
        measured.strategy,
        "split",
        seed,
        (first, second),
        intervals="queries",
        measured=measured,
        sums=sums,
        swept=found,
    )


def spread_rows(n: int, wanted: int, seed: int) -> Indices:
    """A seeded sample stratified by place: one row of each of `wanted` equal parts of `n`, rising.

    Files are often sorted, by class or by source; every part of them is in the sample.
    """
    if wanted >= n:
        return np.arange(n)
    edges = np.arange(wanted + 1) * n // max(wanted, 1)
    found: Indices = np.random.default_rng(seed).integers(edges[:-1], edges[1:])
    return found


def sampled_collection(vectors: StreamedVectors, numbers: Indices, encoder: str) -> Collection:
    """Some rows of every modality as a collection, items named by their numbers, which rise.

    Raises:
        GapvizError: as `StreamedVectors.rows`.
    """
    return Collection(
        vectors.name,
        tuple(Item(id=str(number)) for number in numbers.tolist()),
        {
            name: ModalityVectors.of(rows, where=f"{vectors.name}, {name}")
            for name, rows in vectors.rows(numbers).items()
        },
        encoder=encoder,
    )


def _refuse_other(vectors: StreamedVectors, options: StrategyOptions) -> None:
    if len(vectors.modalities) != 2:
        raise GapvizError(
            f"has {len(vectors.modalities)} modalities ({', '.join(vectors.modalities)}), and is "
            "read block by block",
            where=vectors.name,
            hint="name two of them with --modalities",
        )
    if vectors.n_items < 4:
        raise GapvizError(f"has {vectors.n_items} rows", where=vectors.name, hint="give at least 4")
    spec = options.spec
    if spec.adjusts_scores or spec.routed or spec.ranks_items or spec.transductive:
        raise GapvizError(
            f"{spec.title} works on scores of the whole index, which vectors that are read block "
            "by block never have at once",
            hint="choose raw or a strategy that moves vectors, such as centre, or measure a part",
        )
