"""What parts of the anatomy show of raw vectors and of a strategy that moves them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gapviz.analyses.analysis import Request
from gapviz.core.table import Column, Table
from gapviz.core.wording import sentence
from gapviz.strategies import StrategyOptions

STRATEGY = Column("strategy", "strategy", text=True)


def moved(request: Request) -> tuple[list[StrategyOptions], list[str]]:
    """Raw, and the strategy where it moves vectors; and why it is missing where it cannot."""
    raw = [StrategyOptions("raw")]
    if not request.spec.moves_vectors:
        return raw, []
    if request.undefined is not None:
        return raw, [request.undefined]
    return [*raw, request.strategy], []


def meanings(columns: Sequence[Column], words: Mapping[str, str]) -> str:
    """What each column means, in a sentence; `words` by key."""
    return sentence("; ".join(f"{one.title}: {words[one.key]}" for one in columns))


def by_name(figures: Mapping[str, Any], strategies: Sequence[StrategyOptions]) -> dict[str, Any]:
    """Figures by the name of each strategy, which a condition can name, not by its title."""
    titles = dict(zip((one.name for one in strategies), figures["by_strategy"], strict=True))
    return {
        **figures,
        "titles": titles,
        "by_strategy": {name: figures["by_strategy"][title] for name, title in titles.items()},
    }


def table_by_strategy(
    of: str, columns: Sequence[Column], found: Mapping[str, Mapping[Any, Any]]
) -> Table:
    """A row for each strategy and each of its directions or modalities.

    Args:
        of: `direction` or `modality`.
        columns: of figures, by their names.
        found: by strategy.
    """
    return Table(
        "",
        [Column(of, of, text=True), STRATEGY, *columns],
        [
            [" → ".join(each) if isinstance(each, tuple) else each, title]
            + [getattr(figures, column.key) for column in columns]
            for title, by_each in found.items()
            for each, figures in by_each.items()
        ],
    )
