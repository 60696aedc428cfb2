"""What the gap costs in an approximate index: search effort, and storage in fewer bytes."""

from gapviz.dashboard.approximate import APPROXIMATE, PART
from gapviz.dashboard.page_head import open_page
from gapviz.dashboard.sections import choose_section, show_sections

chosen = open_page(
    "Approximate index: what the gap costs",
    needs_two="Cross-modal queries are held against those of the modality that is searched.",
)
section, values = choose_section(PART, APPROXIMATE, chosen)
show_sections(section, chosen, values)
