"""Puts what stands at the top of the repository and belongs to the dashboard into the wheel.

`gapviz/core/places.py` finds it in either place. An editable install needs none of it: there the
checkout is what runs.
"""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

SHIPPED = "gapviz/shipped"
FILES = ("app.py", ".streamlit/config.toml")
FOLDERS = {
    "pages": "*.py",
    "data/builtin": "*",
    "data/encoder": "*",
    "data/models": "*",
    "data/outlines": "*",
    "data/variants": "*",
}
"""The scripts of `data/` that make these files stay in the repository."""


class ShippedFiles(BuildHookInterface):  # type: ignore[type-arg]
    """Maps each shipped file to its place in the package."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Name the files to the builder of the wheel.

        Raises:
            FileNotFoundError: a file or folder that belongs to gapviz is not there.
        """
        if version == "editable":
            return
        root = Path(self.root)
        named = [root / name for name in FILES]
        for folder, pattern in FOLDERS.items():
            found = [path for path in (root / folder).rglob(pattern) if path.is_file()]
            if not found:
                raise FileNotFoundError(f"{folder} holds nothing to ship")
            named += found
        for path in sorted(named):
            if not path.is_file():
                raise FileNotFoundError(f"{path} is missing")
            build_data["force_include"][str(path)] = (
                f"{SHIPPED}/{path.relative_to(root).as_posix()}"
            )
