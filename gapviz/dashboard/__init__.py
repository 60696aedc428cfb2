"""The Streamlit side of gapviz: the only place in the package that imports Streamlit."""

from pathlib import Path

FAVICON = Path(__file__).parent / "favicon.png"
"""Two overlapping clouds in the modality colours."""

STYLESHEET = Path(__file__).parent / "style.css"
"""All of the pages' own styles."""

LIST_ROLES = (Path(__file__).parent / "list_roles.js").read_text("utf-8")
"""What mends the list of pages for screen readers."""
