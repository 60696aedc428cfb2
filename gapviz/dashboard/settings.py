"""The choices that every page shares, kept in the URL so that a link reopens the view."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Literal

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

import gapviz
from gapviz.analyses.advice.recommended import UNTIL_KNOWN, Recommended, strategy_of
from gapviz.core.errors import GapvizError
from gapviz.core.not_measured import not_measured
from gapviz.core.parameter import Parameter
from gapviz.core.seeds import DEFAULT_SEED, MAX_SEED
from gapviz.dashboard import OPEN_TO_ALL, STYLESHEET
from gapviz.dashboard.caches import cached_within, collection_of, studied
from gapviz.dashboard.catalogue import CatalogueEntry, View, catalogue
from gapviz.dashboard.real_clip import newly_fetched, offer_real_clip
from gapviz.dashboard.url_params import (
    free_parameter,
    one_weight,
    read_link,
    show_link_problems,
    url_choice,
    url_parameter,
)
from gapviz.dashboard.waiting import meanwhile
from gapviz.dashboard.widgets import number_of, select_of, widget_of
from gapviz.measures.pair import pair_of, pairs_by_title
from gapviz.sources.builtin import ATTRIBUTION, SHIPPED_COLLECTIONS
from gapviz.sources.builtin.variants import BUILTIN
from gapviz.storage.read_only import is_read_only
from gapviz.strategies import STRATEGIES, StrategyOptions, strategy_parameters
from gapviz.strategies.shift import STRENGTH

RECOMMENDED = "recommended"
"""The choice of whatever the advisor recommends for the collection."""
RAW = "raw"
"""The baseline that every strategy is compared with."""
ROUTING = "route"
"""Shown beside the chosen strategy on several pages, with its own parameters."""
ALWAYS_SHOWN = (STRENGTH,)
"""Parameters that stand in the link also where the strategy does not use them."""

MEASURING = (
    f"Decide is still measuring this collection: until it is done, "
    f"{STRATEGIES[UNTIL_KNOWN.name].title} is shown where no strategy is chosen."
)

_open_to_all = st.components.v2.component("gapviz_open_to_all", js=OPEN_TO_ALL)

SETTINGS_KEY = "_settings"

SidebarPart = Literal["strategy", "compare", "seed"]
"""What some pages have no use for."""


def strategy_titles() -> dict[str, str]:
    """Name → title of every strategy."""
    return {name: spec.title for name, spec in STRATEGIES.items()}


def strategy_choices() -> dict[str, str]:
    """The same behind the choice that is the default: a title never changes with the collection,
    so that a link always reads the same.
    """
    return {RECOMMENDED: "Recommended by Decide"} | strategy_titles()


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
    strategy_choices,
    default=RECOMMENDED,
    help="The strategy that is compared with raw cosine: the one that Decide puts first for a "
    "mixed index of this collection, unless you choose another.",
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
    """The modalities of the collection that are measured."""
    strategy: str
    """Chosen, else the usual one."""
    recommended: str | None
    """The strategy that the advisor recommends; None while it is not known."""
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
    def usual(self) -> str:
        """The strategy of the collection where none is chosen."""
        return self.recommended or UNTIL_KNOWN.name

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


def show_sidebar(idle: Sequence[SidebarPart] = ()) -> None:
    """Draw the sidebar; the page that runs after it reads what it says with `settings`.

    Args:
        idle: what the page has no use for, which is not seen there.
    """
    read_link(_stands_in_the_sidebar)
    st.html(STYLESHEET)
    with st.sidebar:
        _open_to_all(key="open_to_all")
        entries = catalogue()
        titles = {name: entry.title for name, entry in entries.items()}
        is_bare = len(entries) == len(SHIPPED_COLLECTIONS)
        add = "Add your own on the Data page." if is_bare and not is_read_only() else None
        fetched = newly_fetched()
        if fetched is not None:
            st.session_state[COLLECTION.name] = fetched.id
        collection: str = select_of(COLLECTION, titles, help=add)
        offer_real_clip(collection)
        entry = entries[collection]
        encoder, compare = _encoders(entry, _container("compare", idle))
        modalities = _measured(View(collection, encoder), entry.modalities[encoder])
        pair = _pair(modalities)
        st.divider()
        strategy_place = _container("strategy", idle)
        st.divider()
        with _container("seed", idle):
            seed = int(number_of(SEED))
        drawings = f"{ATTRIBUTION}. " if collection in SHIPPED_COLLECTIONS else ""
        st.caption(f"{drawings}gapviz {gapviz.__version__}")
    # Above the page, where it is seen while the sidebar is folded away.
    recommended = _recommended(View(collection, encoder), seed)
    with strategy_place:
        strategy, parameters = _strategy(modalities, recommended)
    st.session_state[SETTINGS_KEY] = Settings(
        collection, encoder, compare, pair, modalities, strategy, recommended, parameters, seed
    )
    show_link_problems()


def _container(part: str, idle: Sequence[str]) -> DeltaGenerator:
    """Where a part of the sidebar is drawn. One that is idle is there but not seen: a widget that
    is not drawn forgets what was chosen, and the next page would start without it.
    """
    return st.container(key=f"{'idle' if part in idle else 'sidebar'}_{part}")


def settings() -> Settings:
    """What the sidebar says: drawn at the start of every run, before the page."""
    chosen: Settings = st.session_state[SETTINGS_KEY]
    return chosen


def _stands_in_the_sidebar(name: str) -> bool:
    """Whether a parameter of the URL is one of the sidebar's."""
    own = (COLLECTION.name, ENCODER.name, COMPARE.name, PAIR, STRATEGY.name, SEED.name)
    if name in own:
        return True
    return any(
        name.startswith(one_weight(one, "").name) if one.kind == "weights" else name == one.name
        for one in strategy_parameters()
    )


def _encoders(entry: CatalogueEntry, place: DeltaGenerator) -> tuple[str, str | None]:
    about = "The model that made the vectors. " + entry.encoder_note
    encoder: str = select_of(ENCODER, entry.encoders, help=about)
    seen = entry.modalities[encoder]
    others = entry.encoders_of(seen)
    del others[encoder]
    if not others or len(seen) == 1:
        return encoder, None
    with place:
        compare: str | None = select_of(
            COMPARE, others, index=None, placeholder="no second encoder"
        )
    return encoder, compare


def _measured(view: View, modalities: tuple[str, ...]) -> tuple[str, ...]:
    """Those of the modalities that both halves have; all where that is none."""
    with suppress(GapvizError):  # the page says what is wrong with the collection
        lacking = _lacking(view)
        return tuple(name for name in modalities if name not in lacking) or modalities
    return modalities


@cached_within(1)
def _lacking(view: View) -> dict[str, str]:
    return not_measured(collection_of(view))


@cached_within(16)
def _recommendation(view: View, seed: int) -> Recommended:
    return Recommended(studied(view), seed)


def _pair(modalities: tuple[str, ...]) -> tuple[str, str]:
    pairs = pairs_by_title(modalities)
    if len(pairs) < 2:
        return pair_of(modalities)
    # In the order of the collection, which may have texts first.
    usual = [set(pair) for pair in pairs.values()].index(set(pair_of(modalities)))
    title = st.selectbox(
        "Modalities",
        list(pairs),
        index=usual,
        key=PAIR,
        bind="query-params",
        help="The two clouds whose gap is measured. The index holds all modalities.",
    )
    return pairs[title]


def _recommended(view: View, seed: int) -> str | None:
    """The strategy that the advisor recommends; None while it measures, and where it cannot."""
    # Stays when all is known, so that the page below keeps its place.
    with st.container(), suppress(GapvizError):  # the page says what is wrong with the collection
        asked = _recommendation(view, seed)
        known = asked.get()
        if known is None:
            advice = meanwhile(asked.advice, MEASURING)
            known = None if advice is None else strategy_of(advice)
        return None if known is None else known.name
    return None


def _strategy(
    modalities: tuple[str, ...], recommended: str | None
) -> tuple[str, tuple[tuple[str, Any], ...]]:
    """The strategy, and the parameters of it and of routing, which is always beside it."""
    strategy: str = select_of(STRATEGY, strategy_choices())
    if strategy == RECOMMENDED:
        strategy = recommended or UNTIL_KNOWN.name
        st.markdown(f"**{STRATEGIES[strategy].title}**")
    spec, routing = STRATEGIES[strategy], STRATEGIES[ROUTING]
    st.caption(f"`{spec.formula}`")
    with _container("kept", ("kept",)):
        kept = [one for one in ALWAYS_SHOWN if not spec.has(one.name)]
        values = {one.name: widget_of(one, modalities) for one in kept}
    for one in spec.parameters:
        if not routing.has(one.name):
            values[one.name] = widget_of(one, modalities)
    with st.expander("Routing", icon=":material/alt_route:"):
        values |= {one.name: widget_of(one, modalities) for one in routing.parameters}
    return strategy, tuple(values.items())
