"""Every way out that gapviz offers, under one name, one set of options, one `fit`."""

from __future__ import annotations

from dataclasses import dataclass

from gapviz.core.collection import Collection
from gapviz.core.errors import GapvizError
from gapviz.core.rows import corpus_rows, query_rows
from gapviz.strategies.alignment import Alignment, Raw
from gapviz.strategies.cards import ALIASES, STRATEGIES
from gapviz.strategies.fusion import Fusion, ScoreFusion
from gapviz.strategies.options import StrategyOptions, StrategySpec
from gapviz.strategies.scoring import Scoring

__all__ = [
    "ALIASES",
    "STRATEGIES",
    "Strategy",
    "StrategyOptions",
    "StrategySpec",
    "fit_strategy",
    "strategy_spec",
    "unavailable_reason",
]


@dataclass(frozen=True, eq=False)
class Strategy:
    """A strategy fitted on calibration items, ready to search and to be measured."""

    options: StrategyOptions
    card: StrategySpec
    alignment: Alignment
    fusion: Fusion | None
    """How per-modality lists are fused, or None for one mixed index."""
    scoring: Scoring | None = None
    """How cosines are adjusted before they are ranked, or None."""
    split_doubts: tuple[str, ...] = ()
    """What speaks against the split that it was fitted on, as `split_warnings` tells it."""

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the fit should be doubted for, one sentence each."""
        fitted = self.alignment.warnings_ + (self.scoring.warnings_ if self.scoring else ())
        # Vectors that are not moved miss no offset.
        return fitted if isinstance(self.alignment, Raw) else fitted + self.split_doubts

    @property
    def label(self) -> str:
        """Title with the parameters that matter."""
        words = [word for name in self.card.parameters if (word := self._word(name))]
        return f"{self.card.title} ({', '.join(words)})" if words else self.card.title

    @property
    def score_name(self) -> str:
        """What the scores of its result lists are."""
        return "fused" if self.fusion else "score" if self.scoring else "cosine"

    def _word(self, parameter: str) -> str:
        options = self.options
        moving = getattr(self.alignment, "moving_", None)
        anchor = getattr(self.alignment, "anchor_", None)
        return {
            "strength": f"λ = {options.strength:g}",
            "moves": f"{moving} moves" if moving else "",
            "fusion": "" if isinstance(self.fusion, ScoreFusion) else f"k = {options.fusion.k:g}",
            "ridge": f"λ = {options.ridge:g}",
            "anchor": f"onto {anchor}" if anchor else "",
            "alpha": f"α = {options.alpha:g}",
            "neighbours": f"{options.neighbours} neighbours",
        }[parameter]


def strategy_spec(name: str) -> StrategySpec:
    """The card of a strategy, by its name or an alias.

    Raises:
        GapvizError: no strategy of that name.

    >>> strategy_spec("gr-clip").title
    'Centre both'
    """
    plain = name.strip().lower().replace("_", "-").replace(" ", "-")
    card = STRATEGIES.get(ALIASES.get(plain, plain))
    if card is None:
        raise GapvizError(
            f"there is no strategy {name!r}", hint=f"choose one of {', '.join(STRATEGIES)}"
        )
    return card


def unavailable_reason(
    card: StrategySpec, collection: Collection, anchor: str | None = None
) -> str | None:
    """Why a strategy cannot be fitted on `collection`, in one sentence; None if it can.

    `anchor` as in `StrategyOptions`.
    """
    if not card.needs_pairs or not collection.modalities:
        return None
    onto = anchor or collection.modality_names[-1]
    others = [name for name in collection.modality_names if name != onto]
    if not others or onto not in collection.modalities:
        return f"{card.title} needs matched pairs of two modalities."
    lonely = [name for name in others if not len(collection.pairs(name, onto))]
    if lonely:
        return (
            f"{card.title} needs matched pairs, and no item has both {lonely[0]} and {onto} "
            "vectors."
        )
    return None


def fit_strategy(
    options: StrategyOptions, calibration: Collection, *, split_doubts: tuple[str, ...] = ()
) -> Strategy:
    """Fit a strategy on the rows of `calibration`, and on nothing else.

    Indexed rows, that is; only what needs reference queries reads rows that are query-only.

    Args:
        options: the strategy and its parameters.
        calibration: the items to fit on.
        split_doubts: see `Strategy.split_doubts`.

    Raises:
        GapvizError: an unknown name, a parameter out of range, or no pairs for a strategy
            that needs them.

    >>> from gapviz.sources.builtin import builtin_collection
    >>> calibration = builtin_collection().split("calibrate")
    >>> fit_strategy(StrategyOptions("half", strength=0.5), calibration).label
    'Half/half offset (λ = 0.5)'
    >>> text = calibration.modality("text").vectors
    >>> centred = fit_strategy(StrategyOptions("centre"), calibration)
    >>> centred.alignment.transform(text, "text").shape == text.shape
    True
    """
    card = strategy_spec(options.name)
    alignment = card.align(options).fit(
        {name: block.corpus.vectors for name, block in calibration.modalities.items()},
        calibration.pairs,
    )
    scoring = card.score(options) if card.score else None
    if scoring is not None:
        scoring.fit(corpus_rows(calibration, alignment), query_rows(calibration, alignment))
    fusion = card.fuse(options) if card.fuse else None
    return Strategy(options, card, alignment, fusion, scoring, split_doubts)
