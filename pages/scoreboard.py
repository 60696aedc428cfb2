"""Every strategy on every model, on held-out items: bias beside quality beside cost."""

from gapviz.dashboard.page_head import open_page, show_doubts
from gapviz.dashboard.scoreboard import scoreboard_section

chosen = open_page(
    "Scoreboard: every way out, against every other",
    "Strategies and models on the same held-out items or queries. Bias can fall while the answers "
    "get worse, so quality always stands beside it.",
    needs_two="The scoreboard measures how strategies rank the entries of two modalities in one "
    "index.",
)
show_doubts(chosen)
scoreboard_section(chosen)
