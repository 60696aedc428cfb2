import re

import lancedb
import pytest
from lancedb.index import IvfFlat
from PIL import Image

from gapviz.measures.experiment import Experiment
from gapviz.sources.builtin.drawings import drawing_png
from gapviz.storage.saved_collection import load_collection, save_collection
from gapviz.strategies import StrategyOptions
from tests.sources.stores.engines import written


@pytest.fixture
def saved(make_collection, tmp_path):
    save_collection(make_collection(24), tmp_path / "saved")
    return tmp_path / "saved"


@pytest.mark.parametrize("strategy", ["raw", "centre", "znorm", "csls", "route", "items-rrf"])
def test_an_item_finds_its_match(saved, figures, strategy):
    found = figures("search", saved, "--item", "07", "--strategy", strategy, "-k", "5")
    assert found["strategy"] == strategy and found["query_modality"] == "image"
    assert [hit["rank"] for hit in found["hits"]] == [1, 2, 3, 4, 5]
    assert found["match_rank"] >= 1 and 0 <= found["bias"] <= 1


@pytest.mark.parametrize("strategy", ["centre", "znorm"])
def test_a_store_answers_as_the_search_in_memory_does(saved, figures, run, tmp_path, strategy):
    collection = load_collection(saved)
    experiment = Experiment(collection, StrategyOptions(strategy))
    address = f"lancedb://{tmp_path}/lance#moved"
    written(address, collection, experiment.index.rows).close()
    asked = "search", saved, "--item", "07", "--strategy", strategy
    found, memory = figures(*asked, "--on", address), figures(*asked)
    assert found.pop("searched_by") == address
    for one in (found, memory):
        for hit in one["hits"]:
            hit["score"], hit["cosine"] = round(hit["score"], 4), round(hit["cosine"], 4)
    assert [hit["item"] for hit in found["hits"]] == [hit["item"] for hit in memory["hits"]]
    assert found["match_rank"] == memory["match_rank"]
    assert found["bias"] == memory["bias"]
    assert "LanceDB makes the list" in " ".join(run(*asked, "--on", address).stdout.split())
    told = run("search", saved, "--out", tmp_path / "a.trec", "--on", address)
    assert told.returncode == 2 and "--on answers a text" in told.stderr
    told = run(*asked, "--on", f"lancedb://{tmp_path}/lance#other")
    assert told.returncode == 2 and "use one of moved" in told.stderr


def test_of_an_engine_that_approximates_recall_is_told(make_collection, run, tmp_path):
    collection = make_collection(240, 16)
    save_collection(collection, tmp_path / "saved")
    rows = Experiment(collection, StrategyOptions("raw")).index.rows
    written(f"lancedb://{tmp_path}/lance#t", collection, rows).close()
    table = lancedb.connect(tmp_path / "lance").open_table("t")
    table.create_index("vector", config=IvfFlat(distance_type="cosine", num_partitions=20))
    asked = "search", tmp_path / "saved", "--item", "007", "--strategy", "raw", "-k", "5"
    told = " ".join(run(*asked, "--on", f"lancedb://{tmp_path}/lance#t").stdout.split())
    assert re.search(r"LanceDB approximates: recall@5 [01]\.\d+ \[", told)
    assert "of exact search (200 queries of image)" in told


@pytest.mark.encoder
def test_a_text_is_encoded_by_the_encoder_of_the_vectors(run):
    text = run("search", "builtin", "a face of a cat", "--strategy", "znorm", "-k", "3").stdout
    assert "image" in text and "cat" in text and "of the results are text" in text
    assert "match stands at rank" not in text


def test_a_caption_knows_its_item_and_so_has_a_match(figures):
    found = figures("search", "builtin", "Cat face", "--strategy", "znorm")
    hits = [(hit["item"], hit["modality"]) for hit in found["hits"]]
    assert hits[found["match_rank"] - 1] == ("1F431", "image")


@pytest.mark.encoder
def test_a_picture_of_the_collection_knows_its_item_and_another_does_not(figures, tmp_path):
    own, other = tmp_path / "own.png", tmp_path / "other.png"
    own.write_bytes(drawing_png("1F431", 192))
    Image.open(own).rotate(90).save(other)
    found = figures("search", "builtin", "--image", own, "-k", "5")
    assert found["match_rank"] >= 1
    assert ("1F431", "image") not in {(hit["item"], hit["modality"]) for hit in found["hits"]}
    assert figures("search", "builtin", "--image", other)["match_rank"] is None


def test_every_answer_of_another_modality_is_told_how_likely_it_matches(
    make_collection, tmp_path, figures, run
):
    save_collection(make_collection(240, 16), tmp_path / "world")
    asked = "search", tmp_path / "world", "--item", "007", "--strategy", "znorm"
    found = figures(*asked, "--prior", "0.2", "--precision", "0.8")
    assert found["precision"] == 0.8 and found["nothing_matches"] in (True, False)
    for hit in found["hits"]:
        if hit["modality"] == "image":
            assert hit["match"] is None
        else:
            assert hit["match"]["match"] == "item" and hit["match"]["prior"] == 0.2
            assert 0 < hit["match"]["probability"] < 1
    chances = [hit["match"]["probability"] for hit in found["hits"] if hit["match"]]
    assert chances == sorted(chances, reverse=True)
    text = run(*asked).stdout
    assert "one of the 240 text rows matches" in text and "match " in text


def test_a_collection_too_small_to_learn_from_says_so(make_collection, tmp_path, figures):
    save_collection(make_collection(12), tmp_path / "few")
    found = figures("search", tmp_path / "few", "--item", "07", "-k", "4")
    assert not any(hit["match"] for hit in found["hits"])
    assert "fewer than 10 calibration pairs match" in found["not_matched"][0]


def test_a_file_that_is_no_picture_is_refused(refused, tmp_path):
    letter = tmp_path / "letter.png"
    letter.write_text("not an image")
    assert "is not an image" in refused("search", "builtin", "--image", letter)
    assert "cannot be read" in refused("search", "builtin", "--image", tmp_path / "none.png")


def test_the_modality_that_asks_can_be_named(saved, figures):
    found = figures("search", saved, "--item", "07", "--query-modality", "text")
    assert found["query_modality"] == "text"


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["a text", "--item", "07"],
        ["a text"],
        ["--item", "07", "--image", "a.png"],
        ["--image", "a.png"],
        ["--item", "nobody"],
        ["--item", "07", "--query-modality", "smell"],
        ["--item", "07", "-k", "0"],
        ["--item", "07", "--strategy", "magic"],
        ["--item", "07", "--seed", "1"],
        ["--item", "07", "--prior", "1"],
        ["--item", "07", "--precision", "0.2"],
        ["--item", "07", "--method", "magic"],
    ],
    ids=" ".join,
)
def test_bad_questions_are_refused_in_one_sentence(saved, refused, arguments):
    refused("search", saved, *arguments)
