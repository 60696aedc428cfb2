"""What an offset of every strength λ does to queries with judgments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from gapviz.analyses.curves.curve import (
    KIND,
    NO_DIFFERENCE,
    STRENGTHS,
    Band,
    band_of,
    mean_line,
)
from gapviz.analyses.judged import judged_queries_words
from gapviz.core.collection import Collection
from gapviz.core.corpus import Corpus
from gapviz.core.plain_json import JsonFields
from gapviz.core.progress import Progress, no_progress
from gapviz.core.seeds import DEFAULT_SEED
from gapviz.core.vectors import Float64
from gapviz.measures.experiment import Experiment, judged_queries
from gapviz.measures.retrieval.bootstrap import bootstrap_means
from gapviz.measures.retrieval.judged import DEPTH, Judged
from gapviz.measures.retrieval.outcome import mean_of_known
from gapviz.retrieval.exact_index import ExactIndex
from gapviz.retrieval.run import ranked_lists
from gapviz.storage.cache import cached
from gapviz.strategies import StrategyOptions

REVISION = 1

DRAWN = ("ndcg", f"recall@{DEPTH}", "bias", "unjudged")


@dataclass(frozen=True, eq=False)
class JudgedStrengthCurve(JsonFields):
    """Figures by judgments of one offset strategy at every λ; in the bands the queries vary."""

    strengths: Float64
    """λ, `(n,)`."""
    n_queries: int
    ndcg: Mapping[str, Band]
    """NDCG@10 by query modality."""
    recall: Mapping[str, Band]
    """R@10 by query modality."""
    bias: Mapping[str, Band]
    """Bias rate by query modality."""
    expected_bias: Mapping[str, float]
    """Bias of chance by query modality."""
    unjudged: Mapping[str, Band]
    """Share of the first 10 that nobody judged, by query modality."""


@cached(KIND, revision=REVISION)
def judged_strength_curve(
    collection: Collection,
    options: StrategyOptions,
    *,
    strengths: Sequence[float] = STRENGTHS,
    seed: int = DEFAULT_SEED,
    progress: Progress = no_progress,
) -> JudgedStrengthCurve:
    """Hold the lists of every strength against the judgments.

    The whole collection is indexed anew at each λ, and at most `MAX_QUERIES` queries ask: one
    product of queries and rows a λ.

    Args:
        collection: with queries that are judged.
        options: a strategy with a strength, which itself does not matter.
        strengths: λ, in any order.
        seed: of intervals and samples.
        progress: told before every λ; may raise to cancel.

    Raises:
        GapvizError: as `Experiment.judged`.
    """
    experiment = Experiment(collection, options, seed=seed)
    asked = judged_queries(collection, experiment.strategy, seed)
    corpus, steps = Corpus.of(collection), np.asarray(strengths, dtype=np.float64)
    found: list[Judged] = []
    for place, lam in enumerate(steps):
        progress(place / steps.size, f"lists at λ = {lam:g}")
        moved = experiment.fitted(options.having(strength=float(lam)))
        run = ranked_lists(ExactIndex.of(collection, moved), asked, depth=DEPTH)
        found.append(Judged(run, asked, corpus))
    progress(1.0, "done")
    names, items = asked.modality_names, asked.first_relevant
    code = asked.codes(names)

    def bands(figure: str) -> dict[str, Band]:
        return {
            name: band_of(
                bootstrap_means(
                    [one.values[figure][code == place] for one in found],
                    items[code == place],
                    seed=seed,
                )
            )
            for place, name in enumerate(names)
        }

    ndcg, recall, bias, unjudged = (bands(figure) for figure in DRAWN)
    share = found[0].expected_share()
    return JudgedStrengthCurve(
        steps,
        asked.n_queries,
        ndcg,
        recall,
        bias,
        {name: mean_of_known(share[code == place]) for place, name in enumerate(names)},
        unjudged,
    )


def judged_strength_reading(curve: JudgedStrengthCurve) -> str:
    """What λ serves the judged queries best, and what bias is there."""
    ndcg, bias = mean_line(curve.ndcg), mean_line(curve.bias)
    asked = f"By {judged_queries_words(curve.n_queries)}"
    best = int(np.nanargmax(ndcg))
    if ndcg[best] - np.nanmin(ndcg) < NO_DIFFERENCE:
        return f"{asked}, NDCG@{DEPTH} is the same at every λ ({ndcg[best]:.3f})."
    first = f"λ = {curve.strengths[0]:g}"
    if ndcg[best] - ndcg[0] < NO_DIFFERENCE:
        least = int(np.nanargmin(ndcg))
        return (
            f"{asked}, NDCG@{DEPTH} is nowhere better than at {first} ({ndcg[0]:.3f}), and lowest "
            f"at λ = {curve.strengths[least]:g} ({ndcg[least]:.3f})."
        )
    words = (
        f"{asked}, NDCG@{DEPTH} is best at λ = {curve.strengths[best]:g} ({ndcg[best]:.3f}, "
        f"against {ndcg[0]:.3f} at {first})"
    )
    if np.isnan(bias[best]):
        return f"{words}."
    chance = float(np.nanmean(list(curve.expected_bias.values())))
    return f"{words}, where the bias rate is {bias[best]:.2f} (neutral {chance:.2f})."
