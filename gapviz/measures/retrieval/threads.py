"""How many threads the linear algebra of small problems may use."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from gapviz.storage.background import acquired

ROWS_OF_ONE_THREAD = 10_000
"""Up to so many rows of a collection one BLAS thread is faster than several."""

_alone = threading.Lock()


@contextmanager
def one_blas_thread(check: Callable[[], None] = lambda: None) -> Iterator[None]:
    """One BLAS thread inside, for one caller at a time.

    `check` is called now and then while others have their turn; it may raise to give up.

    Threads that share a product of a few hundred rows spin longer than they work: a whole
    scoreboard of the built-in collection took three times the processor time on two threads.
    Some BLAS builds hold the limit for a thread and others for the process, where callers
    that overlap would restore each other's.
    """
    from threadpoolctl import threadpool_limits

    with acquired(_alone, check), threadpool_limits(1, user_api="blas"):
        yield


@contextmanager
def one_openmp_thread() -> Iterator[None]:
    """One OpenMP thread inside, for this thread alone.

    Several would add up in an order of their own, and so decide the last digits of k-means.
    """
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1, user_api="openmp"):
        yield


@contextmanager
def threads_for(n_rows: int) -> Iterator[None]:
    """One BLAS thread inside where a collection has few rows; never waits for another caller.

    Where one has the limit already, it holds here too.
    """
    from threadpoolctl import threadpool_limits

    if n_rows > ROWS_OF_ONE_THREAD or not _alone.acquire(blocking=False):
        yield
        return
    try:
        with threadpool_limits(1, user_api="blas"):
            yield
    finally:
        _alone.release()
