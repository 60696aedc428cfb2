"""What one choice costs along its whole range: strength, corpus mix, calibration, fusion."""

from gapviz.dashboard.curves import CURVE, CURVES
from gapviz.dashboard.page_head import open_page
from gapviz.dashboard.sections import show_sections
from gapviz.dashboard.widgets import segments_of

chosen = open_page(
    "Curves: one choice, its whole range",
    needs_two="Every curve follows the gap, or a search across it, along one choice.",
)
show_sections(CURVES[segments_of(CURVE, label_visibility="collapsed")], chosen)
