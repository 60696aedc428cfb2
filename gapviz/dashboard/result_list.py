"""Result lists as HTML: 30 cards in one element cost a tenth of 30 native ones."""

from __future__ import annotations

from collections.abc import Collection as Members
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from urllib.parse import urlencode

from gapviz.core.collection import Collection, Item
from gapviz.core.wording import figure
from gapviz.dashboard.routes import thumbnail_url
from gapviz.figures.modality_style import style_of
from gapviz.retrieval.index import Hit, ResultList


def hit_cards(
    hits: Iterable[Hit],
    collection: Collection,
    name: str,
    *,
    asked_with: str,
    match: int | None = None,
    only_here: Members[int] = (),
    same_label: Members[int] = (),
    score_name: str = "cosine",
) -> str:
    """Cards of a ranked list.

    Args:
        hits: best first.
        collection: that the hits point into.
        name: of the collection, for thumbnails.
        asked_with: modality of the query.
        match: position of the query's item: its entry of another modality is the right answer.
        only_here: rows that no list beside this one shows.
        same_label: items that count as right answers besides.
        score_name: what the score is.
    """
    cards = []
    for hit in hits:
        marks = []
        matched = hit.item == match and hit.modality != asked_with
        if matched:
            marks.append('<span class="gv-yes">✓ match</span>')
        elif hit.item == match:
            marks.append("own entry")
        if hit.item in same_label:
            marks.append('<span class="gv-yes">✓ same label</span>')
        if hit.row in only_here:
            marks.append('<span title="no other column shows this entry">only here</span>')
        cards.append(
            _card(
                collection.items[hit.item],
                hit.modality,
                collection,
                name,
                head=f"#{hit.rank}",
                foot=f"{score_name} {figure(hit.score, 4)}",
                marks=" · ".join(marks),
                matched=matched or hit.item in same_label,
            )
        )
    return _grid(cards)


def bias_bar(answer: ResultList, modality: str, modalities: Sequence[str]) -> str:
    """Share of the query's modality among the results, against its share of the index.

    Args:
        answer: what one query got.
        modality: the query's.
        modalities: all of the collection.
    """
    counts = {name: sum(hit.modality == name for hit in answer.hits) for name in modalities}
    shown = [modality, *(name for name in modalities if name != modality)]
    parts = "".join(
        f'<div style="flex: {counts[name]}; background: {style_of(name, modalities).color}" '
        f'title="{counts[name]} {escape(name, quote=True)}"></div>'
        for name in shown
        if counts.get(name)
    )
    own = style_of(modality, modalities)
    words = (
        f"{answer.bias:.0%} of these results are {modality}, like the query; "
        f"in the whole index {answer.corpus_share:.0%} are"
    )
    return (
        f'<div class="gv-bias" title="{escape(words, quote=True)}">'
        f"<b>{answer.bias:.0%}</b> {own.glyph} {escape(modality)}, like the query"
        f'<div class="gv-track"><div class="gv-bar" role="img" '
        f'aria-label="{escape(words, quote=True)}">{parts}</div>'
        f'<div class="gv-tick" style="left: {100 * answer.corpus_share:.1f}%">'
        f"<span>index {answer.corpus_share:.0%}</span></div></div></div>"
    )


def item_cards(
    positions: Iterable[int],
    collection: Collection,
    name: str,
    query: Mapping[str, str] | None = None,
) -> str:
    """Cards of items with picture and caption, each a link that searches with the item.

    Args:
        positions: of the items.
        collection: that they stand in.
        name: of the collection.
        query: the URL's parameters of the current view, of which item and query kind are
            replaced; None makes no links.
    """
    cards = []
    names = _names(collection)
    for position in positions:
        item = collection.items[position]
        cards.append(
            _card(
                item,
                "image" if item.image and "image" in names else names[-1],
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
) -> str:
    style = style_of(modality, _names(collection))
    named = item.id if head != item.id else "vector only"
    caption = item.captions[0] if item.captions else named
    if item.image and modality != "text":
        source = escape(thumbnail_url(name, collection, item, 192), quote=True)
        body = f'<img src="{source}" alt="{escape(caption, quote=True)}" loading="lazy">'
        under = caption
    else:
        quoted = modality == "text" and item.captions
        body = f"<q>{escape(caption)}</q>" if quoted else escape(caption)
        under = ""
    # The list item stands around the link: on the link itself, its role would hide the link.
    opening = (
        f'div role="listitem" class="gv-cell"><a href="{escape(link, quote=True)}" target="_self"'
        if link
        else 'div role="listitem"'
    )
    closing = "a></div" if link else "div"
    return (
        f'<{opening} class="gv-card{" gv-match" if matched else ""}" '
        f'style="--gv-color: {style.color}" title="{escape(under or caption, quote=True)}">'
        f'<div class="gv-head"><span title="{escape(head, quote=True)}">{escape(head)}</span>'
        f"<span>{style.glyph} {escape(modality)}</span></div>"
        f'<div class="gv-body">{body}</div>'
        f'<div class="gv-foot">{escape(under)}</div>'
        f'<div class="gv-foot">{escape(foot)}</div>'
        f'<div class="gv-marks">{marks}</div></{closing}>'
    )
