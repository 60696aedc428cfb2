"""`gapviz.advise`: what to do about the gap, by what was measured."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gapviz.core.item_sample import MOST_ITEMS
from gapviz.core.seeds import DEFAULT_SEED
from gapviz.notebook.answer import Answer
from gapviz.notebook.asking import ask
from gapviz.notebook.frames import Record, flat_record
from gapviz.notebook.given import Source
from gapviz.notebook.in_python import in_python

EFFECT = ("before", "after", "change")
"""Of an effect, what are estimates."""


@in_python
def advise(
    source: Source,
    *,
    task: str = "mixed",
    can_change: str = "index",
    find: str | None = None,
    protocol: str | None = None,
    also: Sequence[Source] = (),
    pair: Sequence[str] | None = None,
    most_items: int = MOST_ITEMS,
    seed: int = DEFAULT_SEED,
    encoder: str | None = None,
) -> Answer:
    """What to do about the gap, as the command `gapviz decide` and the page Decide say.

    Every way is tried on half of the items, and what it gains is of the other half.

    Args:
        source: a collection, arrays `(n_items, dim)` by modality, or the name of a source.
        task: `one-way`, `mixed`, `within` or `scores`.
        can_change: `neither`, `index` or `model`.
        find: with `one-way` and `within`, the modality that is found.
        protocol: `judged` or `paired`; judged where the collection has judgments.
        also: the same items, under the same ids, as other models encoded them.
        pair: the two modalities; `image` and `text`, or the first two.
        most_items: of more items a sample of so many is measured, and that is said; 0 for all.
        seed: of samples and intervals.
        encoder: the model whose vectors to take, where a named source holds several.

    Returns:
        Answer: its frame has a row for each figure of each way, the best way first: `before`,
            `after` and `change`, each with its ends (`change_low`, `change_high`).

    Raises:
        GapvizError: a task that there is not, or a collection that cannot be measured.
    """
    values = {"task": task, "can_change": can_change, "find": find, "protocol": protocol}
    finding, _ = ask(
        "decide",
        source,
        values=values,
        pair=pair,
        seed=seed,
        also=also,
        most_items=most_items,
        encoder=encoder,
    )
    return Answer(finding, _rows, _long_rows)


def _ways(figures: dict[str, Any]) -> list[tuple[Record, dict[str, Any]]]:
    return [
        (
            {
                "place": place,
                "way": way["title"],
                "rule": way["rule"],
                "verdict": way["verdict"],
                "figure": effect["figure"],
            },
            effect,
        )
        for place, way in enumerate(figures["recommendations"], start=1)
        for effect in way["effects"]
    ]


def _rows(figures: dict[str, Any]) -> list[Record]:
    return [
        head | flat_record({name: effect[name] for name in EFFECT})
        for head, effect in _ways(figures)
    ]


def _long_rows(figures: dict[str, Any]) -> list[Record]:
    return [
        {**head, "of": name, **effect[name]} for head, effect in _ways(figures) for name in EFFECT
    ]
