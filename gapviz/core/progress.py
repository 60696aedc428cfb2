"""How long work tells how far it is."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

Progress = Callable[[float, str], None]
"""Called with the share done (0…1) and a short phrase; may raise to cancel."""


def no_progress(share: float, stage: str) -> None:
    """Progress that nobody looks at."""


def share_of(progress: Progress, place: int, count: int) -> Progress:
    """The progress of one of `count` things that are done one after another."""
    return lambda share, stage: progress((place + share) / count, stage)


@dataclass(frozen=True, slots=True)
class Counted:
    """How many of how many are done."""

    done: float
    total: float
    noun: str
    """In the plural."""


_NUMBER = r"\d[\d,]*(?:\.\d+)?"
_COUNTED = re.compile(
    rf"(?<![\d.,])(?P<done>{_NUMBER}) of (?P<total>{_NUMBER}) (?P<noun>[^\W\d_]+)"
)


def counted_in(stage: str) -> Counted | None:
    """What a phrase of `Progress` counts; None where it counts nothing.

    >>> counted_in("encoded 1,024 of 5,000 images")
    Counted(done=1024.0, total=5000.0, noun='images')
    """
    found = _COUNTED.search(stage)
    if found is None:
        return None
    done, total = (float(found[part].replace(",", "")) for part in ("done", "total"))
    return Counted(done, total, found["noun"])
