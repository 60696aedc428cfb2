"""The examples of docs/contributing, as packages that pip has installed."""

import re
import tomllib
from pathlib import Path

PAGES = Path(__file__).parents[1] / "docs" / "contributing"
NAMES = ("strategy", "reader", "store", "metric", "figure")


class Example:
    """What a page of docs/contributing shows of a whole one."""

    def __init__(self, name):
        text = (PAGES / f"{name}.md").read_text("utf-8")
        (self.source,) = re.findall(r"```python\n(.*?)```", text, re.S)
        (self.file,) = re.findall(r"^`(gapviz_\w+)\.py`", text, re.M)
        (project,) = re.findall(r"```toml\n(.*?)```", text, re.S)
        self.entry_points = tomllib.loads(project)["project"]["entry-points"]
        (self.console,) = re.findall(r"```console\n(.*?)```", text, re.S)

    @property
    def commands(self):
        """What is typed, each without `gapviz`."""
        return [line.removeprefix("$ gapviz ").split() for line in self.console.splitlines()]


def install(site, sources, entry_points):
    """A package with some modules, installed in a folder as pip leaves one.

    Args:
        site: the folder.
        sources: module → its text.
        entry_points: group → name → object.
    """
    name = "-".join(sorted(sources)).replace("_", "")
    about = site / f"{name}-1.0.dist-info"
    about.mkdir(parents=True)
    for module, source in sources.items():
        (site / f"{module}.py").write_text(source, "utf-8")
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    lines = [
        line
        for group, points in entry_points.items()
        for line in (f"[{group}]", *(f"{key} = {value}" for key, value in points.items()))
    ]
    (about / "entry_points.txt").write_text("\n".join(lines) + "\n")
