"""How every figure is measured, and which of them the collection has."""

from gapviz.dashboard.errors import errors_shown
from gapviz.dashboard.page_head import page_head
from gapviz.dashboard.protocol import protocol_section
from gapviz.dashboard.settings import settings

chosen = settings()

page_head(
    "Protocol: how every figure is measured",
    chosen,
    "What each figure is, what it estimates, how equal scores count, what varies in its interval, "
    "what is left out, and how often the interval holds the truth where that is known.",
)
with errors_shown():
    protocol_section(chosen)
