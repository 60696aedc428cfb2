"""The page of a visitor's own collections: add, look, encode, remove."""

from gapviz.dashboard.data.adding import add_section
from gapviz.dashboard.data.contents import contents_section
from gapviz.dashboard.data.encoding import can_be_encoded, encoding_panel
from gapviz.dashboard.data.library import OPENED, removal, show_library, visits

__all__ = [
    "OPENED",
    "add_section",
    "can_be_encoded",
    "contents_section",
    "encoding_panel",
    "removal",
    "show_library",
    "visits",
]
