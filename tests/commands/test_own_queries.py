"""Queries and judgments beside a source, on the command line."""

from dataclasses import replace

import numpy as np
import pytest

from gapviz.sources.library.stored import Workspace
from gapviz.storage.saved_collection import save_collection


@pytest.fixture
def asked(make_collection, tmp_path):
    """A collection of 30 items, and queries, judgments and vectors in files."""
    made = make_collection(30)
    save_collection(made, tmp_path / "items")
    ids = [item.id for item in made.items]
    (tmp_path / "q.tsv").write_text("".join(f"q{n}\twords {n}\n" for n in range(10)))
    (tmp_path / "qrels.txt").write_text(
        "".join(f"q{n} 0 {ids[3 * n + k]} {2 - k}\n" for n in range(9) for k in range(3))
    )
    vectors = made.modality("text").vectors[:10]
    np.savez(tmp_path / "q.npz", ids=[f"q{n}" for n in range(10)], text=vectors)
    return tmp_path


@pytest.fixture
def flags(asked):
    return [
        *("--queries", asked / "q.tsv"), *("--judgments", asked / "qrels.txt"),
        *("--query-vectors", asked / "q.npz"),
    ]  # fmt: skip


def test_info_counts_queries_judgments_and_grades(run, figures, asked, flags):
    lines = run("info", asked / "items", *flags).stdout.splitlines()
    assert "queries    text: 10, measured 4, calibrating 6" in lines
    assert "judgments  27 of 27 items (grades → 2: 9, 1: 9, 0: 9)" in lines
    note = "note       1 query is without a judgment, and not measured (the first: q9)."
    assert note in lines
    found = figures("info", asked / "items", *flags)["queries"]
    assert found["n_queries"] == found["n_with_vectors"] == {"text": 10}
    assert found["grades"] == [[2.0, 9], [1.0, 9], [0.0, 9]]
    assert figures("info", asked / "items")["queries"] is None


def test_queries_without_vectors_are_told(run, asked, flags):
    text = run("info", asked / "items", *flags[:4]).stdout
    assert "vectors    10 queries have none yet" in text


def test_what_is_left_out_is_listed_once(run, asked, flags):
    with (asked / "qrels.txt").open("a") as file:
        file.write("q1 0 nothing 1\nq2 0\n")
    text = run("info", asked / "items", *flags).stdout
    assert text.count("holds 1 judgment of items that are not there (the first: 'nothing')") == 1
    assert "skipped 2:" in text and "qrels.txt, line 29 has 2 fields instead of 4" in text


def test_a_collection_of_the_dashboard_takes_them_too(figures, flags, make_collection):
    stored = Workspace().add([replace(make_collection(30), encoder="a")], title="With Queries")
    try:
        assert figures("info", "With Queries", *flags)["queries"]["n_judgments"] == 27
    finally:
        Workspace().remove(stored.id)


@pytest.mark.parametrize(
    ("flag", "value", "said"),
    [
        ("--judgments", "nothing.txt", "nothing.txt: "),
        ("--pool", "worldwide", "there is no pool 'worldwide'; choose one of local, global"),
    ],
)
def test_a_flag_that_means_nothing_is_refused(refused, asked, flag, value, said):
    assert said in refused("info", asked / "items", flag, value)
