"""Both clouds drawn flat, raw and with a strategy on the same axes, and what was measured."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from gapviz.analyses.layouts import LayoutRequest
from gapviz.core.collection import Collection
from gapviz.core.errors import GapvizError
from gapviz.core.plain_json import plain_json
from gapviz.core.progress import Progress
from gapviz.core.seeds import DEFAULT_SEED
from gapviz.measures.experiment import Experiment
from gapviz.measures.measurement import Fit, Measurement, default_pair
from gapviz.measures.projection import Layout, Method, trustworthiness
from gapviz.strategies import StrategyOptions, strategy_spec

Columns = dict[str, npt.NDArray[Any]]


@dataclass(frozen=True, eq=False)
class Cloud:
    """The vectors of a collection under one strategy: drawn whole, measured held out."""

    request: LayoutRequest
    layout: Layout
    measured: Measurement

    @cached_property
    def trustworthiness(self) -> float:
        """Share of drawn neighbourhoods that are real ones; NaN where the points are too few."""
        vectors = self.request.vectors(self.request.strategy)
        try:
            return trustworthiness(vectors, self.layout, seed=self.request.seed)
        except GapvizError:
            return float("nan")

    def to_json(self) -> dict[str, Any]:
        """What is told of the picture, without its points."""
        layout, gap = self.layout, self.measured.geometry.gap
        shares = layout.variance_shares
        return {
            "strategy": self.request.strategy.spec.name,
            "label": self.request.strategy.label,
            "method": layout.method,
            "axis_titles": list(layout.axis_titles),
            "variance_shares": None if shares is None else {"x": shares[0], "y": shares[1]},
            "trustworthiness": self.trustworthiness,
            "gap": gap.estimate.to_json(),
            "noise_floor": gap.noise_floor,
            "can_show": layout.can_show,
            "cannot_show": layout.cannot_show,
            "note": layout.note,
            "changes": list(layout.changes),
            "warnings": list(self.request.strategy.warnings),
        }


@dataclass(frozen=True, eq=False)
class Cones:
    """What the page of the cones draws of one encoder."""

    collection: Collection
    pair: tuple[str, str]
    """The modalities whose gap is measured, and is the gap axis."""
    raw: Cloud
    moved: Cloud | None
    """With the strategy, on the axes of `raw`; None where that moves no vector."""

    @property
    def clouds(self) -> tuple[Cloud, ...]:
        """Those that there are."""
        return (self.raw,) if self.moved is None else (self.raw, self.moved)

    def columns(self) -> Columns:
        """A row a drawn vector, in the order of the layout's points; `(n_drawn,)` each.

        `item`, `modality`, `row` (among the indexed rows of the modality), `label` and `caption`
        (the item's first; None where it has none), `x_raw` and `y_raw`, `x` and `y` with the
        strategy, which are the raw ones where it moves nothing.
        """
        layout, owners = self.raw.layout, self.raw.request.item_index
        names = np.array(layout.modalities, dtype=object)[layout.modality_code]
        found = [owners[name][row] for name, row in zip(names, layout.row, strict=True)]
        items = [self.collection.items[position] for position in found]
        after = self.clouds[-1].layout
        return {
            "item": np.array([item.id for item in items], dtype=object),
            "modality": names,
            "row": layout.row,
            "label": np.array([item.label for item in items], dtype=object),
            "caption": np.array([next(iter(item.captions), None) for item in items], dtype=object),
            "x_raw": layout.points[:, 0],
            "y_raw": layout.points[:, 1],
            "x": after.points[:, 0],
            "y": after.points[:, 1],
        }

    def to_json(self) -> dict[str, Any]:
        """What is told of the pictures, without their points; NaN becomes None."""
        request = self.raw.request
        plain: dict[str, Any] = plain_json(
            {
                "collection": self.collection.name,
                "encoder": self.collection.encoder,
                "pair": list(self.pair),
                "n_items": self.collection.n_items,
                "n_items_drawn": int(request.sample.items.size),
                "n_points": int(self.raw.layout.row.size),
                "n_items_measured": self.raw.measured.collection.n_items,
                "fit": request.fit,
                "seed": request.seed,
                "raw": self.raw.to_json(),
                "with_strategy": None if self.moved is None else self.moved.to_json(),
            }
        )
        return plain


def cones(
    collection: Collection,
    options: StrategyOptions | None = None,
    *,
    method: Method = "umap",
    fit: Fit = "split",
    pair: tuple[str, str] | None = None,
    seed: int = DEFAULT_SEED,
    progress: Progress | None = None,
) -> Cones:
    """Draw all indexed vectors, and measure the held-out ones.

    A UMAP is taken from what ships or is kept on disk, else made and kept.

    Args:
        collection: of two modalities or more.
        options: the strategy; raw cosine unless given.
        method: `umap`, `pca` or `gap_axis`.
        fit: as for `gapviz.measures.measurement.measure`.
        pair: the modalities of the gap; see `default_pair`.
        seed: of layout, sample and intervals.
        progress: told of each stage; may raise to cancel.

    Raises:
        GapvizError: fewer than two modalities, a split that is missing or empty, bad options, or
            no gap to draw an axis along.
    """
    between = pair or default_pair(collection)
    for name in between:
        collection.modality(name)
    raw = Experiment(collection, fit=fit, pair=between, seed=seed)

    def cloud(experiment: Experiment, stands_on: LayoutRequest | None) -> Cloud:
        request = LayoutRequest(
            collection, experiment.strategy, method, seed, stands_on, between, fit
        )
        return Cloud(request, request.compute(progress), experiment.measurement)

    before = cloud(raw, None)
    moved = raw.having(options or StrategyOptions())
    moves = strategy_spec(moved.options.name).moves_vectors
    return Cones(collection, between, before, cloud(moved, before.request) if moves else None)
