"""Add a collection, look into it, encode it, remove it."""

import streamlit as st

from gapviz.core.foreign import in_markdown
from gapviz.dashboard.catalogue import workspace
from gapviz.dashboard.data import adding, contents, encoding, library, live, steps
from gapviz.dashboard.errors import show_error
from gapviz.dashboard.page_head import page_title
from gapviz.storage.read_only import is_read_only

READ_ONLY = (
    "This gapviz only shows. Search, measure and compare what is here, and download what you find; "
    "nobody can upload, fetch, encode, rename or remove anything."
)

may_change = not is_read_only()
page_title("Your data" if may_change else "The data")
line = st.container()
if may_change:
    st.caption(
        "Images with captions to encode here, or vectors that exist already, in files or in a "
        "vector store. Everything stays on this machine. What is encoded appears in the sidebar of "
        "every page."
    )
    adding.add_section()
else:
    st.info(READ_ONLY, icon=":material/visibility:")

for damage in workspace().damaged():
    show_error(damage)
stored = workspace().collections()
if not stored:
    if may_change:
        with line:
            steps.show_steps("add")
    st.info(
        "Nothing of your own yet. The built-in drawings are always there."
        if may_change
        else "The built-in drawings are all there is.",
        icon=":material/inventory_2:",
    )
    st.stop()

st.subheader("Collections")
library.show_library(stored)
by_id = {one.id: one for one in stored}
chosen = st.selectbox(
    "Open",
    list(by_id),
    format_func=lambda one: by_id[one].title,
    key=library.OPENED,
    bind="query-params",
)
opened = by_id[chosen]
if may_change:
    step = "add" if adding.is_under_way() else steps.next_step(opened)
    with line:
        steps.show_steps(step)
with st.container(border=True):
    st.subheader(in_markdown(opened.title), anchor=False)
    if opened.encodings:
        library.visits(opened)
    contents.contents_section(opened)
live.live_section(opened)
if not may_change:
    st.stop()
if encoding.can_be_encoded(opened):
    with st.container(border=True):
        st.subheader("Encode", anchor=steps.ENCODE_ANCHOR)
        encoding.encoding_panel(opened, is_next=not opened.encodings)
library.removal(opened)
