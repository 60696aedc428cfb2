"""Every modality asks every other, and itself: what each direction finds."""

from gapviz.dashboard.directions import SECTION
from gapviz.dashboard.page_head import open_page
from gapviz.dashboard.sections import show_sections

chosen = open_page(
    "Directions: which modality finds which",
    needs_two="A direction leads from one modality to another.",
)
show_sections(SECTION, chosen)
