"""How pairs score by their type, what a threshold lets pass, and how lists are merged."""

from gapviz.dashboard.page_head import open_page
from gapviz.dashboard.scores import show_scores

show_scores(
    open_page(
        "Scores: one number, several meanings",
        needs_two="Scores are held against each other within and between two modalities.",
    )
)
