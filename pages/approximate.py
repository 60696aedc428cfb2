"""What the gap costs in an approximate index: search effort, and storage in fewer bytes."""

from gapviz.dashboard.approximate import APPROXIMATE, PART
from gapviz.dashboard.page_head import open_page
from gapviz.dashboard.sections import show_sections
from gapviz.dashboard.widgets import segments_of

chosen = open_page(
    "Approximate index: what the gap costs",
    needs_two="Cross-modal queries are held against those of the modality that is searched.",
)
show_sections(APPROXIMATE[segments_of(PART, label_visibility="collapsed")], chosen)
