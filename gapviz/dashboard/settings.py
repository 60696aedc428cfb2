"""The choices that every page shares, kept in the URL so that a link reopens the view."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import streamlit as st

import gapviz
from gapviz.alignment import MAX_STRENGTH
from gapviz.builtin import ATTRIBUTION
from gapviz.dashboard.catalogue import BUILTIN, CatalogueEntry, View, catalogue
from gapviz.dashboard.links import (
    MAX_RRF_K,
    MAX_SEED,
    TIE_ORDERS,
    note_link_problems,
    show_link_problems,
)
from gapviz.errors import GapvizError
from gapviz.measure import pair_of
from gapviz.retrieval.fusion import RankFusion, TieOrder
from gapviz.strategies import STRATEGIES, StrategyOptions

DEFAULT_STRATEGY = "centre"
DEFAULT_SEED = 42
STRENGTH_STEP = 0.05

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
        return StrategyOptions(
            name=card.name,
            strength=self.strength if card.learns else 1.0,
            moves=self.moves if card.name == "offset" else None,
            fusion=self.fusion() if card.routed else RankFusion(),
        )

    def fusion(self) -> RankFusion:
        """How routed lists are fused."""
        return RankFusion(k=self.rrf_k, weights=self.weights, ties=self.ties)


def show_sidebar() -> Settings:
    """Draw the sidebar and return what it says; the pages read it with `settings`."""
    note_link_problems()
    with st.sidebar:
        collection, entry = _collection()
        encoder, compare = _encoders(entry)
        modalities = entry.modalities[encoder]
        pair = _pair(modalities)
        st.divider()
        strategy, strength, moves = _strategy(modalities)
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
        strategy=strategy,
        strength=strength,
        moves=moves,
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
    others = [name for name in entry.encoders if name != encoder]
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
        help="A second model on the same items, side by side on every page.",
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


def _strategy(modalities: tuple[str, ...]) -> tuple[str, float, str]:
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
        disabled=not card.learns,
        help="How much of the offset is subtracted: 0 = nothing (raw), 1 = all of it, "
        "above 1 = past it.",
    )
    moves = st.segmented_control(
        "Modality that moves",
        modalities,
        default=modalities[0],
        key="moves",
        bind="query-params",
        required=True,
        disabled=card.name != "offset",
        help="Only for the one-sided offset; the other strategies move every modality.",
    )
    return strategy, round(float(strength), 2), moves or modalities[0]


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
        help="Two lists with equal weights tie at every rank. This decides who stands "
        "first, and with it the match's rank.",
    )
    return float(rrf_k), weights, ties
