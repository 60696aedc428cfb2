"""What one choice costs along its whole range: strength, corpus mix, calibration, fusion."""

from gapviz.dashboard.curves import CURVE, CURVES
from gapviz.dashboard.page_head import open_page
from gapviz.dashboard.sections import choose_section, show_sections

chosen = open_page(
    "Curves: one choice, its whole range",
    needs_two="Every curve follows the gap, or a search across it, along one choice.",
)
section, values = choose_section(CURVE, CURVES, chosen)
show_sections(section, chosen, values)
