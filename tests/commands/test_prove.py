"""`gapviz prove` as a person runs it."""

import json

import pytest

from gapviz.sources.stores.registry import open_store
from gapviz.storage.saved_collection import save_collection


@pytest.fixture
def served(run, make_collection, tmp_path):
    """A source, its export, and the address that it was written to."""
    save_collection(make_collection(n=40), tmp_path / "source")
    to = f"qdrant://{tmp_path / 'store'}#fixed"
    done = run("export", tmp_path / "source", "--strategy", "centre", "--out", tmp_path / "home",
               "--to", to)  # fmt: skip
    assert done.returncode == 0, done.stderr
    return tmp_path / "source", tmp_path / "home", to


def test_an_engine_that_answers_as_measured(run, figures, served):
    source, home, to = served
    asked = ("prove", home, "--on", to, source)
    done = run(*asked, "--strict")
    assert done.returncode == 0, done.stderr
    assert "Qdrant answers 40 held-out queries as was measured." in done.stdout
    told = figures(*asked)
    assert told["agrees"] is True and told["causes"] == []
    card = json.loads((home / "card.json").read_text("utf-8"))["figures_after"]
    assert told["exported_figures"]["bias_at_10"] == card["bias_at_10"]
    assert f"bias rate image {card['bias_at_10']['image']['value']:.3f}" in done.stdout
    assert {one["modality"]: one["overlap"]["value"] for one in told["agreements"]} == {
        "image": 1, "text": 1,
    }  # fmt: skip
    assert {one["name"] for one in told["figures"]} == {"bias rate", "hit rate@10", "NDCG@10"}


def test_a_departure_is_named_and_strict_fails(run, figures, served):
    source, home, to = served
    with open_store(to) as store:
        points, _ = store.client.scroll("fixed", limit=10)
        store.client.delete("fixed", [one.id for one in points])
    asked = ("prove", home, "--on", to, source)
    assert run(*asked).returncode == 0
    done = run(*asked, "--strict")
    assert done.returncode == 1
    assert "Vectors that are not there: 10 of 80" in " ".join(done.stdout.split())
    assert "failed, since vectors that are not there (10 of 80)" in done.stderr
    assert [one["kind"] for one in figures(*asked)["causes"]] == ["dropped"]


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"source": None}, "the collection that was exported is not known here"),
        ({"to": "qdrant:///nowhere#x"}, "is no folder of Qdrant"),
        ({"to": "chroma://host/x"}, "there is no store 'chroma'"),
        ({"to": "products"}, "is no address of a store; write for instance qdrant://"),
        ({"home": "nothing"}, "card.json is missing"),
    ],
)
def test_what_cannot_be_proven_is_told(run, served, changed, words):
    parts = dict(zip(("source", "home", "to"), served, strict=True)) | changed
    more = [] if parts["source"] is None else [parts["source"]]
    done = run("prove", parts["home"], "--on", parts["to"], *more)
    assert done.returncode == 2 and words in done.stderr


def test_another_source_is_refused(run, served, make_collection, tmp_path):
    _, home, to = served
    save_collection(make_collection(n=40, seed=3), tmp_path / "other")
    done = run("prove", home, "--on", to, tmp_path / "other")
    assert done.returncode == 2 and "is not the collection that was exported" in done.stderr
