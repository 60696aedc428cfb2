"""The choices that every page shares, kept in the URL so that a link reopens the view."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import streamlit as st

import gapviz
from gapviz.alignment import MAX_STRENGTH
from gapviz.builtin import ATTRIBUTION
from gapviz.collection import Item
from gapviz.dashboard.caches import collection_named
from gapviz.dashboard.catalogue import COLLECTIONS
from gapviz.errors import GapvizError
from gapviz.figures.cones import METHOD_TITLES
from gapviz.retrieval.fusion import RankFusion, TieOrder
from gapviz.strategies import STRATEGIES, StrategyOptions

TIE_ORDERS: dict[TieOrder, str] = {
    "own-first": "the query's modality first",
    "other-first": "the other modality first",
}
MAX_RRF_K = 1000
MIN_RESULTS, MAX_RESULTS = 4, 20
MAX_SEED = 2**31 - 1
DEFAULT_STRATEGY = "centre"
DEFAULT_SEED = 42
STRENGTH_STEP = 0.05

SETTINGS_KEY = "_settings"
PROBLEMS_KEY = "_link_problems"

QUERY_KINDS = {"text": "Typed text", "item": "Item of the collection", "picture": "Your image"}
INDEXES = {"all": "All items", "held-out": "Held-out items"}


@dataclass(frozen=True, slots=True)
class Settings:
    """One visitor's choices in the sidebar."""

    collection: str
    encoder: str
    strategy: str
    strength: float
    moves: str
    rrf_k: float
    weights: tuple[tuple[str, float], ...]
    ties: TieOrder
    seed: int

    def options(self, strategy: str | None = None) -> StrategyOptions:
        """Options of the chosen strategy, or of another one with the same parameters.

        Only what that strategy uses is filled in, so that equal work has equal options.
        """
        card = STRATEGIES[strategy or self.strategy]
        return StrategyOptions(
            name=card.name,
            strength=self.strength if "strength" in card.parameters else 1.0,
            moves=self.moves if "moves" in card.parameters else None,
            fusion=self.fusion() if "fusion" in card.parameters else RankFusion(),
        )

    def fusion(self) -> RankFusion:
        """How routed lists are fused."""
        return RankFusion(k=self.rrf_k, weights=self.weights, ties=self.ties)


def show_sidebar() -> Settings:
    """Draw the sidebar and return what it says; the pages read it with `settings`."""
    _note_link_problems()
    with st.sidebar:
        collection = st.selectbox(
            "Collection",
            list(COLLECTIONS),
            format_func=lambda name: COLLECTIONS[name].title,
            key="collection",
            bind="query-params",
        )
        entry = COLLECTIONS[collection]
        encoder = st.selectbox(
            "Encoder",
            list(entry.encoders),
            format_func=lambda name: entry.encoders[name],
            key="encoder",
            bind="query-params",
            help="The model that made the vectors. " + entry.encoder_note,
        )
        st.divider()
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
        moves = st.segmented_control(
            "Modality that moves",
            entry.modalities,
            default=entry.modalities[0],
            key="moves",
            bind="query-params",
            required=True,
            disabled=card.name != "offset",
            help="Only for the one-sided offset; the other strategies move both.",
        )
        with st.expander("Routing", icon=":material/alt_route:"):
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
                for modality in entry.modalities
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
        st.caption(f"{ATTRIBUTION}. gapviz {gapviz.__version__}")
    chosen = Settings(
        collection=collection,
        encoder=encoder,
        strategy=strategy,
        strength=round(float(strength), 2),
        moves=moves or entry.modalities[0],
        rrf_k=float(rrf_k),
        weights=weights,
        ties=ties,
        seed=int(seed),
    )
    st.session_state[SETTINGS_KEY] = chosen
    _show_link_problems()
    return chosen


def settings() -> Settings:
    """What the sidebar of this run says; a page that runs on its own draws it first."""
    chosen: Settings | None = st.session_state.pop(SETTINGS_KEY, None)
    if chosen is None:
        chosen = show_sidebar()
        del st.session_state[SETTINGS_KEY]
    return chosen


def item_title(item: Item) -> str:
    """An item in a list to choose from: its caption and its id."""
    return f"{item.captions[0]} · {item.id}" if item.captions else item.id


def show_error(error: GapvizError) -> None:
    """One clear sentence in place of what cannot be shown."""
    st.error(error.sentence, icon=":material/error:")


def _note_link_problems() -> None:
    """Read the link once a visit, before widgets silently fall back to their defaults.

    Streamlit writes a choice into the URL by its title; a link may also use its name.
    """
    if PROBLEMS_KEY in st.session_state:
        return
    problems, by_name = [], {}
    for key, value in list(st.query_params.items()):
        expected = _expected(key)
        if expected is None:
            continue
        if not expected.accepts(value):
            problems.append(
                f"The link asks for {key} = “{value[:60]}”, which does not exist "
                f"({expected.words}); the default is shown instead."
            )
        elif isinstance(expected, _Choice) and value in expected.titles:
            by_name[key] = expected.titles[value]
    st.session_state[PROBLEMS_KEY] = problems
    if by_name:
        # Bound widgets read titles from the URL, and only at the start of a run.
        st.query_params.update(by_name)
        st.rerun()


def _show_link_problems() -> None:
    problems = st.session_state[PROBLEMS_KEY]
    if not problems:
        return
    st.warning("\n\n".join(problems), icon=":material/link_off:", title="This link is not right")
    st.button("Understood", key="dismiss_link_problems", on_click=_forget_link_problems)


def _forget_link_problems() -> None:
    st.session_state[PROBLEMS_KEY] = []


@dataclass(frozen=True, slots=True)
class _Choice:
    titles: Mapping[str, str]
    """Name → title."""

    @property
    def words(self) -> str:
        return f"there are {', '.join(list(self.titles)[:8])}{' …' * (len(self.titles) > 8)}"

    def accepts(self, value: str) -> bool:
        return value in self.titles or value in self.titles.values()


@dataclass(frozen=True, slots=True)
class _Range:
    low: float
    high: float

    @property
    def words(self) -> str:
        return f"it goes from {self.low:g} to {self.high:g}"

    def accepts(self, value: str) -> bool:
        try:
            return self.low <= float(value) <= self.high
        except ValueError:
            return False


def _expected(key: str) -> _Choice | _Range | None:
    if key.startswith("weight_"):
        return _Range(0, 2)
    entries = COLLECTIONS.values()
    modalities = {modality: modality for entry in entries for modality in entry.modalities}
    known: dict[str, _Choice | _Range] = {
        "collection": _Choice({name: entry.title for name, entry in COLLECTIONS.items()}),
        "encoder": _Choice({k: v for entry in entries for k, v in entry.encoders.items()}),
        "strategy": _Choice({name: card.title for name, card in STRATEGIES.items()}),
        "strength": _Range(0, MAX_STRENGTH),
        "moves": _Choice(modalities),
        "ties": _Choice({str(name): title for name, title in TIE_ORDERS.items()}),
        "rrf_k": _Range(1, MAX_RRF_K),
        "seed": _Range(0, MAX_SEED),
        "projection": _Choice(METHOD_TITLES),
        "query_by": _Choice(QUERY_KINDS),
        "index": _Choice(INDEXES),
        "results": _Range(MIN_RESULTS, MAX_RESULTS),
    }
    if key == "item":
        collection = collection_named(next(iter(COLLECTIONS)))
        return _Choice({item.id: item_title(item) for item in collection.items})
    return known.get(key)
