"""`gapviz.cones`: both clouds drawn."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from gapviz.core.seeds import DEFAULT_SEED
from gapviz.measures.measurement import Fit
from gapviz.notebook.asking import ask
from gapviz.notebook.chosen import chosen_strategy
from gapviz.notebook.given import Source
from gapviz.notebook.in_python import in_python

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from gapviz.notebook.chosen import ChosenStrategy

ARGUMENTS = ("layout", "fit", "pair", "seed", "webgl", "encoder")


@in_python
def cones(
    source: Source,
    strategy: ChosenStrategy = "raw",
    *,
    layout: str = "umap",
    fit: Fit = "split",
    pair: Sequence[str] | None = None,
    seed: int = DEFAULT_SEED,
    webgl: bool = True,
    encoder: str | None = None,
    **parameters: Any,
) -> go.Figure:
    """Draw all vectors flat: raw, and beside it with a strategy on the same axes.

    Args:
        source: a collection, arrays `(n_items, dim)` by modality, or the name of a source.
        strategy: its name, or what `gapviz.strategy` makes; raw cosine alone unless given.
        layout: `umap` shows neighbourhoods; `pca` and `gap-axis` are true to scale, and quick.
        fit: `all` fits the strategy on all items.
        pair: the two modalities whose gap is measured, and is the gap axis.
        seed: of the layout, of samples and of intervals.
        webgl: False draws SVG, slower, for notebooks whose browser has no WebGL.
        encoder: the model whose vectors to take, where a named source holds several.
        parameters: of the strategy, such as `strength=0.8`.

    Raises:
        GapvizError: no such strategy or projection, or a collection that cannot be drawn.
    """
    options = chosen_strategy(strategy, parameters, ARGUMENTS)
    from gapviz.figures.any_ground import on_any_ground
    from gapviz.figures.cones_beside import cones_beside

    finding, _ = ask(
        "cones",
        source,
        options,
        values={"layout": layout.replace("_", "-") if isinstance(layout, str) else layout},
        fit=fit,
        pair=pair,
        seed=seed,
        encoder=encoder,
    )
    if finding.result.undefined is not None:
        warnings.warn(f"the strategy is not drawn. {finding.result.undefined}", stacklevel=3)
    return on_any_ground(cones_beside(finding.result, webgl=webgl))
