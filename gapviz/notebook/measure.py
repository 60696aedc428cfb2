"""`gapviz.measure`: the gap, and what a strategy does about it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from gapviz.core.seeds import DEFAULT_SEED
from gapviz.measures.measurement import Fit
from gapviz.notebook.answer import Answer
from gapviz.notebook.asking import ask
from gapviz.notebook.chosen import chosen_strategy
from gapviz.notebook.frames import Record, figure_rows
from gapviz.notebook.given import Source
from gapviz.notebook.in_python import in_python

if TYPE_CHECKING:
    from gapviz.notebook.chosen import ChosenStrategy

ARGUMENTS = ("fit", "pair", "seed", "intervals", "encoder")


@in_python
def measure(
    source: Source,
    strategy: ChosenStrategy = "raw",
    *,
    fit: Fit = "split",
    pair: Sequence[str] | None = None,
    seed: int = DEFAULT_SEED,
    intervals: str = "all",
    encoder: str | None = None,
    **parameters: Any,
) -> Answer:
    """Measure the gap of a collection under one strategy, as the command `gapviz measure` does.

    The strategy is fitted on the items that calibrate, and measured on those that evaluate.

    Args:
        source: a collection, arrays `(n_items, dim)` by modality, or the name of a source.
        strategy: its name, or what `gapviz.strategy` makes; raw cosine unless given.
        fit: `all` fits and measures on all items, in-sample, as published tables do.
        pair: the two modalities whose gap is measured; `image` and `text`, or the first two.
        seed: of samples and intervals.
        intervals: what varies in them: `all`, or `queries` alone.
        encoder: the model whose vectors to take, where a named source holds several.
        parameters: of the strategy, such as `strength=0.8`.

    Returns:
        Answer: its frame has a row a figure: `strategy`, `figure`, `of`, `value`, `low`, `high`.

    Raises:
        GapvizError: no such strategy or parameter, or a collection that cannot be measured.
    """
    options = chosen_strategy(strategy, parameters, ARGUMENTS)
    finding, _ = ask(
        "measure",
        source,
        options,
        values={"intervals": intervals},
        fit=fit,
        pair=pair,
        seed=seed,
        encoder=encoder,
    )

    def rows(figures: dict[str, Any]) -> list[Record]:
        return figure_rows(figures, {"strategy": options.name})

    return Answer(finding, rows, rows)
