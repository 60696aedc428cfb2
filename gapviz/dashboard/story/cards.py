"""The component that shows a query, its answers and the right one, and moves the cards."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import streamlit as st

from gapviz.analyses.figure_words import kind_of
from gapviz.analyses.story.example import Example
from gapviz.core.collection import Collection
from gapviz.core.foreign import in_terminal
from gapviz.dashboard.routes import thumbnail_url
from gapviz.figures.modality_style import style_of
from gapviz.retrieval.index import Hit, ResultList

_FOLDER = Path(__file__).parent
KEY = "story_cards"
PICTURE_SIZE = 192

Look = Literal["good", "bad", "same"]
"""How a figure of a query is coloured, raw or fixed."""


@dataclass(frozen=True, eq=False)
class ShownExample:
    """An example on a page."""

    example: Example
    label: str
    """Of the strategy."""
    held_out: Collection
    """The items that the example speaks of."""
    whole: Collection
    """All items, of which thumbnails are served."""
    name: str
    """Of the collection."""


_mount = st.components.v2.component(
    "gapviz_story",
    html="""
<div class="story">
  <p class="said" role="status"></p>
  <div class="board">
    <div class="panel query"><p class="head"></p><div class="asked"></div></div>
    <div class="panel answers"><p class="head" aria-hidden="true"></p>
      <ol class="list" role="list"></ol></div>
    <div class="panel right_answer"><p class="head"></p><div class="slot"></div>
      <p class="place"></p></div>
  </div>
</div>
""",
    css=(_FOLDER / "cards.css").read_text("utf-8"),
    js=(_FOLDER / "cards.js").read_text("utf-8"),
)


def show_cards(shown: ShownExample, *, fixed: bool) -> None:
    """Draw an example before or after the strategy; cards that stay move to their new places."""
    _mount(key=KEY, data=cards_data(shown, fixed=fixed), height="content")


def cards_data(shown: ShownExample, *, fixed: bool) -> dict[str, Any]:
    """What the browser is sent, of which only the state changes with `fixed`."""
    example = shown.example
    answer = (example.answer_modality, example.item)
    hits = [*example.raw.hits, *example.fixed.hits]
    entries = dict.fromkeys([answer, *((hit.modality, hit.item) for hit in hits)])
    query = _card(shown, example.modality, example.item)
    if example.words is not None:
        query |= {"words": in_terminal(example.words), "image": None}
    return {
        "example": f"{shown.name} {shown.label} {example.modality} {example.item_id}",
        "state": "fixed" if fixed else "raw",
        "query": query | {"head": "You search for"},
        "heads": {
            "answer": "The right answer",
            "list": f"The first {len(example.raw.hits)} answers",
            "entries": f"of {example.n_entries:,}",
        },
        "answer": _key(*answer),
        "cards": {_key(*one): _card(shown, *one) for one in entries},
        "states": {
            "raw": _state(example, fixed=False),
            "fixed": _state(example, fixed=True),
        },
    }


def _state(example: Example, *, fixed: bool) -> dict[str, Any]:
    found = example.fixed if fixed else example.raw
    rank = example.fixed_rank if fixed else example.raw_rank
    own = f"{example.own_kind(found)} of {len(found.hits)}"
    looks = _looks(example, fixed=fixed)
    kind = in_terminal(kind_of(example.modality, several=True))
    right = in_terminal(kind_of(example.answer_modality))
    said = [
        [own, looks[0]],
        [f" answers are {kind}. The right {right} is at ", ""],
        [f"place {rank:,}", looks[1]],
        [".", ""],
    ]
    return {
        "said": [["Now ", ""], *said] if fixed else said,
        "list": [{"key": _key(hit.modality, hit.item), "rank": hit.rank} for hit in _once(found)],
        "place": f"{rank:,}",
        "words": f"place {rank:,}",
        "look": looks[1],
    }


def _looks(example: Example, *, fixed: bool) -> tuple[Look, Look]:
    """Of how many answers are of the query's own kind, and of the place of the right one.

    The raw query is one that fails. Fixed, a place is good among the first answers alone.
    """
    if not fixed:
        return "bad", "bad"
    was, now = example.own_kind(example.raw), example.own_kind(example.fixed)
    fewer: Look = "same" if now == was else "good" if now < was else "bad"
    if example.fixed_rank <= len(example.fixed.hits):
        return fewer, "good"
    return fewer, "same" if example.fixed_rank < example.raw_rank else "bad"


def _once(found: ResultList) -> list[Hit]:
    """The hits, of several rows of an item and modality the first."""
    first = {(hit.modality, hit.item): hit for hit in reversed(found.hits)}
    return sorted(first.values(), key=lambda hit: hit.rank)


def _card(shown: ShownExample, modality: str, item: int) -> dict[str, Any]:
    one = shown.held_out.items[item]
    style = style_of(modality, shown.held_out.modality_names)
    words = one.captions[0] if one.captions else one.id
    drawn = one.image is not None and modality != "text"
    picture = thumbnail_url(shown.name, shown.whole, one, PICTURE_SIZE, modality)
    return {
        "kind": in_terminal(modality),
        "glyph": style.glyph,
        "color": style.color,
        "words": in_terminal(words),
        "image": picture if drawn else None,
    }


def _key(modality: str, item: int) -> str:
    return f"{modality} {item}"
