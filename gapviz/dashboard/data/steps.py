"""The way of a collection on the Data page, in one line: add, look, encode, see."""

from __future__ import annotations

import streamlit as st

from gapviz.core.foreign import in_html
from gapviz.dashboard.data.encoding import can_be_encoded
from gapviz.sources.library.stored import StoredCollection

STEPS = {
    "add": "Add a collection",
    "look": "Look into it",
    "encode": "Encode it",
    "see": "See it",
}
"""In order."""
ENCODE_ANCHOR = "encode"
"""Of the heading of the panel that encodes, which stands below what the collection holds."""


def next_step(opened: StoredCollection | None) -> str:
    """The step that is next; its button is the primary one of the page.

    Args:
        opened: the collection that is open; None where there is none.
    """
    if opened is None:
        return "add"
    if opened.encodings:
        return "see"
    return "encode" if can_be_encoded(opened) else "look"


def show_steps(now: str) -> None:
    """The line of all steps, of which one is next."""
    names = list(STEPS)
    parts = []
    for number, name in enumerate(names, start=1):
        done = names.index(now) >= number
        mark = "✓" if done else str(number)
        current = ' aria-current="step"' if name == now else ""
        words = in_html(STEPS[name])
        if name == now == "encode":
            words = f'<a href="#{ENCODE_ANCHOR}">{words}</a>'
        look = ' class="gv-done"' if done else ""
        parts.append(f"<li{look}{current}><span>{mark}</span> {words}</li>")
    st.html(f'<ol class="gv-steps" aria-label="steps">{"".join(parts)}</ol>')
