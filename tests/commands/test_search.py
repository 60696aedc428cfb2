import pytest

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
    assert "match" not in text


def test_a_caption_knows_its_item_and_so_has_a_match(figures):
    found = figures("search", "builtin", "Cat face", "--strategy", "znorm")
    hits = [(hit["item"], hit["modality"]) for hit in found["hits"]]
    assert hits[found["match_rank"] - 1] == ("1F431", "image")


def test_the_modality_that_asks_can_be_named(saved, figures):
    found = figures("search", saved, "--item", "07", "--query-modality", "text")
    assert found["query_modality"] == "text"


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["a text", "--item", "07"],
        ["a text"],
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
