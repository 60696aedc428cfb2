"""Write the tables of the README that follow from the code: `make tables`."""

from __future__ import annotations

import re
from pathlib import Path

from gapviz.export.report.markdown import table_markdown
from gapviz.strategies.registry import strategies_table

README = Path(__file__).parents[1] / "README.md"


def with_tables(text: str) -> str:
    """The text of the README with its tables as the code has them now."""
    table = table_markdown(strategies_table())
    return re.sub(
        r"(<!-- strategies -->\n).*?(<!-- end -->)",
        lambda found: f"{found[1]}\n{table}\n\n{found[2]}",
        text,
        flags=re.S,
    )


if __name__ == "__main__":
    README.write_text(with_tables(README.read_text("utf-8")), "utf-8")
