"""What visitors kept: views with names and notes, two of them compared, a talk, a report."""

import streamlit as st

from gapviz.dashboard.errors import show_error
from gapviz.dashboard.findings import PART, compare_section, list_section, ways_out
from gapviz.dashboard.page_head import page_title
from gapviz.dashboard.settings import settings
from gapviz.dashboard.widgets import segments_of
from gapviz.storage.read_only import is_read_only
from gapviz.storage.saved_views import SavedViews

page_title("Findings: what you kept")
for damage in SavedViews().damaged():
    show_error(damage)
views = SavedViews().all()
if not views:
    st.info(
        "Nothing is kept yet."
        + " Open any page, set it as you want to show it, and press **Keep this view** at the top "
        "right. It is listed here, with your note." * (not is_read_only()),
        icon=":material/bookmark_add:",
    )
    st.stop()
st.caption("In the order in which they are presented. Everybody who uses this gapviz sees them.")
ways_out(settings(), views)
part = segments_of(PART, label_visibility="collapsed") if len(views) > 1 else PART.default
if part == "compare":
    compare_section(views)
else:
    list_section(views)
