"""Bring a collection, see what is in it, encode it, and let it go again."""

import streamlit as st

from gapviz.dashboard import adding, contents, encoding_panel, shelf
from gapviz.dashboard.catalogue import workspace
from gapviz.dashboard.settings import settings

settings()

st.title("Your data")
st.caption(
    "Images with captions to encode here, or vectors that exist already. Everything stays on this "
    "machine. What is encoded appears in the sidebar of every page."
)
adding.add_section()

stored = workspace().collections()
if not stored:
    st.info(
        "Nothing of your own yet. The built-in drawings are always there.",
        icon=":material/inventory_2:",
    )
    st.stop()

st.subheader("Collections")
shelf.show_shelf(stored)
by_id = {one.id: one for one in stored}
chosen = st.selectbox(
    "Open",
    list(by_id),
    format_func=lambda one: by_id[one].title,
    key=shelf.OPENED,
    bind="query-params",
)
opened = by_id[chosen]
with st.container(border=True):
    st.subheader(opened.title, anchor=False)
    if opened.encodings:
        st.html(shelf.visits(opened))
    contents.contents(opened)
if encoding_panel.can_be_encoded(opened):
    with st.container(border=True):
        st.subheader("Encode", anchor=False)
        encoding_panel.encoding_panel(opened)
shelf.removal(opened)
