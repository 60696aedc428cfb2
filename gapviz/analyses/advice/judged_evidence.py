"""What a change does to queries with judgments: the figures that decide where there are some."""

from __future__ import annotations

from math import isnan

import numpy as np

from gapviz.analyses.advice.effect import Trial
from gapviz.analyses.advice.plain_words import own_kind_words, rank_words
from gapviz.analyses.judged import FIGURE_TITLES
from gapviz.core.wording import figure
from gapviz.measures.judged_measurement import JudgedMeasurement
from gapviz.measures.retrieval.judged import DEPTH
from gapviz.measures.retrieval.outcome import mean_of_known
from gapviz.strategies.spec import Task

JUDGED_TASKS: tuple[Task, ...] = ("one-way", "mixed")
"""Those whose answers are what judgments say; within a modality labels do, and of scores pairs."""


def judged_mixed_trials(before: JudgedMeasurement, after: JudgedMeasurement) -> list[Trial]:
    """NDCG of the judged queries, then bias, hits of the modality asked for, and recall.

    NDCG is the mean over the query modalities, each weighing alike; bias is told by modality, since
    the mean of two opposite biases would look neutral.
    """
    names = before.modalities
    before_ends, after_ends = (
        [one.tie_ends["ndcg", name] for name in names] for one in (before, after)
    )
    ends = [tuple(np.nanmean(found, axis=0)) for found in (before_ends, after_ends)]
    chance = mean_of_known(np.array([after.chance["ndcg", name] for name in names]))
    of_queries = "judged queries"
    trials = [
        Trial.of(
            f"NDCG@{DEPTH}, {of_queries}", before.mean_ndcg, after.mean_ndcg,
            chance=chance, ends=ends,
        ).in_words(rank_words(f"NDCG@{DEPTH}"), 1)
    ]  # fmt: skip
    for name, share in before.expected_bias.items():
        if not isnan(share):
            key = ("bias", name)
            bias = _trial(f"bias rate, {name} {of_queries}", before, after, key, share)
            trials.append(bias.in_words(own_kind_words(name), DEPTH))
    for of in ("target_hit", f"recall@{DEPTH}"):
        for name in names:
            if not isnan(before.replicates[of, name].value):
                title = f"{FIGURE_TITLES[of]}, {name} {of_queries}"
                trials.append(_trial(title, before, after, (of, name)))
    return trials


def judged_one_way_trials(before: JudgedMeasurement, after: JudgedMeasurement) -> list[Trial]:
    """NDCG, MRR and recall of the judged queries of one modality over an index of another alone."""
    (name,) = before.modalities
    return [
        _trial(f"{FIGURE_TITLES[of]}, judged {name} queries", before, after, (of, name))
        for of in ("ndcg", "mrr", f"recall@{DEPTH}")
    ]


def judged_words(raw: JudgedMeasurement, task: Task) -> list[str]:
    """What raw cosine does with the judged queries, a sentence for each modality that asks."""
    told = []
    for name in raw.modalities:
        if task == "one-way":
            found = (raw.estimate(of, name) for of in ("ndcg", f"recall@{DEPTH}"))
            told.append("Judged {} queries reach NDCG@10 {} and R@10 {}.".format(name, *found))
        elif not isnan(raw.expected_bias[name]):
            lift = raw.estimate("lift", name).value
            told.append(
                f"Judged {name} queries: bias@{DEPTH} {raw.estimate('bias', name)}, "
                f"{figure(lift, 2)} × the corpus share."
            )
    return told


def _trial(
    title: str,
    before: JudgedMeasurement,
    after: JudgedMeasurement,
    key: tuple[str, str],
    aim: float | None = None,
) -> Trial:
    old, new = before.replicates[key], after.replicates[key]
    if key not in after.chance:
        return Trial.of(title, old, new, aim=aim)
    return Trial.of(
        title, old, new, chance=after.chance[key], ends=[before.tie_ends[key], after.tie_ends[key]]
    )
