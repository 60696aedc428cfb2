"""What a link may ask for, and the one sentence where it asks for something else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import streamlit as st

from gapviz.analyses.advice import CHANGES, TASKS
from gapviz.analyses.scoreboard.columns import GROUPS, board_columns
from gapviz.analyses.thresholds.score_study import Target
from gapviz.analyses.tour import FIGURES as TOUR_FIGURES
from gapviz.analyses.tour import JUDGES, numbered_stops
from gapviz.core.collection import Item
from gapviz.core.errors import GapvizError
from gapviz.core.parameter import Parameter
from gapviz.core.seeds import MAX_SEED
from gapviz.dashboard.caches import items_of
from gapviz.dashboard.catalogue import BUILTIN, catalogue
from gapviz.figures.cones import METHOD_TITLES
from gapviz.figures.label_deltas import FIGURES
from gapviz.sources.builtin.dedicated import TITLES as DEDICATED_TITLES
from gapviz.strategies import STRATEGIES, strategy_parameters
from gapviz.strategies.fusion.by_rank import WEIGHTS
from gapviz.strategies.shift import MAX_STRENGTH
from gapviz.training.run import LOSS_TITLES, MAX_TEMPERATURE, MIN_TEMPERATURE

HIGHEST_SCORE = 1_000
MIN_RESULTS, MAX_RESULTS = 4, 20
QUERY_KINDS = {"text": "Typed text", "item": "Item of the collection", "picture": "Your image"}
CURVE_TITLES = {
    "strength": "Strength λ",
    "mix": "Corpus mix",
    "calibration": "Calibration size",
    "fusion": "Rank fusion",
}
PART_TITLES = {
    "dimensions": "Dimensions",
    "heat_map": "Heat map",
    "plane": "Loss plane",
    "hubs": "Hubs",
    "spectrum": "Spectrum",
}
TARGETS: dict[Target, str] = {"recall": "Recall", "precision": "Precision"}
WAYS = {"upload": "Upload", "path": "Folder on this machine", "set": "Published set"}
INDEXES = {"all": "All items", "held-out": "Held-out items"}
LABELS_SHOWN = {"ends": "Largest differences", "all": "All labels"}
BOARD_MODELS = {"all": "All encoders", "one": "The chosen one"}

TOWERS_ALONE = {
    f"tower:{modality}": f"{title}, the {modality} tower alone"
    for modality, title in DEDICATED_TITLES.items()
}
"""The built-in collection's single-modality vectors, beside the encoders of a collection."""

UNCHECKED = frozenset(
    {"q", "pair", "pairs", "item_modality", "worst_first", "intra_modal", "opened", "tour_pairs"}
    | {"embed", "embed_options"}
)
"""Parameters that may hold anything: words, switches, what another one decides; Streamlit's own."""

PROBLEMS_KEY = "_link_problems"


def item_title(item: Item) -> str:
    """An item in a list to choose from: its caption and its id."""
    return f"{item.captions[0]} · {item.id}" if item.captions else item.id


def within_title(modality: str) -> str:
    """A search inside one modality."""
    return f"{modality} → {modality}"


def note_link_problems() -> None:
    """Read the link once a visit, before widgets silently fall back to their defaults.

    Streamlit writes a choice into the URL by its title; a link may also use its name.
    """
    if PROBLEMS_KEY in st.session_state:
        return
    problems, by_name = [], {}
    for key, value in list(st.query_params.items()):
        expected = _expected(key)
        if expected is None:
            if key not in UNCHECKED:
                del st.query_params[key]
                problems.append(f"The link sets “{key[:60]}”, which nothing here is called.")
        elif not expected.accepts(value):
            problems.append(_problem(key, value, expected))
        elif isinstance(expected, _Choice) and value in expected.titles:
            by_name[key] = expected.titles[value]
    st.session_state[PROBLEMS_KEY] = problems
    if by_name:
        # Bound widgets read titles from the URL, and only at the start of a run.
        st.query_params.update(by_name)
        st.rerun()


def refuse_out_of_range(key: str, low: float, high: float) -> None:
    """Name a number of the link that a slider, whose ends only its page knows, cannot show."""
    value, expected = st.query_params.get(key), _Range(low, high)
    if value is None or expected.accepts(value):
        return
    del st.query_params[key]
    st.session_state[PROBLEMS_KEY].append(_problem(key, value, expected))
    st.rerun()


def show_link_problems() -> None:
    """What was wrong with the link, until the visitor has understood it."""
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
        shown = list(dict.fromkeys(self.titles.values()))
        return f"there are {', '.join(shown[:8])}{' …' * (len(shown) > 8)}"

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


def _problem(key: str, value: str, expected: _Choice | _Range) -> str:
    return (
        f"The link asks for {key} = “{value[:60]}”, which does not exist ({expected.words}); the "
        "default is shown instead."
    )


def _expected(key: str) -> _Choice | _Range | None:
    if key.startswith("weight_"):
        return _Range(WEIGHTS.low, WEIGHTS.high)
    if key.startswith("threshold_"):
        return _Range(-HIGHEST_SCORE, HIGHEST_SCORE)
    if key == "item":
        return _items()
    entries = catalogue()
    encoders = {k: v for entry in entries.values() for k, v in entry.encoders.items()}
    modalities = {
        modality: modality
        for entry in entries.values()
        for names in entry.modalities.values()
        for modality in names
    }
    known: dict[str, _Choice | _Range] = {
        "collection": _Choice({name: entry.title for name, entry in entries.items()}),
        "encoder": _Choice(encoders),
        "compare": _Choice(encoders),
        "strategy": _Choice({name: card.title for name, card in STRATEGIES.items()}),
        "seed": _Range(0, MAX_SEED),
        "projection": _Choice(METHOD_TITLES),
        "query_by": _Choice(QUERY_KINDS),
        "add_by": _Choice(WAYS),
        "index": _Choice(INDEXES),
        "task": _Choice({str(name): title for name, title in TASKS.items()}),
        "changeable": _Choice({str(name): title for name, title in CHANGES.items()}),
        "found": _Choice(modalities),
        "curve": _Choice(CURVE_TITLES),
        "asks": _Choice(modalities),
        "weighted": _Choice(modalities),
        "part": _Choice(PART_TITLES),
        "threshold": _Range(-1, 1),
        "target": _Choice({str(name): title for name, title in TARGETS.items()}),
        "reach": _Range(0.5, 0.99),
        "train_loss": _Choice({str(name): title for name, title in LOSS_TITLES.items()}),
        "train_temperature": _Range(MIN_TEMPERATURE, MAX_TEMPERATURE),
        "shift": _Range(-2, 3),
        "step": _Choice({str(number): title for number, title in numbered_stops().items()}),
        "tour_figure": _Choice(TOUR_FIGURES),
        "tour_judge": _Choice(JUDGES),
        "tour_modality": _Choice(modalities),
        "tour_strategy": _Choice({name: card.title for name, card in STRATEGIES.items()}),
        "tour_strength": _Range(0, MAX_STRENGTH),
        "results": _Range(MIN_RESULTS, MAX_RESULTS),
        "within": _Choice({name: within_title(name) for name in modalities}),
        "dedicated": _Choice({**encoders, **TOWERS_ALONE}),
        "within_figure": _Choice(FIGURES),
        "labels": _Choice(LABELS_SHOWN),
        "models": _Choice(BOARD_MODELS),
        "figures": _Choice(GROUPS),
        "sort": _Choice({column.key: column.name for column in board_columns([*modalities])}),
    }
    for parameter in strategy_parameters():
        if parameter.name == key:
            return _of_parameter(parameter, modalities)
    return known.get(key)


def _of_parameter(parameter: Parameter, modalities: Mapping[str, str]) -> _Choice | _Range:
    if parameter.is_number:
        return _Range(parameter.low, parameter.high)
    return _Choice(modalities if parameter.kind == "modality" else parameter.choices)


def _items() -> _Choice:
    """The items of the collection that the link itself names."""
    asked = st.query_params.get("collection", BUILTIN)
    by_title = {entry.title: name for name, entry in catalogue().items()}
    try:
        collection = items_of(by_title.get(asked, asked))
    except GapvizError:
        return _Choice({})
    return _Choice({item.id: item_title(item) for item in collection.items})
