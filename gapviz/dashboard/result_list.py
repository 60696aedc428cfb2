"""Result lists as HTML, side by side: 30 cards in one element cost a tenth of 30 native ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection as Members
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import isnan
from urllib.parse import urlencode

import numpy as np
import streamlit as st

from gapviz.analyses.answer_words import kind_words
from gapviz.analyses.judged_answer import NOT_AN_ITEM, grade_words
from gapviz.core.collection import Collection
from gapviz.core.foreign import in_html, in_markdown
from gapviz.core.item import Item
from gapviz.core.labels import sharing_rows
from gapviz.core.wording import figure
from gapviz.dashboard.caches import collection_of
from gapviz.dashboard.catalogue import View
from gapviz.dashboard.routes import thumbnail_url
from gapviz.figures.modality_style import style_of
from gapviz.measures.match_probability.matched_list import MatchedHit, MatchedList
from gapviz.retrieval.index import Query, ResultList


@dataclass(frozen=True, eq=False)
class Answer:
    """What one query got, and what is said of it."""

    view: View
    query: Query
    found: ResultList
    title: str = ""
    """Markdown, as all words here."""
    help: str | None = None
    captions: Sequence[str] = ()
    """Beneath the title."""
    words: str = ""
    """Where the match stands, say."""
    words_help: str | None = None
    score_name: str = "cosine"
    grades: Mapping[int, float] | None = None
    """By item, what is judged for the query; None where nothing is."""
    below: Sequence[str] = ()
    """Beneath the cards, plain words: a head, and a line each."""
    matched: MatchedList | None = None
    """How likely each answer matches."""
    notes: Sequence[str] = ()
    """Beneath the cards: how the list is made, and what else is known of it."""

    @property
    def modalities(self) -> tuple[str, ...]:
        """Of the collection."""
        return collection_of(self.view).modality_names

    @property
    def entries(self) -> set[tuple[str, int]]:
        """Modality and item of each hit."""
        return {(hit.modality, hit.item) for hit in self.found.hits}


def show_answers(
    answers: Sequence[Answer],
    *,
    key: str = "answers",
    bias: bool = True,
    mark: bool = True,
    same_label: Members[int] = (),
) -> None:
    """Lists side by side, each with its head, its bias and its cards, best first.

    Args:
        answers: from left to right.
        key: unlike that of any other such row of the page; begins with `answers`.
        bias: whether the share of the query's modality is shown.
        mark: whether what no other list shows is marked.
        same_label: items that count as right answers besides the match.
    """
    with st.container(key=key):
        places = st.columns(len(answers))
    for number, (place, one) in enumerate(zip(places, answers, strict=True)):
        elsewhere = set().union(*(other.entries for other in answers if other is not one))
        with place:
            with st.container(
                gap="xxsmall", key=f"{key.replace('answers', 'answer')}_head_{number}"
            ):
                if one.title:
                    st.markdown(one.title, help=one.help)
                for caption in one.captions:
                    st.caption(caption)
            if bias and not isnan(one.found.corpus_share):
                st.html(bias_bar(one))
            if one.words:
                st.markdown(one.words, help=one.words_help)
            only_here = one.entries - elsewhere if mark and len(answers) > 1 else set()
            cards = hit_cards(one, only_here, same_label) if one.found.hits else ""
            if len(answers) > 1:
                cards = f'<div class="gv-rows">{cards}</div>'
            st.html(cards + _lines(one.below))
            nothing = one.matched.nothing_reading if one.matched else ""
            notes = [*one.notes, *([in_markdown(nothing)] if nothing else [])]
            if notes:
                st.caption("  \n".join(notes))


def _lines(words: Sequence[str]) -> str:
    if not words:
        return ""
    head, *lines = map(in_html, words)
    listed = "".join(f"<li>{line}</li>" for line in lines)
    return f'<div class="gv-below"><strong>{head}</strong><ul>{listed}</ul></div>'


def same_label_as(collection: Collection, item: int | None) -> set[int]:
    """Positions of the items that share a label with one; none where it has no label."""
    if item is None:
        return set()
    (shared,) = sharing_rows(collection.label_sets[[item]], collection.label_sets)
    return set(np.flatnonzero(shared).tolist())


def hit_cards(answer: Answer, only_here: Members[tuple[str, int]], same_label: Members[int]) -> str:
    """Cards of a ranked list; modality and item of `only_here` are marked."""
    query, collection = answer.query, collection_of(answer.view)
    cards = []
    for place, hit in enumerate(answer.found.hits):
        marks, right = [], False
        chance = answer.matched.hits[place] if answer.matched else None
        if answer.grades is not None:
            grade = answer.grades.get(hit.item)
            right = grade is not None and grade > 0
            marks.append(_GRADE_MARKS[grade is not None, right].format(in_html(grade_words(grade))))
        # The query's item: its entry of another modality is the right answer.
        elif hit.item == query.item and hit.modality != query.modality:
            right = True
            marks.append('<span class="gv-yes">✓ right answer</span>')
        elif hit.item == query.item:
            marks.append("own entry")
        if hit.item in same_label:
            right = True
            marks.append('<span class="gv-yes">✓ same label</span>')
        if (hit.modality, hit.item) in only_here:
            marks.append('<span title="no other column shows this entry">only here</span>')
        known = hit.item >= 0
        cards.append(
            _card(
                collection.items[hit.item] if known else Item(NOT_AN_ITEM),
                hit.modality,
                collection,
                answer.view.collection,
                head=f"#{hit.rank}",
                foot=f"{answer.score_name} {figure(hit.score, 4)}",
                chance=_chance(chance),
                marks=" · ".join(marks),
                matched=right,
            )
        )
    return _grid(cards)


def _chance(matched: MatchedHit | None) -> str:
    """How likely an answer matches, faint where it is not accepted; HTML."""
    if matched is None:
        return ""
    accepted = matched.accepted is not False
    says = "at or above" if accepted else "below"
    title = "" if matched.accepted is None else f' title="{says} the score that is accepted"'
    look = "gv-chance" if accepted else "gv-chance gv-faint"
    return f'<div class="{look}"{title}>{in_html(matched.words)}</div>'


_GRADE_MARKS = {
    (True, True): '<span class="gv-yes">✓ {}</span>',
    (True, False): '<span class="gv-no">✗ {}</span>',
    (False, False): "{}",
}
"""By whether an entry is judged, and whether it answers."""


def bias_bar(answer: Answer) -> str:
    """How many of the results have the query's modality, against its share of the index."""
    found, modality = answer.found, answer.query.modality
    modalities = answer.modalities
    counts = Counter(hit.modality for hit in found.hits)
    parts = "".join(
        f'<div style="flex: {counts[name]}; background: {style_of(name, modalities).color}" '
        f'title="{counts[name]} {in_html(name)}"></div>'
        for name in dict.fromkeys([modality, *modalities])
        if counts[name]
    )
    said = kind_words(found, modality)
    words = in_html(
        f"{said}, like the query; of the whole index {found.corpus_share:.0%} is {modality}"
    )
    head, of, rest = said.partition(" answers ")
    if not of:
        head, of, rest = said.partition(" answer ")
    return (
        f'<div class="gv-bias" title="{words}">'
        f"<b>{in_html(head)}</b>{of}{in_html(rest)} {style_of(modality, modalities).glyph}"
        f'<div class="gv-track"><div class="gv-bar" role="img" '
        f'aria-label="{words}">{parts}</div>'
        f'<div class="gv-tick" style="left: {100 * found.corpus_share:.1f}%">'
        f"<span>index {found.corpus_share:.0%}</span></div></div></div>"
    )


def item_cards(
    positions: Iterable[int],
    collection: Collection,
    name: str,
    query: Mapping[str, str] | None = None,
    by_words: Members[int] = (),
) -> str:
    """Cards of the items at some positions, with picture and caption; those `by_words` without a
    picture.

    Each is a link that searches with the item and keeps `query`, the URL's parameters of the
    current view; None makes no links. `name` is that of the collection.
    """
    cards = []
    names = _names(collection)
    for position in positions:
        item = collection.items[position]
        cards.append(
            _card(
                item,
                _drawn_as(item, names, in_words=position in by_words),
                collection,
                name,
                head=item.id,
                foot=", ".join(item.captions[1:]),
                marks="" if query is None else "search with it →",
                link=None
                if query is None
                else "search?" + urlencode({**query, "query_by": "item", "item": item.id}),
            )
        )
    return _grid(cards)


def _drawn_as(item: Item, names: Sequence[str], *, in_words: bool = False) -> str:
    """The modality in whose colours an item is shown: its picture, if it has one."""
    if in_words and "text" in names:
        return "text"
    return "image" if item.image and "image" in names else names[-1]


def _names(collection: Collection) -> tuple[str, ...]:
    """Its modalities; those it will have where it is not encoded yet."""
    return collection.modality_names or ("image", "text")


def _grid(cards: list[str]) -> str:
    return f'<div class="gv-grid" role="list">{"".join(cards)}</div>'


def _card(
    item: Item,
    modality: str,
    collection: Collection,
    name: str,
    *,
    head: str,
    foot: str,
    marks: str,
    matched: bool = False,
    link: str | None = None,
    chance: str = "",
) -> str:
    names = _names(collection)
    # Of an entry whose row is not known, what is shown of the item is its picture, if it has one.
    drawn = modality or _drawn_as(item, names)
    style = style_of(drawn, names)
    named = item.id if head != item.id else "no caption" if item.image else "vector only"
    caption = item.captions[0] if item.captions else named
    if item.image and drawn != "text":
        source = in_html(thumbnail_url(name, collection, item, 192, drawn))
        body = f'<img src="{source}" alt="{in_html(caption)}" loading="lazy">'
        under = caption
    else:
        quoted = drawn == "text" and item.captions
        body = f"<q>{in_html(caption)}</q>" if quoted else in_html(caption)
        under = ""
    # The list item stands around the link: on the link itself, its role would hide the link.
    opening, closing = 'div role="listitem"', "div"
    if link:
        opening += f' class="gv-cell"><a href="{in_html(link)}" target="_self"'
        closing = "a></div"
    return (
        f'<{opening} class="gv-card{" gv-match" if matched else ""}" '
        f'style="--gv-color: {style.color}" title="{in_html(under or caption)}">'
        f'<div class="gv-head"><span title="{in_html(head)}">{in_html(head)}</span>'
        f"<span>{f'{style.glyph} {in_html(modality)}' * bool(modality)}</span></div>"
        f'<div class="gv-body">{body}</div>'
        f'<div class="gv-foot gv-caption">{in_html(under)}</div>'
        f'<div class="gv-tail"><div class="gv-foot">{in_html(foot)}</div>{chance}'
        f'<div class="gv-marks">{marks}</div></div></{closing}>'
    )
