"""Very many judgments: no object is kept of a line, and none is made of one."""

import gc
import tracemalloc

import numpy as np
import pytest

from gapviz.sources.files.judgments.format import read_judgments
from gapviz.sources.files.judgments.matching import judgments_of
from gapviz.sources.files.judgments.told import Told
from tests.sources.files.image_making import put, put_parquet

N, N_QUERIES, N_ITEMS = 20_000, 2_000, 5_000
OF_A_LINE = 150
"""Bytes of the texts of one line as objects of Python, at the least."""

QUERY = np.arange(N) % N_QUERIES
ITEM = (np.arange(N) * 7919) % N_ITEMS
GRADE = np.arange(N) % 3


@pytest.fixture(params=["qrels.txt", "qrels.csv", "qrels.parquet"])
def file(request, tmp_path):
    rows = list(zip(QUERY.tolist(), ITEM.tolist(), GRADE.tolist(), strict=True))
    if request.param == "qrels.parquet":
        columns = zip(*((f"q{q}", f"d{i}", g) for q, i, g in rows), strict=True)
        names = ("query-id", "corpus-id", "score")
        return put_parquet(
            tmp_path / request.param, dict(zip(names, map(list, columns), strict=True))
        )
    if request.param == "qrels.csv":
        lines = ["query_id,item_id,grade", *(f"q{q},d{i},{g}" for q, i, g in rows)]
    else:
        lines = [f"q{q} 0 d{i} {g}" for q, i, g in rows]
    return put(tmp_path, request.param, "\n".join(lines))


def test_no_object_is_made_of_a_line(file):
    read_judgments(file, Told())
    tracemalloc.start()
    try:
        rows = read_judgments(file, Told())
        gc.collect()
        kept, peak = tracemalloc.get_traced_memory()
        blocks = sum(one.count for one in tracemalloc.take_snapshot().statistics("filename"))
    finally:
        tracemalloc.stop()
    assert rows.item.codes.size == N
    # Three numbers of four bytes a line are kept.
    assert kept < N * 20
    assert peak < N * OF_A_LINE
    assert blocks < N / 10


def test_they_are_matched_as_they_stand(file):
    told = Told()
    queries = {f"q{n}": n for n in range(N_QUERIES)}
    rows = read_judgments(file, told)
    judged, of_rows = judgments_of(rows, queries, [f"d{n}" for n in range(N_ITEMS)], told)
    assert of_rows.tolist() == QUERY.tolist()
    found = set(zip(judged.query.tolist(), judged.item.tolist(), strict=True))
    assert found == set(zip(QUERY.tolist(), ITEM.tolist(), strict=True))


def test_the_share_read_is_told(file):
    told = []
    read_judgments(file, Told(), lambda share, words: told.append((share, words)))
    shares = [share for share, _ in told]
    assert shares == sorted(shares) and shares[-1] == 1.0
    assert file.name in told[-1][1]
