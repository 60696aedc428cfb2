"""Reading 1,000,000 judgments of 100,000 queries, against ranx and against dictionaries by pandas.

The peers are given the file alone; ours also finds the queries and items, and counts what is amiss.
`python -m benchmarks.judgments` prints the peak memory of each, in a process of its own.
"""

from __future__ import annotations

import multiprocessing
import resource
import tempfile
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.timing import Comparison, compare
from gapviz.sources.files.judgments.format import read_judgments
from gapviz.sources.files.judgments.matching import judgments_of
from gapviz.sources.files.judgments.told import Told

N_QUERIES, N_JUDGMENTS, N_ITEMS = 100_000, 1_000_000, 200_000


def comparisons() -> Iterator[Comparison]:
    """A TREC file of 20 MB."""
    with tempfile.TemporaryDirectory() as folder:
        path = _written(Path(folder))
        yield from compare(
            f"{N_JUDGMENTS:,} judgments of {N_QUERIES:,} queries",
            partial(_ours, path),
            {name: partial(read, path) for name, read in PEERS.items()},
            rounds=3,
        )


def _written(folder: Path) -> Path:
    random = np.random.default_rng(0)
    queries = np.repeat(np.arange(N_QUERIES), N_JUDGMENTS // N_QUERIES).tolist()
    items = random.integers(0, N_ITEMS, N_JUDGMENTS).tolist()
    grades = random.integers(0, 4, N_JUDGMENTS).tolist()
    path = folder / "qrels.txt"
    with path.open("w") as file:
        file.writelines(
            f"q{query} 0 d{item} {grade}\n"
            for query, item, grade in zip(queries, items, grades, strict=True)
        )
    return path


def _ours(path: Path) -> object:
    told = Told()
    queries = {f"q{number}": number for number in range(N_QUERIES)}
    items = [f"d{number}" for number in range(N_ITEMS)]
    return judgments_of(read_judgments(path, told), queries, items, told)


def _pandas(path: Path) -> object:
    import pandas as pd

    table = pd.read_csv(path, sep=" ", header=None, names=["query", "_", "item", "grade"])
    return {
        query: dict(zip(part["item"], part["grade"], strict=True))
        for query, part in table.groupby("query")
    }


def _ranx(path: Path) -> object:
    from ranx import Qrels

    return Qrels.from_file(str(path), kind="trec")


PEERS: Mapping[str, Callable[[Path], object]] = {"ranx": _ranx, "pandas to dicts": _pandas}


def _peak(name: str, path: Path) -> float:
    """Megabytes that reading adds to what the libraries take."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    ({"gapviz": _ours} | dict(PEERS))[name](path)
    return (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as made:
        judged = _written(Path(made))
        for reader in ("gapviz", *PEERS):
            with multiprocessing.get_context("spawn").Pool(1) as alone:
                print(f"{reader}: {alone.apply(_peak, (reader, judged)):,.0f} MB")
