"""One way to ask an analysis from Python: the request that the command of that name makes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gapviz.analyses.analysis import Analysis, Finding, Request
from gapviz.analyses.registry import analyses
from gapviz.core.errors import GapvizError
from gapviz.core.seeds import DEFAULT_SEED
from gapviz.measures.measurement import Fit
from gapviz.notebook.chosen import chosen_pair, chosen_seed
from gapviz.notebook.given import Source, given_source
from gapviz.notebook.progress import progress_bar
from gapviz.strategies import StrategyOptions


def ask(
    name: str,
    source: Source,
    strategy: StrategyOptions | None = None,
    *,
    values: Mapping[str, Any] = {},
    fit: Fit = "split",
    pair: Sequence[str] | None = None,
    seed: int = DEFAULT_SEED,
    also: Sequence[Source] = (),
    most_items: int | None = None,
    encoder: str | None = None,
) -> tuple[Finding, Request]:
    """What an analysis finds, and what it was asked.

    Args:
        name: of the analysis.
        source: what stands for a collection.
        strategy: raw cosine where None.
        values: of the analysis' own parameters, by name; the usual ones where not given.
        fit: `split`, or `all` for figures in-sample.
        pair: the two modalities whose gap is looked at.
        seed: of samples and intervals.
        also: the same items by other models.
        most_items: of more items a sample of so many is measured; None or 0 for all.
        encoder: the model whose vectors to take, where a named source holds several.

    Raises:
        GapvizError: what cannot be asked.
    """
    analysis = analyses()[name]
    checked = checked_values(analysis, values)
    if fit not in ("split", "all"):
        raise GapvizError(f"fit={fit!r:.60} is not there", hint="choose 'split' or 'all'")
    between, start = chosen_pair(pair), chosen_seed(seed)
    given = given_source(source, encoder)
    given.collection.refuse_without_vectors()
    for one in analysis.parameters:
        if one.kind == "modality" and checked[one.name] is not None:
            given.collection.modality(checked[one.name])
    request = Request(
        given.collection,
        checked,
        strategy or StrategyOptions(),
        {} if strategy is None else dict(strategy.values),
        fit,
        between,
        start,
        given.name,
        given.collections,
        lambda: given.others(also),
    )
    if most_items:
        request = request.on_sample(most_items)
    with progress_bar() as progress:
        return analysis.answer(request, progress), request


def checked_values(analysis: Analysis, values: Mapping[str, Any]) -> dict[str, Any]:
    """The value of every parameter of an analysis, the default where none is given.

    Raises:
        GapvizError: a value that cannot be chosen.
    """
    found = analysis.usual()
    for one in analysis.parameters:
        if values.get(one.name) is not None:
            found[one.name] = one.checked(values[one.name])
    return found
