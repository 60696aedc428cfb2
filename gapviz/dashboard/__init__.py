"""The Streamlit side of gapviz: the only place in the package that imports Streamlit."""

from pathlib import Path

FAVICON = Path(__file__).parent / "favicon.png"
"""Two overlapping clouds in the modality colours."""

STYLESHEET = Path(__file__).parent / "style.css"
"""All of the pages' own styles."""

OPEN_TO_ALL = (Path(__file__).parent / "open_to_all.js").read_text("utf-8")
"""A script that opens to screen readers and keys what Streamlit leaves closed."""
