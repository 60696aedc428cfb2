"""How long work tells how far it is."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[float, str], None]
"""Called with the share done (0…1) and a short phrase; may raise to cancel."""


def no_progress(share: float, stage: str) -> None:
    """Progress that nobody looks at."""


def share_of(progress: Progress, place: int, count: int) -> Progress:
    """The progress of one of `count` things that are done one after another."""
    return lambda share, stage: progress((place + share) / count, stage)
