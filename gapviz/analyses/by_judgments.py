"""By judgments: a strategy beside raw cosine on queries of one's own, as a part of an analysis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from gapviz.analyses.analysis import Finding, Request
from gapviz.analyses.judged import (
    asking_words,
    has_judgments,
    judged_board,
    judged_protocol,
    judged_reading,
    judged_table,
)
from gapviz.core.errors import GapvizError
from gapviz.core.plain_json import plain_json
from gapviz.core.progress import Progress, no_progress
from gapviz.core.wording import sentence
from gapviz.measures.experiment import Experiment
from gapviz.measures.judged_measurement import JudgedMeasurement
from gapviz.measures.retrieval.judged import JUDGED_FIGURES
from gapviz.strategies import StrategyOptions, strategy_spec


@dataclass(frozen=True, eq=False)
class JudgedComparison:
    """A strategy and raw cosine, held against the same judgments."""

    after: JudgedMeasurement
    before: JudgedMeasurement | None = None
    """Raw cosine; None where that is what was measured."""

    @property
    def n_queries(self) -> int:
        """Queries that are measured."""
        return self.after.judged.evaluation.n_queries


def compared_by_judgments(
    experiment: Experiment, progress: Progress = no_progress
) -> JudgedComparison:
    """The strategy of an experiment and raw cosine, by judgments, intervals and all.

    Raises:
        GapvizError: as `Experiment.judged`.
    """
    raw = StrategyOptions()
    progress(0.0, "raw cosine, by judgments")
    before = experiment.having(raw).judged()
    _ = before.replicates
    if experiment.options == raw:
        return JudgedComparison(before)
    progress(0.4, f"{experiment.strategy.label}, by judgments")
    after = experiment.judged()
    _ = after.replicates
    return JudgedComparison(after, before)


def find_judged(request: Request, progress: Progress) -> Finding:
    """The strategy and raw cosine by the judgments of the collection's own queries.

    Raises:
        GapvizError: as `Experiment.judged`.
    """
    experiment = Experiment(request.collection, request.strategy, request.fit, seed=request.seed)
    return judged_finding(compared_by_judgments(experiment, progress))


def judged_finding(compared: JudgedComparison) -> Finding:
    """The table by judgments, its reading and its protocol."""
    after, before = compared.after, compared.before
    figures: dict[str, Any] = {"protocol": "judged", **after.to_json()}
    if before is not None:
        figures["raw"] = before.to_json()["figures"]
        figures["change"] = plain_json(
            {
                name: {one: after.change(before, name, one) for one in after.modalities}
                for name in JUDGED_FIGURES
            }
        )
    return Finding(
        figures=figures,
        title="By judgments",
        warnings=after.doubts,
        readings=[judged_reading(after, before)],
        tables=[judged_table(after, before)],
        protocol=judged_protocol(after),
        result=compared,
    )


def find_judged_board(request: Request, progress: Progress) -> Finding:
    """The strategies in `request["strategies"]` side by side, over all judged queries.

    One that cannot be measured says why.

    Raises:
        GapvizError: none of them can.
    """
    experiment = Experiment(request.collection, fit=request.fit, seed=request.seed)
    strategies: Sequence[StrategyOptions] = request["strategies"]
    found: dict[str, JudgedMeasurement] = {}
    lacking: list[tuple[StrategyOptions, GapvizError]] = []
    for place, options in enumerate(strategies):
        title = strategy_spec(options.name).title
        progress(place / len(strategies), title)
        try:
            one = experiment.having(options).judged()
            _ = one.replicates
        except GapvizError as error:
            lacking.append((options, error))
            continue
        found[one.judged.run.name] = one
    if not found:
        raise lacking[0][1]
    first = next(iter(found.values()))
    return Finding(
        figures={name: one.to_json() for name, one in found.items()},
        warnings=first.judged.evaluation.notes,
        readings=[
            sentence(asking_words(first)),
            *(f"{strategy_spec(one.name).title}: {why.sentence}" for one, why in lacking),
        ],
        tables=[judged_board(found)],
        protocol=judged_protocol(first),
        result=found,
    )


def by_judgments(request: Request, progress: Progress) -> dict[str, Finding]:
    """`find_judged` by the name of the part, for an analysis that shows it beside its own.

    Nothing where the collection has no judgments; where none of its queries can ask, a finding that
    says why.
    """
    if not has_judgments(request.collection):
        return {}
    try:
        return {"judged": find_judged(request, progress)}
    except GapvizError as error:
        return {
            "judged": Finding(
                figures={"protocol": "judged", "not_measured": error.sentence},
                title="By judgments: not measured",
                readings=[error.sentence],
            )
        }
