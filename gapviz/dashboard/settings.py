"""The choices that every page shares, kept in the URL so that a link reopens the view."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import streamlit as st

import gapviz
from gapviz.core.errors import GapvizError
from gapviz.core.seeds import DEFAULT_SEED, MAX_SEED
from gapviz.dashboard.catalogue import BUILTIN, CatalogueEntry, View, catalogue
from gapviz.dashboard.links import (
    MAX_RRF_K,
    TIE_ORDERS,
    note_link_problems,
    show_link_problems,
)
from gapviz.measures.measurement import pair_of
from gapviz.sources.builtin import ATTRIBUTION
from gapviz.strategies import STRATEGIES, StrategyOptions
from gapviz.strategies.alignment import MAX_STRENGTH
from gapviz.strategies.fusion import RankFusion, TieOrder

DEFAULT_STRATEGY = "centre"
STRENGTH_STEP = 0.05
RIDGES = (0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0)

# What one came for stands on the first screen, not a wide head.
PAGE_STYLE = """
<style>
[data-testid="stMainBlockContainer"] { padding-top: 3.75rem; }
[data-testid="stMain"] h1 { padding: 0.5rem 0; }
</style>
"""

SETTINGS_KEY = "_settings"
BETWEEN = " – "


@dataclass(frozen=True, slots=True)
class Settings:
    """One visitor's choices in the sidebar."""

    collection: str
    encoder: str
    compare: str | None
    """A second encoder of the same collection, to look at side by side."""
    pair: tuple[str, str]
    """The two modalities whose gap is looked at."""
    modalities: tuple[str, ...]
    """All modalities of the collection."""
    strategy: str
    strength: float
    moves: str
    anchor: str
    ridge: float
    alpha: float
    neighbours: int
    rrf_k: float
    weights: tuple[tuple[str, float], ...]
    ties: TieOrder
    seed: int

    @property
    def view(self) -> View:
        """The collection as the chosen encoder saw it."""
        return View(self.collection, self.encoder)

    @property
    def views(self) -> tuple[View, ...]:
        """The same, and as the encoder to compare with saw it, if there is one."""
        second = () if self.compare is None else (View(self.collection, self.compare),)
        return (self.view, *second)

    def options(self, strategy: str | None = None) -> StrategyOptions:
        """Options of the chosen strategy, or of another one with the same parameters.

        Only what that strategy uses is filled in, so that equal work has equal options.
        """
        card = STRATEGIES[strategy or self.strategy]
        chosen: dict[str, Any] = {
            "strength": self.strength,
            "moves": self.moves,
            "anchor": self.anchor,
            "ridge": self.ridge,
            "alpha": self.alpha,
            "neighbours": self.neighbours,
            "fusion": self.fusion(),
        }
        return StrategyOptions(card.name, **{name: chosen[name] for name in card.parameters})

    def fusion(self) -> RankFusion:
        """How routed lists are fused."""
        return RankFusion(k=self.rrf_k, weights=self.weights, ties=self.ties)


def show_sidebar() -> Settings:
    """Draw the sidebar and return what it says; the pages read it with `settings`."""
    note_link_problems()
    st.html(PAGE_STYLE)
    with st.sidebar:
        collection, entry = _collection()
        encoder, compare = _encoders(entry)
        modalities = entry.modalities[encoder]
        pair = _pair(modalities)
        st.divider()
        parameters = _strategy(modalities)
        with st.expander("Routing", icon=":material/alt_route:"):
            rrf_k, weights, ties = _routing(modalities)
        st.divider()
        seed = st.number_input(
            "Seed",
            0,
            MAX_SEED,
            DEFAULT_SEED,
            key="seed",
            bind="query-params",
            help="Of layouts, samples and bootstrap: the same seed gives the same figures.",
        )
        drawings = f"{ATTRIBUTION}. " if collection == BUILTIN else ""
        st.caption(f"{drawings}gapviz {gapviz.__version__}")
    chosen = Settings(
        collection=collection,
        encoder=encoder,
        compare=compare,
        pair=pair,
        modalities=modalities,
        **parameters,
        rrf_k=rrf_k,
        weights=weights,
        ties=ties,
        seed=int(seed),
    )
    st.session_state[SETTINGS_KEY] = chosen
    show_link_problems()
    return chosen


def settings() -> Settings:
    """What the sidebar of this run says; a page that runs on its own draws it first."""
    chosen: Settings | None = st.session_state.pop(SETTINGS_KEY, None)
    if chosen is None:
        chosen = show_sidebar()
        del st.session_state[SETTINGS_KEY]
    return chosen


def show_error(error: GapvizError) -> None:
    """One clear sentence in place of what cannot be shown."""
    st.error(error.sentence, icon=":material/error:")


def _collection() -> tuple[str, CatalogueEntry]:
    entries = catalogue()
    collection = st.selectbox(
        "Collection",
        list(entries),
        format_func=lambda name: entries[name].title,
        key="collection",
        bind="query-params",
        help="Add your own on the Data page." if len(entries) == 1 else None,
    )
    return collection, entries[collection]


def _encoders(entry: CatalogueEntry) -> tuple[str, str | None]:
    encoder = st.selectbox(
        "Encoder",
        list(entry.encoders),
        format_func=lambda name: entry.encoders[name],
        key="encoder",
        bind="query-params",
        help="The model that made the vectors. " + entry.encoder_note,
    )
    seen = set(entry.modalities[encoder])
    others = [
        name
        for name in entry.encoders
        if name != encoder and len(seen) > 1 and seen <= set(entry.modalities[name])
    ]
    if not others:
        return encoder, None
    compare = st.selectbox(
        "Compare with",
        others,
        index=None,
        format_func=lambda name: entry.encoders[name],
        key="compare",
        bind="query-params",
        placeholder="no second encoder",
        help="A second model of the same modalities on the same items, side by side on every page.",
    )
    return encoder, compare


def _pair(modalities: tuple[str, ...]) -> tuple[str, str]:
    pairs = {BETWEEN.join(pair): pair for pair in combinations(modalities, 2)}
    if len(pairs) < 2:
        return pair_of(modalities)
    title = st.selectbox(
        "Modalities",
        list(pairs),
        index=list(pairs.values()).index(pair_of(modalities)),
        key="pair",
        bind="query-params",
        help="The two clouds whose gap is measured. The index holds all modalities.",
    )
    return pairs[title]


def _strategy(modalities: tuple[str, ...]) -> dict[str, Any]:
    """The strategy and its parameters, by their names in `Settings`."""
    strategy = st.selectbox(
        "Strategy",
        list(STRATEGIES),
        index=list(STRATEGIES).index(DEFAULT_STRATEGY),
        format_func=lambda name: STRATEGIES[name].title,
        key="strategy",
        bind="query-params",
        help="The way out that is compared with raw cosine.",
    )
    card = STRATEGIES[strategy]
    st.caption(f"`{card.formula}`")
    strength = st.slider(
        "Strength λ",
        0.0,
        MAX_STRENGTH,
        1.0,
        STRENGTH_STEP,
        key="strength",
        bind="query-params",
        disabled="strength" not in card.parameters,
        help="How much of the offset is subtracted: 0 = nothing (raw), 1 = all of it, "
        "above 1 = past it.",
    )
    parameters = {
        "strategy": strategy,
        "strength": round(float(strength), 2),
        "moves": modalities[0],
        "anchor": modalities[-1],
        "ridge": 30.0,
        "alpha": 1.0,
        "neighbours": 10,
    }
    controls = {name: draw for name, draw in _CONTROLS.items() if name in card.parameters}
    return parameters | {name: draw(modalities) for name, draw in controls.items()}


def _moves(modalities: tuple[str, ...]) -> str:
    moves = st.segmented_control(
        "Modality that moves",
        modalities,
        default=modalities[0],
        key="moves",
        bind="query-params",
        required=True,
        help="The other stays where it is.",
    )
    return moves or modalities[0]


def _anchor(modalities: tuple[str, ...]) -> str:
    anchor = st.segmented_control(
        "Mapped onto",
        modalities,
        default=modalities[-1],
        key="anchor",
        bind="query-params",
        required=True,
        help="The modality that stays; the others are mapped onto it.",
    )
    return anchor or modalities[-1]


def _ridge(modalities: tuple[str, ...]) -> float:
    return float(
        st.select_slider(
            "Pull towards the identity λ",
            RIDGES,
            30.0,
            format_func=lambda value: f"{value:g}",
            key="ridge",
            bind="query-params",
            help="Small learns a freer map, and overfits sooner; large stays near centring both.",
        )
    )


def _alpha(modalities: tuple[str, ...]) -> float:
    alpha = st.slider(
        "Share of the reference scores α",
        0.0,
        2.0,
        1.0,
        0.05,
        key="alpha",
        bind="query-params",
        help="How much of a row's mean score with its nearest reference queries is subtracted.",
    )
    return round(float(alpha), 2)


def _neighbours(modalities: tuple[str, ...]) -> int:
    return int(
        st.number_input(
            "Neighbours",
            1,
            1_000,
            10,
            key="neighbours",
            bind="query-params",
            help="How many best scores the mean is taken of.",
        )
    )


_CONTROLS: dict[str, Callable[[tuple[str, ...]], Any]] = {
    "moves": _moves,
    "anchor": _anchor,
    "ridge": _ridge,
    "alpha": _alpha,
    "neighbours": _neighbours,
}
"""What each parameter of a strategy, beside its strength, is chosen with."""


def _routing(
    modalities: tuple[str, ...],
) -> tuple[float, tuple[tuple[str, float], ...], TieOrder]:
    rrf_k = st.number_input(
        "k of rank fusion",
        1,
        MAX_RRF_K,
        60,
        key="rrf_k",
        bind="query-params",
        help="weight / (k + rank), ranks from 1. Over disjoint lists with equal weights "
        "k changes nothing.",
    )
    weights = tuple(
        (
            modality,
            st.slider(
                f"Weight of the {modality} list",
                0.0,
                2.0,
                1.0,
                0.1,
                key=f"weight_{modality}",
                bind="query-params",
            ),
        )
        for modality in modalities
    )
    ties = st.selectbox(
        "Equal scores",
        list(TIE_ORDERS),
        format_func=lambda order: TIE_ORDERS[order],
        key="ties",
        bind="query-params",
        help="Fused lists tie: of equal weights at every rank, by min-max at the top, by DBSF "
        "beyond 3σ. This decides who stands first, and with it the match's rank.",
    )
    return float(rrf_k), weights, ties
