"""The title of a page with a warning where items are few, and links to other pages."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from html import escape
from urllib.parse import urlencode

import streamlit as st

from gapviz.core.collection import EVALUATE
from gapviz.core.errors import GapvizError
from gapviz.core.wording import FEWEST_ITEMS, too_few
from gapviz.dashboard.caches import collection_of
from gapviz.dashboard.catalogue import View
from gapviz.dashboard.settings import Settings


def page_title(title: str) -> None:
    """The heading of a page."""
    with st.container(key="page_title"):
        st.title(title)


def page_head(title: str, chosen: Settings) -> None:
    """The page's title, and one warning where too few items are held out to measure on."""
    page_title(title)
    doubt = too_few(_held_out(chosen.views))
    if doubt is not None:
        st.warning(doubt, icon=":material/warning:")


def finding(sentence: str, view: View) -> None:
    """What a page concludes from figures of `view`: nothing where too few items are held out."""
    if measures_enough(view):
        st.markdown(sentence)


def measures_enough(view: View) -> bool:
    """Whether enough items are held out to conclude something."""
    return too_few(_held_out([view])) is None


def ways_on(
    links: Mapping[str, str], *, keep: Collection[str] | None = None, **instead: str
) -> None:
    """Links to other pages that keep what the URL says.

    They are plain links, which open the page anew: `st.page_link` and `st.switch_page` cannot
    set what a widget of the sidebar has bound to the URL.

    Args:
        links: address of the page → what is done there.
        keep: the parameters of the URL to keep; all unless given.
        instead: parameters of the URL that the links set to something else.
    """
    query = st.query_params.to_dict()
    kept = {name: value for name, value in query.items() if keep is None or name in keep}
    query_string = urlencode(kept | instead)
    st.html(
        "<nav aria-label='next steps' class='gv-links'>"
        + "".join(
            f'<a href="{escape(f"{address}?{query_string}", quote=True)}" target="_self">'
            f"{escape(words)} →</a>"
            for address, words in links.items()
        )
        + "</nav>"
    )


def _held_out(views: Sequence[View]) -> int:
    """Fewest held-out items of some views."""
    try:
        return min(len(collection_of(view).splits.get(EVALUATE, ())) for view in views)
    except GapvizError:
        return FEWEST_ITEMS  # the page says what is wrong with it
