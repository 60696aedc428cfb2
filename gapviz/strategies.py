"""Every way out that gapviz offers, under one name, one set of options, one `fit`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from gapviz.alignment import (
    Alignment,
    CentreBoth,
    HalfOffset,
    OneSidedOffset,
    Raw,
    refuse_bad_strength,
)
from gapviz.collection import Collection
from gapviz.errors import GapvizError
from gapviz.retrieval.fusion import RankFusion


@dataclass(frozen=True, slots=True)
class StrategyOptions:
    """What a person chooses: shared by the pages, the command line and Python.

    Raises:
        GapvizError: λ outside 0…2, whether the strategy uses it or not.
    """

    name: str = "raw"
    strength: float = 1.0
    """λ, for strategies that move vectors."""
    moves: str | None = None
    """Modality that moves, for the one-sided offset."""
    fusion: RankFusion = field(default_factory=RankFusion)
    """For strategies that route."""

    def __post_init__(self) -> None:
        refuse_bad_strength(self.strength)


@dataclass(frozen=True, slots=True)
class StrategyCard:
    """What a strategy is, in words for the screen and the help text."""

    name: str
    title: str
    formula: str
    known: str
    """One sentence on what is known of it; never hidden."""
    routed: bool
    learns: bool
    """True where something is fitted on the calibrate split."""
    align: Callable[[StrategyOptions], Alignment]


@dataclass(frozen=True, eq=False)
class Strategy:
    """A strategy fitted on calibration items, ready to search and to be measured."""

    options: StrategyOptions
    card: StrategyCard
    alignment: Alignment
    fusion: RankFusion | None
    """How per-modality lists are fused, or None for one mixed index."""

    @property
    def label(self) -> str:
        """Title with the parameters that matter."""
        if self.card.routed:
            return f"{self.card.title} (k = {self.options.fusion.k:g})"
        if not self.card.learns:
            return self.card.title
        moving = getattr(self.alignment, "moving_", None)
        moved = f", {moving} moves" if moving else ""
        return f"{self.card.title} (λ = {self.options.strength:g}{moved})"


STRATEGIES: dict[str, StrategyCard] = {
    card.name: card
    for card in (
        StrategyCard(
            name="raw",
            title="Raw cosine",
            formula="x · y",
            known="The baseline: a mixed index sorts by modality before it sorts by meaning.",
            routed=False,
            learns=False,
            align=lambda options: Raw(),
        ),
        StrategyCard(
            name="offset",
            title="One-sided offset",
            formula="norm(x − λΔ) for one modality, Δ = difference of the centroids",
            known=(
                "On real CLIP, renormalising after a one-sided shift lowers cross-modal recall "
                "(R@1 .62 to .37 and .59 to .46, held out)."
            ),
            routed=False,
            learns=True,
            align=lambda options: OneSidedOffset(options.strength, options.moves),
        ),
        StrategyCard(
            name="half",
            title="Half/half offset",
            formula="norm(x − ½λΔ), norm(y + ½λΔ)",
            known="Both clouds meet in the middle; on real CLIP it costs recall like one-sided.",
            routed=False,
            learns=True,
            align=lambda options: HalfOffset(options.strength),
        ),
        StrategyCard(
            name="centre",
            title="Centre both",
            formula="norm(x − λμx), norm(y − λμy)",
            known=(
                "On real CLIP it keeps or lifts cross-modal recall, yet a gap near zero is not "
                "bias zero: bias@10 stays near .89, since same-modality scores spread wider."
            ),
            routed=False,
            learns=True,
            align=lambda options: CentreBoth(options.strength),
        ),
        StrategyCard(
            name="route",
            title="Route and fuse by rank",
            formula="one index per modality, Σ weight / (k + rank)",
            known=(
                "Over disjoint lists this is interleaving: bias is .5 by construction with two "
                "equal weights, k does not matter then, and quality turns on how ties break."
            ),
            routed=True,
            learns=False,
            align=lambda options: Raw(),
        ),
    )
}

ALIASES = {
    "one-sided": "offset",
    "one-sided-offset": "offset",
    "half-half": "half",
    "half/half": "half",
    "center": "centre",
    "centre-both": "centre",
    "center-both": "centre",
    "gr-clip": "centre",
    "rrf": "route",
    "route-rrf": "route",
    "route+rrf": "route",
    "routing": "route",
    "routed": "route",
}


def strategy_card(name: str) -> StrategyCard:
    """The card of a strategy, by its name or an alias.

    Raises:
        GapvizError: no strategy of that name.
    """
    plain = name.strip().lower().replace("_", "-").replace(" ", "-")
    card = STRATEGIES.get(ALIASES.get(plain, plain))
    if card is None:
        raise GapvizError(
            f"there is no strategy {name!r}", mend=f"choose one of {', '.join(STRATEGIES)}"
        )
    return card


def fit_strategy(options: StrategyOptions, calibration: Collection) -> Strategy:
    """Fit a strategy on the indexed rows of `calibration`, and on nothing else.

    Raises:
        GapvizError: an unknown name, or a parameter out of range.
    """
    card = strategy_card(options.name)
    alignment = card.align(options).fit(
        {name: block.corpus.vectors for name, block in calibration.modalities.items()}
    )
    return Strategy(options, card, alignment, options.fusion if card.routed else None)
