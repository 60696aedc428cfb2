"""Mistakes of people, shown in place of what they kept from being drawn."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from gapviz.core.errors import GapvizError
from gapviz.core.foreign import in_markdown


def show_error(error: GapvizError) -> None:
    """Show an error as one sentence."""
    st.error(in_markdown(error.sentence), icon=":material/error:")


@contextmanager
def errors_shown() -> Iterator[None]:
    """A block in place of which a user's mistake is shown, and the page goes on after it."""
    try:
        yield
    except GapvizError as error:
        show_error(error)
