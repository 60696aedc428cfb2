"""The JSON card of an exported strategy: what it is, on what it was fitted, what it did."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from itertools import combinations
from typing import Any

import gapviz
from gapviz.core.collection import Collection
from gapviz.core.errors import GapvizError
from gapviz.core.foreign import in_json
from gapviz.core.plain_json import parsed_json, plain_json
from gapviz.core.random_weights import random_weights_warnings
from gapviz.export.matches import ExportedMatches, MatchSettings, exported_matches
from gapviz.measures.experiment import Experiment
from gapviz.measures.geometry.thresholds import (
    PAIR_TYPES,
    rates_at,
    threshold_for_recall,
)
from gapviz.measures.measurement import Measurement
from gapviz.measures.typed_scores import typed_scores_of
from gapviz.strategies import Strategy

FORMAT = 2
TARGET_RECALL = 0.95
FIGURES = (
    "gap", "noise_floor", "separation", "bias_at_10", "expected_bias_at_10",
    "bias_lift_at_10", "mixed_mrr", "mixed_ndcg_at_10", "mixed_recall_at_10", "recall",
    "n_queries", "ties",
)  # fmt: skip
"""Of `Measurement.to_json`, what the card repeats before and after."""

_JSON = dict[str, Any]


@dataclass(frozen=True, slots=True)
class PairThreshold:
    """A cosine for one pair type, fitted on the calibration items and read on the others."""

    first: str
    second: str
    """The two modalities; one and the same within a modality."""
    cosine: float | None
    """What `TARGET_RECALL` of the relevant calibration pairs reach; None where there are none."""
    true_positive: float | None
    """Share of the relevant pairs of the measured items at or above it."""
    false_positive: float | None
    """Share of the other pairs of the measured items at or above it."""


@dataclass(frozen=True, slots=True)
class ExportCard:
    """Everything but the arrays; the same inputs give the same card, byte for byte."""

    strategy: str
    title: str
    label: str
    """Title with the parameters that matter."""
    formula: str
    acts_on: str
    """`nothing`, `vectors`, `scores`, `lists` or `items`."""
    serving: str
    """How an engine answers: `mixed`, `ranks`, `merge` or `references`."""
    parameters: _JSON
    """Values of the parameters of the strategy; λ of an offset is `strength`."""
    fusion: _JSON | None
    """How lists are fused: `method`, and for rank fusion k, weights, rank base and ties."""
    whole_lists: bool
    """True where a list must be fetched whole, since all of it enters every fused score."""
    learned: _JSON
    """Plain values that the strategy has learned; its arrays are stored beside the card."""
    modalities: tuple[str, ...]
    dim: int
    encoder: str
    collection: str
    fitted_split: str
    """`calibrate`, `all` (in-sample), or `nothing` for a strategy that learns nothing."""
    fitted_items: int
    fitted_hash: str
    """Content hash of the calibration items with their vectors."""
    seed: int
    warnings: tuple[str, ...]
    figures_before: _JSON
    """Raw cosine on the measured items."""
    figures_after: _JSON
    measured_items: int
    thresholds: tuple[PairThreshold, ...]
    matches: ExportedMatches | None = None
    """What scores say of a match; None of what an earlier version exported."""
    notes: _JSON = field(default_factory=dict)
    """What to know where it runs, such as the licence it needs, a score that is no cosine, or how
    ties break: a note a place, by its title."""
    arrays_hash: str = ""
    """SHA-256 of the file of arrays."""
    sketch: str = ""
    """The file that sketches the calibration items, for `gapviz watch`; empty of what an earlier
    version exported."""
    sketch_hash: str = ""
    """SHA-256 of that file."""
    gapviz_version: str = gapviz.__version__
    format: int = FORMAT

    @property
    def by_item(self) -> bool:
        """True where the vectors of one item are one entry."""
        return self.acts_on == "items"

    @property
    def takes_best(self) -> bool:
        """True where an item scores as its best vector does."""
        return (self.fusion or {}).get("method") == "items-max"

    @property
    def list_weights(self) -> dict[str, float]:
        """Weight of every modality's list."""
        told = (self.fusion or {}).get("weights", {})
        return {name: float(told.get(name, 1.0)) for name in self.modalities}

    @property
    def equal_weights(self) -> bool:
        """True where no list weighs more than another."""
        return len(set(self.list_weights.values())) == 1

    def rank_constant(self, first_rank: int) -> int | None:
        """The k of an engine that counts ranks from `first_rank`; None if not whole."""
        fusion = self.fusion or {}
        constant = fusion["k"] + fusion["rank_base"] - first_rank
        return int(constant) if float(constant).is_integer() else None

    def to_json(self) -> str:
        """The card as indented JSON."""
        text = json.dumps(asdict(self), indent=2, ensure_ascii=False, allow_nan=False)
        return in_json(text) + "\n"

    @classmethod
    def from_json(cls, text: str) -> ExportCard:
        """The card that `to_json` wrote.

        Raises:
            GapvizError: another version of gapviz wrote it.
            ValueError, TypeError, KeyError: the text is not such a card.
        """
        told = parsed_json(text)
        if told["format"] != FORMAT:
            raise GapvizError(
                f"{told['title']} was exported by another version of gapviz",
                hint="export the strategy again",
            )
        told["thresholds"] = tuple(PairThreshold(**one) for one in told["thresholds"])
        if told.get("matches") is not None:
            told["matches"] = ExportedMatches.from_plain(told["matches"])
        told["notes"] = {str(name): str(note) for name, note in told.get("notes", {}).items()}
        for name in ("modalities", "warnings"):
            told[name] = tuple(told[name])
        return cls(**told)


def card_of(
    experiment: Experiment, before: Measurement, settings: MatchSettings | None = None
) -> ExportCard:
    """The card of a strategy, without the hash of its arrays.

    Args:
        experiment: the strategy.
        before: raw cosine on the same items.
        settings: how it is learned which scores are matches.
    """
    strategy, after = experiment.strategy, experiment.measurement
    fitted_on, fit = experiment.calibration, after.fit
    told_before, told_after = before.to_json(), after.to_json()
    spec = strategy.spec
    return ExportCard(
        strategy=spec.name,
        title=spec.title,
        label=strategy.label,
        formula=spec.formula,
        acts_on=spec.acts_on,
        serving=strategy.serving,
        parameters=told_after["parameters"],
        fusion=told_after["fusion"],
        whole_lists=strategy.fusion.whole_lists,
        learned=dict(strategy.state().values),
        modalities=fitted_on.modality_names,
        dim=fitted_on.dim,
        encoder=fitted_on.encoder,
        collection=fitted_on.name,
        fitted_split="nothing" if not spec.learns else fit if fit == "all" else "calibrate",
        fitted_items=fitted_on.n_items if spec.learns else 0,
        fitted_hash=fitted_on.content_hash,
        seed=after.seed,
        warnings=(
            *random_weights_warnings(fitted_on.encoder),
            *after.not_measured.values(),
            *strategy.warnings,
        ),
        figures_before={name: told_before[name] for name in FIGURES},
        figures_after={name: told_after[name] for name in FIGURES},
        measured_items=after.collection.n_items,
        thresholds=_thresholds(strategy, fitted_on, after.collection, after.seed),
        matches=exported_matches(experiment, settings),
    )


def _thresholds(
    strategy: Strategy, fitted_on: Collection, measured: Collection, seed: int
) -> tuple[PairThreshold, ...]:
    """One threshold a pair type, each once, across all modalities."""
    found: dict[tuple[str, str], PairThreshold] = {}
    both = [name for name in fitted_on.modality_names if name in measured.modalities]
    for x, y in combinations(both, 2):
        fit = typed_scores_of(strategy, fitted_on, x, y, seed)
        held_out = typed_scores_of(strategy, measured, x, y, seed)
        for pair_type, names in zip(PAIR_TYPES, ((x, y), (x, x), (y, y)), strict=True):
            cosine = threshold_for_recall(fit[pair_type], TARGET_RECALL)
            rates = rates_at(held_out[pair_type], cosine)
            known = plain_json([cosine, rates.true_positive, rates.false_positive])
            found.setdefault(names, PairThreshold(*names, *known))
    return tuple(found.values())
