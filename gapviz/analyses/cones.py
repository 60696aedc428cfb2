"""Both clouds drawn flat, raw and with a strategy on the same axes, and what was measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from gapviz.analyses.analysis import Analysis, Finding, Request
from gapviz.analyses.layouts import LayoutRequest
from gapviz.analyses.listed import LISTED
from gapviz.core.collection import Collection
from gapviz.core.errors import GapvizError
from gapviz.core.lazy import cached_property
from gapviz.core.parameter import Parameter
from gapviz.core.plain_json import plain_json
from gapviz.core.progress import Progress
from gapviz.core.seeds import DEFAULT_SEED
from gapviz.core.table import Column, Table
from gapviz.core.wording import too_few
from gapviz.measures.experiment import Experiment, measured_pair
from gapviz.measures.measurement import Fit, Measurement
from gapviz.measures.projection.layout import METHODS, Layout, Method
from gapviz.measures.projection.project import trustworthiness
from gapviz.strategies import StrategyOptions

Columns = dict[str, npt.NDArray[Any]]

BY: dict[str, Method] = {method.replace("_", "-"): method for method in METHODS}
"""By the words of the command line."""


@dataclass(frozen=True, eq=False)
class DrawnClouds:
    """The vectors of a collection under one strategy: drawn whole, measured held out."""

    request: LayoutRequest
    layout: Layout
    measured: Measurement

    @cached_property
    def trustworthiness(self) -> float:
        """Share of drawn neighbourhoods that are real ones; NaN where the points are too few."""
        vectors = self.request.vectors
        try:
            return trustworthiness(vectors, self.layout, seed=self.request.seed)
        except GapvizError:
            return float("nan")

    def to_json(self) -> dict[str, Any]:
        """What is known of the picture, without its points."""
        layout, gap = self.layout, self.measured.geometry.gap
        shares = layout.variance_shares
        return {
            "strategy": self.request.strategy.spec.name,
            "label": self.request.strategy.label,
            "method": layout.method,
            "axis_titles": list(layout.axis_titles),
            "variance_shares": None if shares is None else {"x": shares[0], "y": shares[1]},
            "trustworthiness": self.trustworthiness,
            "gap": gap.estimate,
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
    raw: DrawnClouds
    moved: DrawnClouds | None
    """With the strategy, on the axes of `raw`; None where that moves no vector, or is undefined."""
    undefined: str | None = None
    """Why the strategy cannot be drawn here, in a sentence; None where it can, or is raw."""

    @property
    def clouds(self) -> tuple[DrawnClouds, ...]:
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
            "label": np.array([", ".join(item.labels) or None for item in items], dtype=object),
            "caption": np.array([next(iter(item.captions), None) for item in items], dtype=object),
            "x_raw": layout.points[:, 0],
            "y_raw": layout.points[:, 1],
            "x": after.points[:, 0],
            "y": after.points[:, 1],
        }

    def to_json(self) -> dict[str, Any]:
        """What is known of the pictures, without their points; NaN becomes None."""
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
                "undefined": self.undefined,
                "not_measured": self.raw.measured.not_measured,
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

    A UMAP is taken from what ships or is cached on disk, else made and cached.

    Args:
        collection: of two modalities or more.
        options: the strategy; raw cosine unless given.
        method: `umap`, `pca` or `gap_axis`.
        fit: as for `gapviz.measures.measurement.measure`.
        pair: the modalities of the gap; see `measured_pair`.
        seed: of layout, sample and intervals.
        progress: told of each stage; may raise to cancel.

    Raises:
        GapvizError: fewer than two modalities, a split that is missing or empty, an unknown
            strategy, or no gap to draw an axis along.
    """
    whole = Experiment(collection, fit=fit, seed=seed)
    between = measured_pair(collection, whole.evaluated, pair)
    raw = whole.having(pair=between)

    def cloud(experiment: Experiment, stands_on: LayoutRequest | None) -> DrawnClouds:
        request = LayoutRequest(
            collection, experiment.strategy, method, seed, stands_on, between, fit
        )
        return DrawnClouds(request, request.compute(progress), experiment.measurement)

    before = cloud(raw, None)
    moved = raw.having(options or StrategyOptions())
    if not moved.options.spec.moves_vectors:
        return Cones(collection, between, before, None)
    try:
        return Cones(collection, between, before, cloud(moved, before.request))
    except GapvizError as error:
        return Cones(collection, between, before, None, error.sentence)


def clouds_table(drawn: Cones) -> Table:
    """Gap, trustworthiness and variance of both pictures side by side."""
    clouds = drawn.clouds
    gaps = [cloud.measured.geometry.gap for cloud in clouds]
    rows: list[Sequence[Any]] = [
        [
            f"gap {'–'.join(drawn.pair)}",
            *(gap.estimate for gap in gaps),
            f"0 … 2, lower is closer; {drawn.raw.measured.collection.n_items:,} measured items",
        ],
        [
            "trustworthiness",
            *(cloud.trustworthiness for cloud in clouds),
            "1: drawn neighbours are neighbours",
        ],
    ]
    shares = [cloud.layout.variance_shares for cloud in clouds]
    if None not in shares:
        rows += [
            [f"variance along {name}", *(f"{each[axis]:.1%}" for each in shares if each), ""]
            for axis, name in enumerate("xy")
        ]
    return Table(
        "",
        [
            Column("figure", "", text=True),
            *(
                Column(f"cloud-{place}", cloud.request.strategy.label)
                for place, cloud in enumerate(clouds)
            ),
            Column("reading", "", text=True),
        ],
        rows,
    )


def cones_readings(drawn: Cones) -> list[str]:
    """What the axes are, and what the picture can show and cannot."""
    first, last = drawn.raw.layout, drawn.clouds[-1].layout
    x, y = first.axis_titles
    readings = [f"x: {x}. y: {y}.", f"Shows: {first.can_show}"]
    if last.can_show != first.can_show:
        readings.append(f"With the strategy: {last.can_show}")
    readings.append(f"Does not show: {last.cannot_show.removeprefix('Not ')}")
    alone = "" if drawn.moved else "The strategy moves no vector, so this is all."
    if drawn.undefined is not None:
        alone = f"The strategy is not drawn. {drawn.undefined}"
    notes = [last.note, alone]
    return [*readings, *filter(None, notes)]


def find_cones(request: Request, progress: Progress) -> Finding:
    """Both clouds drawn, raw and with the strategy."""
    drawn = cones(
        request.collection,
        request.strategy,
        method=BY[request["layout"]],
        fit=request.fit,
        pair=request.asked_pair,
        seed=request.seed,
        progress=progress,
    )
    return Finding(
        figures=drawn.to_json(),
        title=f"{drawn.collection.name}, encoder {drawn.collection.encoder}: "
        f"{drawn.raw.request.sample.sentence}, {drawn.raw.layout.row.size:,} points",
        warnings=[
            *filter(None, [too_few(drawn.raw.measured.collection.n_items)]),
            *drawn.raw.measured.not_measured.values(),
            *drawn.clouds[-1].request.strategy.warnings,
        ],
        readings=cones_readings(drawn),
        tables=[clouds_table(drawn)],
        result=drawn,
    )


ANALYSIS = Analysis(
    "cones",
    LISTED["cones"].help,
    "Lay out the vectors of all modalities as the page of the cones does, raw and with a strategy "
    "on the same axes: one row a vector as .csv, .parquet or .npz, or the picture as one .html "
    "that needs no network.",
    find_cones,
    parameters=(
        Parameter(
            "layout",
            "Projection",
            "choice",
            "umap",
            "umap shows neighbourhoods; pca and gap-axis are true to scale",
            choices={name: name for name in BY},
        ),
    ),
    shared=("strategy", "fit", "pair", "seed"),
    strategy=None,
)
