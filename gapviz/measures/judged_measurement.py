"""`JudgedMeasurement`: every figure of a ranking of queries with judgments, with its interval."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gapviz.core.estimate import Estimate
from gapviz.core.lazy import cached_property
from gapviz.core.plain_json import plain_json
from gapviz.core.seeds import DEFAULT_SEED
from gapviz.core.vectors import Float64, Mask
from gapviz.measures.retrieval.intervals import (
    Replicates,
    Scale,
    imbalance_estimate,
    mean_of,
    parts_of,
)
from gapviz.measures.retrieval.judged import JUDGED_FIGURES, QUALITY, Judged
from gapviz.measures.retrieval.outcome import mean_of_known
from gapviz.measures.retrieval.outcomes import Figure

QUICK_ENTRIES = 50_000
"""Of lists with more entries fewer parts are measured."""

UNJUDGED_DOUBTS = 0.1
"""Share of unjudged results above which figures of quality are doubted."""


@dataclass(frozen=True, eq=False)
class JudgedMeasurement:
    """What a run gets from the judgments of its queries, by query modality.

    In its intervals queries, corpus and fit vary, as in those of `Measurement`: a query goes with
    the first item that answers it, so that both are left out together.
    """

    judged: Judged
    refits: Callable[[], Sequence[Judged]] = tuple
    """Gives the same with the strategy fitted without each fifth of the calibration items."""
    seed: int = DEFAULT_SEED

    @cached_property
    def modalities(self) -> tuple[str, ...]:
        """Query modalities."""
        return self.judged.evaluation.modality_names

    @cached_property
    def values(self) -> dict[Figure, Float64]:
        """Every figure by name and query modality, one value a query that has it."""
        return self._by_modality(self.judged.values, self._asks)

    @cached_property
    def _asks(self) -> dict[str, Mask]:
        """`(n_queries,)` by modality: which queries are of it."""
        code = self.judged.evaluation.codes(self.modalities)
        return {name: code == place for place, name in enumerate(self.modalities)}

    def _by_modality(
        self, values: dict[str, Float64], asks: dict[str, Mask]
    ) -> dict[Figure, Float64]:
        return {
            (figure, name): value[mask] for figure, value in values.items()
            for name, mask in asks.items()
        }  # fmt: skip

    @cached_property
    def kept(self) -> tuple[Mask, Mask]:
        """`(n_items, n_parts)` and `(n_queries, n_parts)`: what of the data is in each part."""
        n_items, first = len(self.judged.corpus.counts), self.judged.evaluation.first_relevant
        quick = self.judged.run.item.size <= QUICK_ENTRIES
        anchors = np.unique(first[first >= 0])
        others = np.setdiff1d(np.arange(n_items), anchors)
        sizes = (anchors.size, others.size)
        parts = [parts_of(n, self.seed, quick=quick) for n in sizes]
        items = np.ones((n_items, parts[0].shape[1]), dtype=np.bool_)
        items[anchors], items[others] = parts
        queries = items[first]
        lonely = np.flatnonzero(first < 0)
        queries[lonely] = parts_of(lonely.size, self.seed + 1, quick=quick)
        return items, queries

    @cached_property
    def replicates(self) -> dict[Figure, Replicates]:
        """Every figure with what it is on parts of the data."""
        items, queries = self.kept
        columns: dict[Figure, list[float]] = {key: [] for key in self.values}
        for part, asking in zip(items.T, queries.T, strict=True):
            asks = {name: mask & asking for name, mask in self._asks.items()}
            for key, value in self._by_modality(self.judged.of_part(part), asks).items():
                columns[key].append(mean_of_known(value))
        refitted: list[dict[Figure, float]] = [
            {(figure, name): mean_of_known(one.values[figure][of]) for figure in JUDGED_FIGURES
             for name, of in _asking(one, self.modalities).items()}
            for one in self.refits()
        ]  # fmt: skip
        found = {}
        for key, values in self.values.items():
            parts = np.array(columns[key])
            fit = np.array([one[key] for one in refitted])
            n = int((~np.isnan(values)).sum())
            halves = (float(parts[0]), float(parts[1]))
            scale: Scale = "ratio" if key[0] == "lift" else "share"
            found[key] = Replicates(mean_of_known(values), parts[2:], fit, n, scale, halves)
        return found

    def estimate(self, *key: str) -> Estimate:
        """A figure and its 95 % interval: `estimate("ndcg", "text")`.

        Raises:
            KeyError: no such figure.
        """
        return self.replicates[key].estimate

    def change(self, before: JudgedMeasurement, *key: str) -> Estimate:
        """What a figure gained from `before`, with the same queries, and its 95 % interval.

        Raises:
            KeyError: no such figure.
        """
        return (self.replicates[key] - before.replicates[key]).estimate

    @cached_property
    def mean_ndcg(self) -> Replicates:
        """Mean of NDCG@10 over the query modalities, each weighing alike."""
        return mean_of([self.replicates["ndcg", name] for name in self.modalities])

    @cached_property
    def imbalance(self) -> Estimate:
        """Mean over the query modalities of |lift − 1|; 0 is neutral."""
        return imbalance_estimate([self.replicates["lift", name] for name in self.modalities])

    @cached_property
    def chance(self) -> dict[Figure, float]:
        """Figures of quality where all entries score alike."""
        return {
            (figure, name): mean_of_known(value[mask])
            for figure, value in self.judged.chance.items()
            for name, mask in self._asks.items()
        }

    @cached_property
    def tie_ends(self) -> dict[Figure, tuple[float, float]]:
        """Figures of quality with every tie lost, and with every tie won."""
        run, still = self.judged.run, self.judged.values
        lost = won = still
        if (np.diff(run.level) == 0).any():
            lost, won = (self.judged.with_ties(won=best).values for best in (False, True))
        return {
            (figure, name): (mean_of_known(lost[figure][mask]), mean_of_known(won[figure][mask]))
            for figure in QUALITY
            for name, mask in self._asks.items()
        }

    @cached_property
    def has_content(self) -> bool:
        """Whether an answer is found better than by chance, in any query modality."""
        keys = [(figure, name) for figure in QUALITY[:2] for name in self.modalities]
        return any(self.estimate(*key).low > self.chance[key] + 1e-9 for key in keys)

    @property
    def n_queries(self) -> dict[str, int]:
        """How many ask, by query modality."""
        return {name: int(mask.sum()) for name, mask in self._asks.items()}

    @cached_property
    def expected_bias(self) -> dict[str, float]:
        """Share of the corpus that has the modality of the queries, by that: a neutral bias."""
        share = self.judged.expected_share()
        return {name: mean_of_known(share[mask]) for name, mask in self._asks.items()}

    @property
    def doubts(self) -> tuple[str, ...]:
        """What its figures should be doubted for, one sentence each."""
        told = []
        for name in self.modalities:
            share = mean_of_known(self.values["unjudged", name])
            if share > UNJUDGED_DOUBTS:
                told.append(
                    f"{share:.0%} of the first 10 results of {name} queries were judged by nobody "
                    "and count as wrong: another ranking may be better than its NDCG says."
                )
        return (*self.judged.evaluation.notes, *self.judged.run.notes, *told)

    def to_json(self) -> dict[str, Any]:
        """Plain numbers by figure and query modality; NaN becomes None."""
        evaluation = self.judged.evaluation
        plain: dict[str, Any] = plain_json(
            {
                "run": self.judged.run.name,
                "queries": evaluation.name,
                "n_queries": self.n_queries,
                "n_judgments": evaluation.judgments.size,
                "unit": evaluation.unit,
                "depth": self.judged.run.depth,
                "figures": {
                    figure: {name: self.estimate(figure, name) for name in self.modalities}
                    for figure in JUDGED_FIGURES
                },
                "chance": {
                    figure: {name: self.chance[figure, name] for name in self.modalities}
                    for figure in QUALITY
                },
                "expected_bias": self.expected_bias,
                "warnings": list(self.doubts),
            }
        )
        return plain


def _asking(judged: Judged, modalities: Sequence[str]) -> dict[str, Mask]:
    code = judged.evaluation.codes(modalities)
    return {name: code == place for place, name in enumerate(modalities)}
