"""Hover cards: the picture and the words of the point under the pointer, for all charts at once."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import streamlit as st

_FOLDER = Path(__file__).parent
KEY = "hover_cards"

# Nothing of it takes part in the page's flow or in its tab order.
_HTML = """
<div class="layer" popover="manual" aria-hidden="true">
  <svg class="marks"></svg>
  <div class="card" hidden>
    <img class="thumbnail" alt="" hidden>
    <div class="words">
      <div class="modality">
        <svg viewBox="-1.1 -1.1 2.2 2.2"><path class="shape"></path></svg>
        <span class="name"></span>
      </div>
      <div class="caption"></div>
      <div class="label"></div>
      <div class="attribution"></div>
    </div>
  </div>
</div>
"""

_mount = st.components.v2.component(
    "gapviz_hover_cards",
    html=_HTML,
    css=(_FOLDER / "hover.css").read_text("utf-8"),
    js=(_FOLDER / "hover.js").read_text("utf-8"),
)


def hover_cards(chart_keys: Sequence[str], collection: str, *, version: str) -> None:
    """Show a card beside the point under the pointer, in any of some charts.

    Resting on a point for 125 ms rings it and its matched rows, joins them by a line, and
    does the same for the same rows in the other charts. Escape, a click or moving away
    closes the card. Charts must be drawn by `cones_figure`, whose points carry
    `[row number, item position, modality code]`. They may come and go between reruns, and
    may be drawn before or after this call.

    The browser asks the server for a picture and a description when a card is shown, so a
    rerun sends nothing per item.

    Args:
        chart_keys: the `key`s of `show_chart` calls on this page.
        collection: whose items they show, as the routes call it.
        version: change it when the same address starts to mean another item (another
            collection): the browser then forgets what it has fetched.
    """
    data = {
        "chart_keys": list(chart_keys),
        "thumb_url": f"/thumb/{collection}/at/{{id}}.png?size=192",
        "item_url": f"/item/{collection}/at/{{id}}.json",
        "version": version,
    }
    _mount(key=KEY, data=data, height="content", on_webgl_change=lambda: None)


def webgl_available() -> bool:
    """Whether the browser can draw WebGL; True until `hover_cards` has found that not."""
    state = st.session_state.get(KEY)
    return state is None or state.get("webgl") is not False
