"""Visitors who come all at once to a server that has just been started."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from benchmarks.visitor import Visitor

pytestmark = pytest.mark.browser

PAGES = ("", "", "", "", "", "search", "why", "data")


def test_eight_first_visitors_at_once_see_their_pages(fresh_server):
    at_once = threading.Barrier(len(PAGES))

    def visit(page):
        visitor = Visitor(fresh_server, page, projection="pca")
        at_once.wait()
        for _ in range(3):
            visitor.run()
            assert not visitor.faults, page
        visitor.close()

    with ThreadPoolExecutor(len(PAGES)) as threads:
        list(threads.map(visit, PAGES))
