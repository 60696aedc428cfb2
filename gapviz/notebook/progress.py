"""How far the work is: a bar below the cell, or in a terminal; nothing elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from gapviz.core.foreign import in_terminal
from gapviz.core.progress import Progress

SHORTEST = 1.0
"""Seconds of work for which no bar is drawn."""


@contextmanager
def progress_bar() -> Iterator[Progress]:
    """Progress that is drawn on standard error, and gone at the end."""
    from tqdm import tqdm

    in_notebook = "ipykernel" in sys.modules
    shape = "{percentage:3.0f}% |{bar:30}| {desc}"
    with tqdm(
        total=1.0,
        bar_format=shape,
        leave=False,
        # The output of a cell is no terminal, and shows a bar all the same.
        disable=False if in_notebook else None,
        delay=SHORTEST,
        file=sys.stderr,
    ) as bar:

        def tell(share: float, stage: str) -> None:
            bar.n = min(share, 1.0)
            bar.set_description_str(in_terminal(stage))

        yield tell
