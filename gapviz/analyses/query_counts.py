"""What queries of one's own and their judgments are, counted before anything is measured."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from gapviz.core.evaluation import Evaluation
from gapviz.core.plain_json import JsonFields
from gapviz.core.splits import CALIBRATE, EVALUATE
from gapviz.core.wording import counted

MOST_GRADES = 6
"""Grades that are told one by one."""


@dataclass(frozen=True, slots=True)
class QueryCounts(JsonFields):
    """Counts of an evaluation."""

    name: str
    n_queries: dict[str, int]
    """By modality."""
    n_with_vectors: dict[str, int]
    """Of these, those that have one."""
    asked_modalities: dict[str, int]
    """Queries by the modality that they ask for; those that ask for any are left out."""
    n_judgments: int
    n_judged_items: int
    """Items that are judged for at least one query."""
    grades: tuple[tuple[float, int], ...]
    """Each grade with its judgments, the highest first."""
    n_calibrating: int
    """Queries that may be looked at while something is fitted."""
    n_measured: int
    """Queries that evaluate and that some item answers."""
    notes: tuple[str, ...]
    """As `Evaluation.notes`."""

    def lines(self) -> Iterator[tuple[str, str]]:
        """What to tell in a terminal: a word, and what there is of it."""
        queries = ", ".join(f"{name}: {count:,}" for name, count in self.n_queries.items())
        yield (
            "queries",
            f"{queries}, measured {self.n_measured:,}, calibrating {self.n_calibrating:,}",
        )
        if self.asked_modalities:
            asked = ", ".join(f"{name}: {count:,}" for name, count in self.asked_modalities.items())
            yield "asked", f"{asked} (modality of the answers)"
        grades = ", ".join(f"{grade:g}: {count:,}" for grade, count in self.grades[:MOST_GRADES])
        more = len(self.grades) - MOST_GRADES
        told = f" (grades → {grades}{f', … {more:,} more' if more > 0 else ''})" if grades else ""
        yield "judgments", f"{self.n_judgments:,} of {self.n_judged_items:,} items{told}"
        missing = sum(self.n_queries.values()) - sum(self.n_with_vectors.values())
        if missing:
            words = counted(missing, "query has", "queries have")
            yield "vectors", f"{words} none yet"


def query_counts(evaluation: Evaluation) -> QueryCounts:
    """Count queries and judgments."""
    judged = evaluation.judgments
    grades, counts = np.unique(judged.grade, return_counts=True)
    asked = Counter(
        query.asked_modality for query in evaluation.queries if query.asked_modality is not None
    )
    evaluates = evaluation.splits.get(EVALUATE)
    return QueryCounts(
        name=evaluation.name,
        n_queries=dict(Counter(query.modality for query in evaluation.queries)),
        n_with_vectors={
            name: int(np.unique(block.item_index).size)
            for name, block in evaluation.vectors.items()
        },
        asked_modalities=dict(asked),
        n_judgments=judged.size,
        n_judged_items=int(np.unique(judged.item).size),
        grades=tuple(zip(grades[::-1].tolist(), counts[::-1].tolist(), strict=True)),
        n_calibrating=len(evaluation.splits.get(CALIBRATE, ())) if evaluates is not None else 0,
        n_measured=int(evaluation.measured.size),
        notes=evaluation.notes,
    )
