"""A composition: strategies applied in order, each fitted on what those before it made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import combinations
from typing import Any, ClassVar, Self

import numpy as np

from gapviz.core.collection import Collection
from gapviz.core.errors import GapvizError
from gapviz.core.parameter import Parameter
from gapviz.core.rows import Rows
from gapviz.core.vectors import Float32
from gapviz.strategies.base import PreparedScores, Strategy, StrategyState
from gapviz.strategies.composed_code import composed_move, composed_search
from gapviz.strategies.fusion.base import Fusion, Serving
from gapviz.strategies.moved import moved_collection
from gapviz.strategies.options import StrategyOptions
from gapviz.strategies.registry import strategy_class
from gapviz.strategies.spec import ActsOn, StrategySpec, strategy_spec

NAME = "composed"
ORDER: tuple[ActsOn, ...] = ("nothing", "vectors", "scores", "lists", "items")


def steps_of(text: str) -> tuple[StrategyOptions, ...]:
    """The strategies that words name in order: `centre, inverted-softmax:tau=0.05`.

    Raises:
        GapvizError: none or an unknown one, a bad value, or steps that cannot follow each other.
    """
    steps = tuple(_step(part) for part in text.split(",") if part.strip())
    if not steps:
        raise GapvizError(
            "a composition of no steps", hint="name strategies in order: centre,inverted-softmax"
        )
    for before, step in combinations(steps, 2):
        why = _cannot_follow(step.spec, before.spec)
        if why is not None:
            raise GapvizError(why, hint="put what moves vectors first, and what fuses lists last")
    return steps


def _cannot_follow(spec: StrategySpec, before: StrategySpec) -> str | None:
    """Why one step cannot stand behind another, in a clause; None where it can."""
    if before.routed or before.ranks_items:
        return f"{before.title} fuses lists, and nothing can follow it"
    if before.adjusts_scores and spec.moves_vectors:
        return f"{spec.title} moves vectors, and {before.title} before it has made scores of them"
    if before.transductive and spec.adjusts_scores:
        return f"{before.title} reads all queries, and nothing can be learned of its scores"
    return None


def written(text: str) -> str:
    """Steps as they are kept: plain names, and the values that differ from the usual ones.

    Raises:
        GapvizError: as `steps_of`.
    """
    return ",".join(map(_written, steps_of(text)))


STEPS = Parameter(
    "chain",
    "Steps",
    "text",
    "centre,inverted-softmax",
    "strategies in order, separated by commas; a value is set as in inverted-softmax:tau=0.05",
    check=written,
)


def spec_of(values: Mapping[str, Any]) -> StrategySpec:
    """What the composition of these steps is."""
    specs = [one.spec for one in steps_of(values[STEPS.name])]
    acts = {act for spec in specs for act in (spec.acts_on, *spec.also)} - {"nothing"}
    *also, last = [act for act in ORDER if act in acts] or ["nothing"]
    return replace(
        strategy_spec(NAME),
        acts_on=last,
        also=tuple(also),
        needs_pairs=any(spec.needs_pairs for spec in specs),
        across_modalities=any(spec.across_modalities for spec in specs),
        transductive=any(spec.transductive for spec in specs),
        by_dimension=any(spec.by_dimension for spec in specs),
        by_role=any(spec.by_role for spec in specs),
        fitted_anyway=any(spec.learns for spec in specs),
        stores="; ".join(dict.fromkeys(spec.stores for spec in specs)),
        query_cost="; ".join(dict.fromkeys(spec.query_cost for spec in specs)),
    )


class Composed(Strategy):
    """Steps in order, each fitted on the calibration items as the steps before it left them.

    What moves vectors comes first, then what adjusts scores, each learned of the scores that it
    finds, then what fuses lists, which can be the last alone. For the fit of later steps an
    indexed row is moved as a document even where it asks as well.
    """

    spec: ClassVar[StrategySpec] = StrategySpec(
        name=NAME,
        title="Composition",
        formula="the steps in order, each fitted on what those before it made",
        known=(
            "Stacking is not monotone: on real CLIP centring and then z-norm brings NDCG@10 to "
            ".60 and .63, where z-norm alone brings .68 and .71, and centring before inverted "
            "softmax (τ = .05) .66 and .62, where it alone brings .67 and .65 (held out)."
        ),
        acts_on="scores",
        also=("vectors",),
        stores="what its steps store",
        query_cost="what its steps cost",
        parameters=(STEPS,),
        aliases=("composition", "stacked"),
        of_values=spec_of,
        usual=False,
        place=60,
    )

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        # Of these steps, in place of that of the class.
        vars(self)["spec"] = self.options.spec
        self.steps_ = [_made(one) for one in steps_of(self.value(STEPS.name))]
        self._join()

    @classmethod
    def unavailable(cls, options: StrategyOptions, collection: Collection) -> str | None:
        steps = steps_of(options.value(STEPS.name))
        found = (strategy_class(one.name).unavailable(one, collection) for one in steps)
        return next(filter(None, found), None)

    def fit(self, calibration: Collection) -> Self:
        super().fit(calibration)
        current = calibration
        for step in self.steps_:
            step.fit(current)
            if step.spec.moves_vectors:
                current = moved_collection(current, step)
        self.warnings_ = tuple(
            dict.fromkeys(warning for step in self.steps_ for warning in step.warnings_)
        )
        self.determined_ = all(step.determined_ for step in self.steps_)
        return self

    def _join(self) -> None:
        """Tell each step that adjusts scores which ones do before it."""
        scoring: list[Strategy] = []
        for place, step in enumerate(self.steps_):
            step.place_in_card = f'["learned"]["steps"][{place}]["values"]'
            if step.spec.adjusts_scores:
                step.before = _Chain(tuple(scoring)) if scoring else None
                scoring.append(step)

    @property
    def _scoring(self) -> list[Strategy]:
        return [step for step in self.steps_ if step.spec.adjusts_scores]

    @property
    def _moving(self) -> list[Strategy]:
        return [step for step in self.steps_ if step.spec.moves_vectors]

    def transform(self, vectors: Float32, modality: str) -> Float32:
        moved = super().transform(vectors, modality)
        for step in self._moving:
            moved = step.transform(moved, modality)
        return moved

    def transform_queries(self, vectors: Float32, modality: str) -> Float32:
        moved = super().transform(vectors, modality)
        for step in self._moving:
            moved = step.transform_queries(moved, modality)
        return moved

    def prepare(self, corpus: Rows, queries: Rows) -> PreparedScores | None:
        scoring = self._scoring
        return _Chained.of(scoring, corpus, queries) if scoring else None

    def subtracted(self, pair: tuple[str, str]) -> float:
        left = np.prod([1 - step.subtracted(pair) for step in self.steps_])
        return float(1 - left)

    @property
    def fusion(self) -> Fusion:
        return self.steps_[-1].fusion

    @property
    def serving(self) -> Serving:
        if not self._scoring:
            return self.fusion.serving
        return "references" if self._only_scoring is None else self._only_scoring.serving

    @property
    def _only_scoring(self) -> Strategy | None:
        """The step that adjusts scores, where a single one does and nothing fuses lists."""
        fuses = self.spec.routed or self.spec.ranks_items
        return self._scoring[0] if len(self._scoring) == 1 and not fuses else None

    def merge_code(self, modalities: Sequence[str]) -> str:
        return (self._only_scoring or self.steps_[-1]).merge_code(modalities)

    @property
    def search_code(self) -> str:
        step = self._only_scoring
        return "" if step is None else composed_search(self.steps_.index(step), step)

    def generated_move(self) -> str:
        if not all(step.generated_move() for step in self._moving):
            return ""
        return composed_move([(self.steps_.index(step), step) for step in self._moving])

    @property
    def score_unit(self) -> str:
        scoring = self._scoring
        return scoring[-1].score_unit if scoring else super().score_unit

    def n_stored(self, corpus: Rows) -> int:
        return sum(step.n_stored(corpus) for step in self.steps_)

    def query_operations(self, corpus: Rows) -> int:
        return sum(step.query_operations(corpus) for step in self.steps_)

    @property
    def _in_words(self) -> str:
        return ", then ".join(step.label for step in self.steps_)

    @property
    def label(self) -> str:
        return f"{self.spec.title} ({self._in_words})"

    @property
    def described(self) -> str:
        return self.fusion.described(self._in_words)

    def state(self) -> StrategyState:
        states = [step.state() for step in self.steps_]
        arrays = {
            f"{place}.{name}": array
            for place, state in enumerate(states)
            for name, array in state.arrays.items()
        }
        steps = [
            {
                "parameters": StrategyOptions(step.spec.name, **step.settled).plain(),
                "values": dict(state.values),
            }
            for step, state in zip(self.steps_, states, strict=True)
        ]
        return StrategyState(arrays, {"steps": steps})

    def restore(self, state: StrategyState) -> None:
        restored: list[Strategy] = []
        for place, (step, told) in enumerate(zip(self.steps_, state.values["steps"], strict=True)):
            arrays = {
                name.removeprefix(f"{place}."): array
                for name, array in state.arrays.items()
                if name.startswith(f"{place}.")
            }
            values = {key: value for key, value in told["parameters"].items() if key != "name"}
            of_step = StrategyState(arrays, told["values"])
            restored.append(type(step).from_state(values, self.modalities_, of_step))
        self.steps_ = restored
        self._join()


class _Chained(PreparedScores):
    """Prepared scores one after another."""

    def __init__(self, prepared: Sequence[PreparedScores]) -> None:
        self._prepared = prepared

    @classmethod
    def of(cls, steps: Sequence[Strategy], corpus: Rows, queries: Rows) -> _Chained:
        prepared = (step.prepare(corpus, queries) for step in steps)
        return cls([one for one in prepared if one is not None])

    def adjust(self, scores: Float32, modality: str) -> Float32:
        for one in self._prepared:
            scores = one.adjust(scores, modality)
        return scores

    def slope(self, modality: str) -> float:
        return float(np.prod([one.slope(modality) for one in self._prepared]))


class _Chain:
    """The scores of the steps before one, none of which reads the queries."""

    def __init__(self, steps: Sequence[Strategy]) -> None:
        self._steps = steps

    def __call__(self, corpus: Rows) -> PreparedScores:
        return _Chained.of(self._steps, corpus, corpus)


def _made(options: StrategyOptions) -> Strategy:
    return strategy_class(options.name)(**dict(options.values))


def _step(text: str) -> StrategyOptions:
    name, *settings = (part.strip() for part in text.split(":"))
    spec = strategy_spec(name)
    if spec.name == NAME:
        raise GapvizError("a composition is no step of one", hint="name its steps themselves")
    values: dict[str, Any] = {}
    for setting in settings:
        key, _, value = setting.partition("=")
        parameter = spec.parameter(key.strip().replace("-", "_"))
        if parameter.kind == "weights":
            raise GapvizError(
                f"the {parameter.title.lower()} cannot be set in a step",
                hint=f"leave {parameter.name} as it is",
            )
        values[parameter.name] = parameter.parsed(value.strip())
    return StrategyOptions(spec.name, **values)


def _written(options: StrategyOptions) -> str:
    spec = strategy_spec(options.name)
    told = [
        f"{name}={value:g}" if isinstance(value, float) else f"{name}={value}"
        for name, value in options.values
        if value != spec.parameter(name).default
    ]
    return ":".join([options.name, *told])
