"""Where the files lie that travel with gapviz beside its modules.

In a checkout they stand at its top, where people look for them; the build (`hatch_build.py`)
puts them into the package, in the folder `gapviz/shipped`.
"""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parents[1]
_INSIDE = _PACKAGE / "shipped"

IMPORT_ROOT = _PACKAGE.parent
"""The folder that `import gapviz` finds the package in: a checkout, or site-packages."""

SHIPPED = _INSIDE if _INSIDE.is_dir() else IMPORT_ROOT
"""The folder that holds all of them, and Streamlit's settings in `.streamlit`."""

APP = SHIPPED / "app.py"
"""What Streamlit runs."""

PAGES = SHIPPED / "pages"
"""The dashboard's pages, one file each."""

DATA = SHIPPED / "data"
"""The built-in collections, heads, and what is known of published models."""

SETTINGS = SHIPPED / ".streamlit" / "config.toml"
"""Streamlit's settings. It reads them from the folder that the server runs in."""
