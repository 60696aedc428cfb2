"""How far the work is: a bar below the cell, or in a terminal; nothing elsewhere."""

from __future__ import annotations

import sys
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from gapviz.core.foreign import in_html, in_terminal
from gapviz.core.progress import Progress

SHORTEST = 1.0
"""Seconds of work for which no bar is drawn."""
REDRAWN = 0.2
"""Seconds from one drawing to the next."""


@contextmanager
def progress_bar() -> Iterator[Progress]:
    """Progress that is drawn while work goes on, and gone at its end."""
    with warnings.catch_warnings():
        # Bars of libraries below complain that a notebook lacks widgets.
        warnings.filterwarnings("ignore", "IProgress not found")
        with _in_notebook() if "ipykernel" in sys.modules else _in_terminal() as progress:
            yield progress


@contextmanager
def _in_notebook() -> Iterator[Progress]:
    from IPython.display import display  # type: ignore[import-not-found, unused-ignore]

    began = drawn = time.monotonic()
    shown = None

    def tell(share: float, stage: str) -> None:
        nonlocal drawn, shown
        now = time.monotonic()
        if now - began < SHORTEST or now - drawn < REDRAWN:
            return
        drawn, bar = now, _Bar(min(share, 1.0), stage)
        if shown is None:
            shown = display(bar, display_id=True)
        else:
            shown.update(bar)

    try:
        yield tell
    finally:
        if shown is not None:
            with suppress(Exception):  # what was found matters more than its bar
                shown.update(_Bar(1.0, ""))


class _Bar:
    """A bar of HTML; nothing without a stage."""

    def __init__(self, share: float, stage: str) -> None:
        self.share, self.stage = share, stage

    def __repr__(self) -> str:
        return f"{self.share:.0%} {in_terminal(self.stage)}" if self.stage else ""

    def _repr_html_(self) -> str:
        if not self.stage:
            return "<span></span>"
        bar = f'<progress value="{self.share:.3f}" max="1"></progress>'
        return f"<small>{bar} {self.share:.0%} {in_html(self.stage)}</small>"


@contextmanager
def _in_terminal() -> Iterator[Progress]:
    from tqdm import tqdm

    shape = "{percentage:3.0f}% |{bar:30}| {desc}"
    with tqdm(
        total=1.0, bar_format=shape, leave=False, disable=None, delay=SHORTEST, file=sys.stderr
    ) as bar:

        def tell(share: float, stage: str) -> None:
            bar.n = min(share, 1.0)
            bar.set_description_str(in_terminal(stage))

        yield tell
