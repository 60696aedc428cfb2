import pytest
from PIL import Image

from gapviz.sources.builtin.drawings import drawing_png
from gapviz.storage.saved_collection import save_collection


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
    ],
    ids=" ".join,
)
def test_bad_questions_are_refused_in_one_sentence(saved, refused, arguments):
    refused("search", saved, *arguments)
