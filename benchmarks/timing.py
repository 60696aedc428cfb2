"""Fair timing on a machine that does other things too."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True)
class Comparison:
    """Our median seconds beside a peer's, of one run."""

    case: str
    """What was done ("top 10, 100 queries × 100,000 × 512")."""
    peer: str
    """Whom with."""
    our_seconds: float
    peer_seconds: float

    @property
    def ratio(self) -> float:
        """Our seconds over the peer's; under 1 is faster."""
        return self.our_seconds / self.peer_seconds


def median_seconds(
    contestants: Mapping[str, Callable[[], object]], rounds: int
) -> dict[str, float]:
    """Median seconds of each, taken in turns so that a busy machine is busy for all.

    One round goes before the clock starts, for compiling and first touches of memory. Every
    round has an order of its own: OpenMP threads keep spinning after their work is done, and
    whoever always followed the same contestant would pay for them.
    """
    names = list(contestants)
    for name in names:
        contestants[name]()
    seconds: dict[str, list[float]] = {name: [] for name in names}
    shuffler = random.Random(0)
    for _ in range(rounds):
        for name in shuffler.sample(names, len(names)):
            started = time.perf_counter()
            contestants[name]()
            seconds[name].append(time.perf_counter() - started)
    return {name: median(taken) for name, taken in seconds.items()}


def compare(
    case: str,
    ours: Callable[[], object],
    peers: Mapping[str, Callable[[], object]],
    *,
    rounds: int,
) -> list[Comparison]:
    """Ours against every peer of one case."""
    taken = median_seconds({"gapviz": ours, **peers}, rounds)
    return [Comparison(case, peer, taken["gapviz"], taken[peer]) for peer in peers]
