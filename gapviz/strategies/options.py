"""What can be chosen of a strategy, and what a strategy is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from gapviz.strategies.alignment import Alignment, Raw, refuse_bad_ridge, refuse_bad_strength
from gapviz.strategies.fusion import Fusion, RankFusion
from gapviz.strategies.scoring import Scoring, refuse_bad_neighbourhood

Changes = Literal["nothing", "vectors", "scores", "lists", "items"]
"""What a strategy changes: where rows lie, how pairs score, how the lists of the modalities
are fused, or what is ranked."""


@dataclass(frozen=True, slots=True)
class StrategyOptions:
    """What a person chooses: shared by the pages, the command line and Python.

    Raises:
        GapvizError: a number out of range, whether the strategy uses it or not.
    """

    name: str = "raw"
    strength: float = 1.0
    """λ of an offset, 0…2."""
    moves: str | None = None
    """Modality that moves, for the one-sided offset; the first unless told."""
    fusion: RankFusion = field(default_factory=RankFusion)
    """For strategies that fuse by rank."""
    ridge: float = 30.0
    """λ of ridge towards identity, above 0; larger stays nearer to centring both."""
    anchor: str | None = None
    """Modality that the others are mapped onto; the last unless told."""
    alpha: float = 1.0
    """How much of a row's reference scores NNN subtracts, 0…2; under 1 some gap is left."""
    neighbours: int = 10
    """How many best scores NNN and CSLS take the mean of, 1…1,000."""

    def __post_init__(self) -> None:
        refuse_bad_strength(self.strength)
        refuse_bad_ridge(self.ridge)
        refuse_bad_neighbourhood(self.alpha, self.neighbours)


def stay(options: StrategyOptions) -> Alignment:
    """The alignment of strategies that move no vector."""
    return Raw()


@dataclass(frozen=True, slots=True)
class StrategySpec:
    """What a strategy is, in words for the screen and the help text."""

    name: str
    title: str
    formula: str
    known: str
    """One sentence on what is known of it; never hidden."""
    changes: Changes
    stores: str
    """What must be kept beside the vectors, in words."""
    query_cost: str
    """What a query costs beside its N·d multiply-adds with the index, in words."""
    parameters: tuple[str, ...] = ()
    """Fields of `StrategyOptions` that it reads."""
    needs_pairs: bool = False
    """True where it cannot be fitted without matched pairs."""
    transductive: bool = False
    """True where the answer to one query depends on the other queries."""
    align: Callable[[StrategyOptions], Alignment] = stay
    score: Callable[[StrategyOptions], Scoring] | None = None
    fuse: Callable[[StrategyOptions], Fusion] | None = None

    @property
    def routed(self) -> bool:
        """True where each modality is searched on its own and the lists are fused."""
        return self.changes == "lists"

    @property
    def learns(self) -> bool:
        """True where something is fitted on the calibrate split."""
        return self.changes == "vectors" or (self.changes == "scores" and not self.transductive)
