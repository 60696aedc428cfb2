"""The head of a page: its title, what speaks against its figures; and links to other pages."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from urllib.parse import urlencode

import streamlit as st

from gapviz.analyses.domain import domain_reading, without_way
from gapviz.analyses.measure import content_reading
from gapviz.core.errors import GapvizError
from gapviz.core.foreign import in_html, in_markdown
from gapviz.core.not_measured import not_measured
from gapviz.core.pairing import guesses
from gapviz.core.random_weights import random_weights_warnings
from gapviz.core.splits import EVALUATE
from gapviz.core.wording import FEWEST_ITEMS, too_few
from gapviz.dashboard.caches import cached_within, collection_of, measured
from gapviz.dashboard.catalogue import View, catalogue, encoder_title
from gapviz.dashboard.real_model import show_way, way_to_real_model
from gapviz.dashboard.settings import Settings, settings
from gapviz.dashboard.waiting import meanwhile
from gapviz.measures.ahead import compute_figures
from gapviz.storage.read_only import is_read_only
from gapviz.strategies import StrategyOptions

HOW_TO_ADD = (
    "To add a second, bring the same items with vectors of both modalities, or their images with "
    "captions to be encoded here, on the **Data** page."
)

PAIRING = "Looking whether rows are paired by more than their place."
DOUBTING = "Looking whether these vectors share content at all."


def page_title(title: str) -> None:
    """The heading of a page."""
    with st.container(key="page_title"):
        st.title(title)


def page_head(title: str, chosen: Settings, caption: str = "") -> None:
    """The page's title, and what every figure of it is to be doubted for.

    That is too few held-out items to measure on, an encoder with random weights, and each
    thing that has no figure.
    """
    page_title(title)
    warn_of_random_weights(chosen)
    doubt = too_few(_held_out(chosen.views))
    if doubt is not None:
        st.warning(doubt, icon=":material/warning:")
    told = [words for view in chosen.views for words in (*_guesses_of(view), *_told_of(view))]
    for words in dict.fromkeys(told):
        st.warning(in_markdown(words), icon=":material/warning:")
    if caption:
        st.caption(caption)


def warn_of_random_weights(chosen: Settings) -> None:
    """Warn of vectors by an encoder with random weights; of two encoders the one is named."""
    for view in chosen.views:
        _warn(chosen, view, *random_weights_warnings(view.encoder))


@cached_within(1)
def _told_of(view: View) -> tuple[str, ...]:
    try:
        return tuple(not_measured(collection_of(view)).values())
    except GapvizError:
        return ()  # the page says what is wrong with it


def _guesses_of(view: View) -> tuple[str, ...]:
    """Looked for in the background where that takes a while."""
    return meanwhile(_guesses.later(view), PAIRING, patiently=True) or ()


@cached_within(1)
def _guesses(view: View) -> tuple[str, ...]:
    try:
        return guesses(collection_of(view))
    except GapvizError:
        return ()  # the page says what is wrong with it


def show_doubts(chosen: Settings, told: Collection[str] = ()) -> None:
    """Warn where the vectors themselves are to be doubted, whatever is done with them.

    They share no content, as those of random weights, or their pictures are of another kind
    than the built-in encoder knows. Of two encoders each warning names its own. What the page has
    `told` already is not said again.
    """
    for view in chosen.views:
        asked = _content_doubts.later(view, chosen.raw, chosen.seed, chosen.pair)
        found = meanwhile(asked, DOUBTING, patiently=True) or ()
        doubts = [one for one in found if one not in told]
        unlike = _domain_doubts(view)
        way = way_to_real_model(view) if unlike else None
        if way is not None:
            unlike = tuple(map(without_way, unlike))
        _warn(chosen, view, *unlike, *doubts)
        if way is not None:
            show_way(way)


def _warn(chosen: Settings, view: View, *doubts: str) -> None:
    """Say what speaks against the vectors of a view, if anything does."""
    if doubts:
        head = f"**{in_markdown(encoder_title(view))}.** " if chosen.compare else ""
        st.warning(head + "\n\n".join(map(in_markdown, doubts)), icon=":material/warning:")


@cached_within(1)
def _domain_doubts(view: View) -> tuple[str, ...]:
    return tuple(filter(None, [domain_reading(collection_of(view))]))


@cached_within(1)
def _content_doubts(
    view: View, raw: StrategyOptions, seed: int, pair: tuple[str, str]
) -> tuple[str, ...]:
    if pair[0] == pair[1]:
        return ()
    found = measured(view, raw, seed, pair)
    compute_figures(found)
    return tuple(filter(None, [content_reading(found)]))


def open_page(title: str, caption: str = "", *, needs_two: str) -> Settings:
    """The head of a page on two modalities, which ends here where there is one alone.

    `needs_two` is said there, as by `lacks_second_modality`. Returns what the sidebar says.
    """
    chosen = settings()
    page_head(title, chosen, caption)
    if lacks_second_modality(chosen, needs_two):
        st.stop()
    return chosen


def lacks_second_modality(chosen: Settings, what_needs_it: str) -> bool:
    """Whether there is one modality alone; if so, say what needs a second, and how to add it."""
    if not chosen.has_one_modality:
        return False
    entry = catalogue()[chosen.collection]
    others = {name: has for name, has in entry.modalities.items() if name != chosen.encoder}
    fuller = next((name for name, has in others.items() if len(has) > 1), None)
    if fuller is None:
        how = "" if is_read_only() else HOW_TO_ADD
        links, instead = way_to_add("Add a second modality"), {}
    else:
        title, has = entry.encoders[fuller], " and ".join(entry.modalities[fuller])
        how = in_markdown(f"In this collection {title} has {has} vectors: choose it instead.")
        # The address of this page, with another encoder.
        links, instead = {"": f"Choose {title}"}, {"encoder": fuller}
    alone = f"has {chosen.modalities[0]} vectors alone"
    if len(entry.modalities[chosen.encoder]) > 1:
        alone = f"has {chosen.modalities[0]} vectors alone that can be measured"
    st.info(
        f"{what_needs_it} {how}".strip(),
        title=in_markdown(f"{entry.encoders[chosen.encoder]} {alone}"),
        icon=":material/join_left:",
    )
    if links:
        ways_on(links, first=False, **instead)
    return True


def way_to_add(words: str) -> dict[str, str]:
    """The link, as `ways_on` takes it, to where collections are added and encoded; none where this
    gapviz only shows.
    """
    return {} if is_read_only() else {"data": words}


def finding(sentence: str, view: View) -> None:
    """What a page concludes from figures of `view`, in Markdown: nothing of too few items."""
    if measures_enough(view):
        st.markdown(sentence)


def measures_enough(view: View) -> bool:
    """Whether enough items are held out to conclude something."""
    return too_few(_held_out([view])) is None


def ways_on(
    links: Mapping[str, str],
    *,
    keep: Collection[str] | None = None,
    first: bool = False,
    **instead: str,
) -> None:
    """Links to other pages that keep what the URL says.

    They are plain links, which open the page anew: `st.page_link` and `st.switch_page` cannot
    set what a widget of the sidebar has bound to the URL.

    Args:
        links: address of the page → what is done there.
        keep: the parameters of the URL to keep; all unless given.
        first: the first looks like a button: it is the next step.
        instead: as of `address_of`.
    """
    lost = () if keep is None else set(st.query_params) - set(keep)
    anchors = "".join(
        f"<a{' class=gv-button' * (first and not place)} "
        f'href="{in_html(address_of(page, without=lost, **instead))}" target="_self">'
        f"{in_html(words)} →</a>"
        for place, (page, words) in enumerate(links.items())
    )
    st.html(f"<nav aria-label='next steps' class='gv-links'>{anchors}</nav>")


def address_of(page: str, *, without: Collection[str] = (), **instead: str) -> str:
    """The address of a page that keeps what the URL says, but for some of its parameters.

    Args:
        page: its own address; empty for the page that is open.
        without: parameters that are left out.
        instead: parameters that are set to something else.
    """
    kept = {name: value for name, value in st.query_params.items() if name not in without}
    return f"{page}?{urlencode(kept | instead)}"


def protocol_link() -> None:
    """To the page that lists how every figure is measured."""
    ways_on({"protocol": "How every figure is measured"})


def _held_out(views: Sequence[View]) -> int:
    """Fewest held-out items of some views."""
    try:
        return min(len(collection_of(view).splits.get(EVALUATE, ())) for view in views)
    except GapvizError:
        return FEWEST_ITEMS  # the page says what is wrong with it
