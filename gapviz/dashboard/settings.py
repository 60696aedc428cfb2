"""The choices that every page shares, kept in the URL so that a link reopens the view."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import Any

import streamlit as st

import gapviz
from gapviz.core.errors import GapvizError
from gapviz.core.seeds import DEFAULT_SEED, MAX_SEED
from gapviz.dashboard.catalogue import BUILTIN, CatalogueEntry, View, catalogue
from gapviz.dashboard.links import note_link_problems, show_link_problems
from gapviz.dashboard.widgets import widget_of
from gapviz.measures.measurement import pair_of
from gapviz.sources.builtin import ATTRIBUTION
from gapviz.strategies import STRATEGIES, StrategyOptions

DEFAULT_STRATEGY = "centre"
ROUTING = "route"
"""Stands beside the chosen strategy on several pages, with its own parameters."""

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
    parameters: tuple[tuple[str, Any], ...]
    """Values of parameters of strategies, by name; the default where one is missing."""
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
        name = strategy or self.strategy
        spec = STRATEGIES[name]
        return StrategyOptions(name, [(k, value) for k, value in self.parameters if spec.has(k)])


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
        strategy, parameters = _strategy(modalities)
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
        parameters=parameters,
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


def _strategy(modalities: tuple[str, ...]) -> tuple[str, tuple[tuple[str, Any], ...]]:
    """The strategy, and the parameters of it and of routing, which is always beside it."""
    strategy = st.selectbox(
        "Strategy",
        list(STRATEGIES),
        index=list(STRATEGIES).index(DEFAULT_STRATEGY),
        format_func=lambda name: STRATEGIES[name].title,
        key="strategy",
        bind="query-params",
        help="The way out that is compared with raw cosine.",
    )
    spec = STRATEGIES[strategy]
    st.caption(f"`{spec.formula}`")
    values = {one.name: widget_of(one, modalities) for one in spec.parameters}
    with st.expander("Routing", icon=":material/alt_route:"):
        others = [one for one in STRATEGIES[ROUTING].parameters if one.name not in values]
        values |= {one.name: widget_of(one, modalities) for one in others}
    return strategy, tuple(values.items())
