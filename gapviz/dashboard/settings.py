"""The choices that every page shares, kept in the URL so that a link reopens the view."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import streamlit as st

import gapviz
from gapviz.core.errors import GapvizError
from gapviz.core.parameter import Parameter
from gapviz.core.seeds import DEFAULT_SEED, MAX_SEED
from gapviz.dashboard import STYLESHEET
from gapviz.dashboard.catalogue import BUILTIN, CatalogueEntry, View, catalogue
from gapviz.dashboard.url_params import (
    free_parameter,
    one_weight,
    read_link,
    show_link_problems,
    url_choice,
    url_parameter,
)
from gapviz.dashboard.widgets import number_of, select_of, widget_of
from gapviz.measures.measurement import pair_of
from gapviz.sources.builtin import ATTRIBUTION
from gapviz.strategies import STRATEGIES, StrategyOptions, strategy_parameters
from gapviz.strategies.shift import STRENGTH

DEFAULT_STRATEGY = "centre"
RAW = "raw"
"""The baseline that every strategy is compared with."""
ROUTING = "route"
"""Shown beside the chosen strategy on several pages, with its own parameters."""
ALWAYS_SHOWN = (STRENGTH,)
"""Parameters whose widgets stay, disabled, where the strategy does not use them."""

SETTINGS_KEY = "_settings"
BETWEEN = " – "


def strategy_titles() -> dict[str, str]:
    """Name → title of every strategy."""
    return {name: spec.title for name, spec in STRATEGIES.items()}


def encoder_titles() -> dict[str, str]:
    """Name → title of every encoder of any collection."""
    return {k: title for entry in catalogue().values() for k, title in entry.encoders.items()}


COLLECTION = url_choice(
    "collection",
    "Collection",
    lambda: {name: entry.title for name, entry in catalogue().items()},
    default=BUILTIN,
)
ENCODER = url_choice("encoder", "Encoder", encoder_titles)
COMPARE = url_choice(
    "compare",
    "Compare with",
    encoder_titles,
    help="A second model of the same modalities on the same items, side by side on every page.",
)
PAIR = free_parameter("pair")
STRATEGY = url_choice(
    "strategy",
    "Strategy",
    strategy_titles,
    default=DEFAULT_STRATEGY,
    help="The strategy that is compared with raw cosine.",
)
SEED = url_parameter(
    Parameter(
        "seed",
        "Seed",
        "count",
        DEFAULT_SEED,
        "Of layouts, samples and intervals: the same seed gives the same figures.",
        low=0,
        high=MAX_SEED,
    )
)


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

    @property
    def has_one_modality(self) -> bool:
        """Whether the chosen vectors are of one modality alone, so that there is no gap."""
        return len(self.modalities) == 1

    @property
    def raw(self) -> StrategyOptions:
        """Raw cosine."""
        return self.options(RAW)

    @property
    def routing(self) -> StrategyOptions:
        """One list a modality, fused by rank, as set under Routing."""
        return self.options(ROUTING)

    def options(self, strategy: str | None = None) -> StrategyOptions:
        """Options of the chosen strategy, or of another one with the same parameters.

        Only what that strategy uses is filled in, so that equal work has equal options.
        """
        name = strategy or self.strategy
        spec = STRATEGIES[name]
        return StrategyOptions(name, [(k, value) for k, value in self.parameters if spec.has(k)])


def show_sidebar() -> None:
    """Draw the sidebar; the page that runs after it reads what it says with `settings`."""
    read_link(_stands_in_the_sidebar)
    st.html(STYLESHEET)
    with st.sidebar:
        entries = catalogue()
        titles = {name: entry.title for name, entry in entries.items()}
        add = "Add your own on the Data page." if len(entries) == 1 else None
        collection: str = select_of(COLLECTION, titles, help=add)
        entry = entries[collection]
        encoder, compare = _encoders(entry)
        modalities = entry.modalities[encoder]
        pair = _pair(modalities)
        st.divider()
        strategy, parameters = _strategy(modalities)
        st.divider()
        seed = int(number_of(SEED))
        drawings = f"{ATTRIBUTION}. " if collection == BUILTIN else ""
        st.caption(f"{drawings}gapviz {gapviz.__version__}")
    st.session_state[SETTINGS_KEY] = Settings(
        collection, encoder, compare, pair, modalities, strategy, parameters, seed
    )
    show_link_problems()


def settings() -> Settings:
    """What the sidebar says: drawn at the start of every run, before the page."""
    chosen: Settings = st.session_state[SETTINGS_KEY]
    return chosen


def show_error(error: GapvizError) -> None:
    """Show an error as one sentence."""
    st.error(error.sentence, icon=":material/error:")


@contextmanager
def errors_shown() -> Iterator[None]:
    """A block in place of which a user's mistake is shown, and the page goes on after it."""
    try:
        yield
    except GapvizError as error:
        show_error(error)


def _stands_in_the_sidebar(name: str) -> bool:
    """Whether a parameter of the URL is one of the sidebar's."""
    own = (COLLECTION.name, ENCODER.name, COMPARE.name, PAIR, STRATEGY.name, SEED.name)
    if name in own:
        return True
    return any(
        name.startswith(one_weight(one, "").name) if one.kind == "weights" else name == one.name
        for one in strategy_parameters()
    )


def _encoders(entry: CatalogueEntry) -> tuple[str, str | None]:
    about = "The model that made the vectors. " + entry.encoder_note
    encoder: str = select_of(ENCODER, entry.encoders, help=about)
    seen = entry.modalities[encoder]
    others = entry.encoders_of(seen)
    del others[encoder]
    if not others or len(seen) == 1:
        return encoder, None
    compare: str | None = select_of(COMPARE, others, index=None, placeholder="no second encoder")
    return encoder, compare


def _pair(modalities: tuple[str, ...]) -> tuple[str, str]:
    pairs = {BETWEEN.join(pair): pair for pair in combinations(modalities, 2)}
    if len(pairs) < 2:
        return pair_of(modalities)
    title = st.selectbox(
        "Modalities",
        list(pairs),
        index=list(pairs.values()).index(pair_of(modalities)),
        key=PAIR,
        bind="query-params",
        help="The two clouds whose gap is measured. The index holds all modalities.",
    )
    return pairs[title]


def _strategy(modalities: tuple[str, ...]) -> tuple[str, tuple[tuple[str, Any], ...]]:
    """The strategy, and the parameters of it and of routing, which is always beside it."""
    strategy: str = select_of(STRATEGY, strategy_titles())
    spec, routing = STRATEGIES[strategy], STRATEGIES[ROUTING]
    st.caption(f"`{spec.formula}`")
    kept = [one for one in ALWAYS_SHOWN if not spec.has(one.name)]
    values = {one.name: widget_of(one, modalities, disabled=True) for one in kept}
    for one in spec.parameters:
        if not routing.has(one.name):
            values[one.name] = widget_of(one, modalities)
    with st.expander("Routing", icon=":material/alt_route:"):
        values |= {one.name: widget_of(one, modalities) for one in routing.parameters}
    return strategy, tuple(values.items())
