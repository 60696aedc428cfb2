"""A contrastive loss constrains order only: shift one cone, and nothing that it sees changes.

For a query x and answers yⱼ + c the scores are x·yⱼ + x·c: one constant for all answers of
that query, which the softmax of InfoNCE divides out and a ranking does not see.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from gapviz.analyses.training.features import one_pair_each
from gapviz.core.collection import Collection
from gapviz.core.errors import GapvizError
from gapviz.core.log_sum_exp import log_sum_exp
from gapviz.core.seeds import seeded_sample
from gapviz.core.vectors import Float64, Indices, unit_rows
from gapviz.core.wording import counted
from gapviz.sources.builtin import BUILTIN_ENCODERS

MOST_PAIRS = 1_000
MOST_SHIFT = 10.0
USUAL_TEMPERATURE = 0.01
# Scores of order 1 in float64: sums in another order differ by less than this.
ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class DirectionUnderShift:
    """One direction of search, with the cone of the answers shifted."""

    source: str
    target: str
    """The modality whose cone is shifted."""
    gap_before: float
    gap_after: float
    """Distance of the centroids once the target's cone has moved."""
    loss_before: float
    """Cross-entropy of finding the match, in nats a query."""
    loss_after: float
    loss_renormalised: float
    """The same after the shifted rows are scaled back to length 1, as an index does."""
    reranked: int
    """Queries whose match changed its rank by the shift."""
    reranked_renormalised: int
    """The same after scaling to length 1."""
    n_queries: int


@dataclass(frozen=True, slots=True)
class ShiftStudy:
    """Both directions of search under one shift."""

    amount: float
    """In gaps, towards the cone of the queries: 1 lays the centroids on one another."""
    temperature: float
    directions: tuple[DirectionUnderShift, DirectionUnderShift]

    def to_json(self) -> dict[str, Any]:
        """Plain numbers, those of a direction under `source->target`."""
        figures = {f"{one.source}->{one.target}": asdict(one) for one in self.directions}
        return {"amount": self.amount, "temperature": self.temperature, "directions": figures}


def shift_study(
    collection: Collection,
    pair: tuple[str, str],
    amount: float,
    *,
    seed: int = 0,
) -> ShiftStudy:
    """Shift the cone of the answers along the gap, and look at loss and ranks.

    Args:
        collection: with vectors of both modalities; of many pairs a seeded sample.
        pair: the two modalities.
        amount: how far, in gaps, at most `MOST_SHIFT`; negative moves the cones apart.
        seed: of the sample.

    Raises:
        GapvizError: no such modality, fewer than two pairs, or an amount out of range.
    """
    if not abs(amount) <= MOST_SHIFT:
        raise GapvizError(
            f"a shift of {amount:g} gaps is out of range",
            hint=f"choose {-MOST_SHIFT:g} to {MOST_SHIFT:g}",
        )
    rows = _pairs(collection, pair, seed)
    x, y = rows.values()
    delta = x.mean(axis=0) - y.mean(axis=0)
    first, second = pair
    tau = temperature_of(collection.encoder)
    return ShiftStudy(
        amount,
        tau,
        (
            _direction(rows, first, second, amount * delta, tau),
            _direction(rows, second, first, -amount * delta, tau),
        ),
    )


def temperature_of(encoder: str) -> float:
    """What a shipped encoder was trained at; of any other 0.01, where CLIP ends."""
    note = BUILTIN_ENCODERS.get(encoder)
    return 1 / note.logit_scale if note else USUAL_TEMPERATURE


def _pairs(collection: Collection, pair: tuple[str, str], seed: int) -> dict[str, Float64]:
    """One row an item and modality, in float64."""
    _, *rows = one_pair_each(collection, pair)
    n_pairs = rows[0].size
    if n_pairs < 2:
        raise GapvizError(
            f"has {counted(n_pairs, 'pair')} of {pair[0]} and {pair[1]}, and an order needs two",
            where=collection.name,
            hint="give items that have both",
        )
    sample = seeded_sample(np.arange(n_pairs), MOST_PAIRS, seed)
    return {
        name: collection.modality(name).corpus.vectors[chosen[sample]].astype(np.float64)
        for name, chosen in zip(pair, rows, strict=True)
    }


def _direction(
    rows: Mapping[str, Float64], source: str, target: str, shift: Float64, temperature: float
) -> DirectionUnderShift:
    asking, answers = rows[source], rows[target]
    moved = answers + shift
    before = asking @ answers.T
    after = asking @ moved.T
    unit = unit_rows(moved, where=target).astype(np.float64)
    renormalised = asking @ unit.T
    ranks = _ranks(before)
    middle = asking.mean(axis=0)
    return DirectionUnderShift(
        source=source,
        target=target,
        gap_before=float(np.linalg.norm(answers.mean(axis=0) - middle)),
        gap_after=float(np.linalg.norm(moved.mean(axis=0) - middle)),
        loss_before=_loss(before, temperature),
        loss_after=_loss(after, temperature),
        loss_renormalised=_loss(renormalised, temperature),
        reranked=int((_ranks(after) != ranks).sum()),
        reranked_renormalised=int((_ranks(renormalised) != ranks).sum()),
        n_queries=len(asking),
    )


def _loss(scores: Float64, temperature: float) -> float:
    logits = scores / temperature
    return float((log_sum_exp(logits, axis=1) - logits.diagonal()).mean())


def _ranks(scores: Float64) -> Indices:
    """`(n,)`: 1 + how many answers score higher than the match by more than rounding."""
    ranks: Indices = 1 + (scores > scores.diagonal()[:, None] + ROUNDING).sum(axis=1)
    return ranks
