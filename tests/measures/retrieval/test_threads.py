import os
import subprocess
import sys
from threading import Event, Thread

import numpy as np  # noqa: F401 - its BLAS is what is limited
import pytest
from threadpoolctl import threadpool_info

from gapviz.measures.retrieval.threads import ROWS_OF_ONE_THREAD, one_blas_thread, threads_for
from gapviz.storage.background import Cancelled

pytestmark = pytest.mark.slow

VARIABLE = "OPENBLAS_NUM_THREADS"


@pytest.fixture(scope="module", autouse=True)
def _with_two_threads_as_well():
    """A process that shares the cores may have one thread, which no limit would change: these
    tests then also run in a process that has two."""
    if set(blas_threads()) == {1} and os.environ.get(VARIABLE) != "2":
        command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", __file__]
        done = subprocess.run(
            command, env=os.environ | {VARIABLE: "2"}, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr


def blas_threads():
    return [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"]


def test_the_limit_holds_inside_and_ends_with_it():
    before = blas_threads()
    with one_blas_thread():
        assert set(blas_threads()) == {1}
    assert blas_threads() == before


def test_callers_take_turns_and_leave_no_limit_behind():
    before, seen = blas_threads(), []

    def inside():
        for _ in range(20):
            with one_blas_thread():
                seen.append(set(blas_threads()))

    threads = [Thread(target=inside) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [{1}] * 60
    assert blas_threads() == before


def test_who_waits_for_another_can_give_up():
    inside, go_on = Event(), Event()

    def hold():
        with one_blas_thread():
            inside.set()
            go_on.wait(10)

    def give_up():
        raise Cancelled

    holder = Thread(target=hold)
    holder.start()
    inside.wait(10)
    with pytest.raises(Cancelled), one_blas_thread(give_up):
        pass
    go_on.set()
    holder.join()
    with one_blas_thread(give_up):
        assert set(blas_threads()) == {1}


def test_few_rows_have_one_thread_and_nobody_waits():
    before = blas_threads()
    with threads_for(100):
        assert set(blas_threads()) == {1}
        with threads_for(100):
            assert set(blas_threads()) == {1}
    with threads_for(ROWS_OF_ONE_THREAD + 1):
        assert blas_threads() == before
    with one_blas_thread(), threads_for(100):
        assert set(blas_threads()) == {1}
    assert blas_threads() == before
