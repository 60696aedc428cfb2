"""What stands above every measured page: its title, a doubt where items are few; and ways on."""

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

LINK_COLOR = "light-dark(#3D5A80, #8FB3DC)"
"""The theme's own, which plain HTML does not take by itself."""


def page_head(title: str, chosen: Settings) -> None:
    """The page's title, and one warning where too few items are held out to measure on."""
    st.title(title)
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

    Args:
        links: address of the page → what one does there.
        keep: the parameters of the URL to keep; all unless given.
        instead: parameters of the URL that the links set to something else.
    """
    told = st.query_params.to_dict()
    kept = urlencode({name: told[name] for name in told if keep is None or name in keep} | instead)
    st.html(
        "<nav aria-label='next steps' style='display:flex; flex-wrap:wrap; gap:0.2rem 1.6rem'>"
        + "".join(
            f'<a href="{escape(f"{address}?{kept}", quote=True)}" target="_self" '
            f'style="color:{LINK_COLOR}">'
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
