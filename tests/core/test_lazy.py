from threading import Barrier, Thread

from gapviz.core.lazy import cached_property
from tests.patience import PATIENCE_SECONDS


class Slow:
    meet = Barrier(2, timeout=PATIENCE_SECONDS)

    def __init__(self):
        self.computed = 0

    @cached_property
    def answer(self):
        self.meet.wait()
        self.computed += 1
        return 42


def test_two_objects_compute_at_once_and_each_once():
    both = Slow(), Slow()
    threads = [Thread(target=lambda one=one: one.answer) for one in both]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [(one.answer, one.computed) for one in both] == [(42, 1)] * 2
