"""The figures of a measurement, computed before somebody reads them."""

from __future__ import annotations

from threading import Lock
from weakref import WeakKeyDictionary

from gapviz.core.progress import Progress, no_progress
from gapviz.measures.measurement import Measurement
from gapviz.storage.background import acquired

ONE_AT_A_TIME = 10_000
"""Items above which figures are computed one after the other, to be cancelled between them."""

# Of measurements that somebody computes: who comes second waits, and finds everything.
_at_work: WeakKeyDictionary[Measurement, Lock] = WeakKeyDictionary()


def compute_figures(measurement: Measurement, progress: Progress = no_progress) -> None:
    """Compute what pages show of a measurement, so that reading it costs nothing afterwards."""
    lock = _at_work.setdefault(measurement, Lock())
    with acquired(lock, lambda: progress(0.0, "waiting for others")):
        if has_figures(measurement):
            return
        progress(0.0, "geometry")
        _ = measurement.geometry.gap
        progress(0.2, "ranks in the mixed index")
        if measurement.collection.n_items > ONE_AT_A_TIME:
            _ = measurement.mixed
            progress(0.6, "ranks by direction")
            _ = measurement.cross
            progress(0.9, "intervals")
        _ = measurement.replicates, measurement.carried_by_ties, measurement.has_content


def has_figures(measurement: Measurement) -> bool:
    """Whether `compute_figures` has been through."""
    return {"replicates", "carried_by_ties", "has_content"} <= set(vars(measurement))
