"""What is written is what was fitted, and reads back as it."""

import io
import json
import zipfile

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from gapviz.core.blocks import centroid
from gapviz.core.errors import GapvizError
from gapviz.core.rows import corpus_rows, query_rows
from gapviz.export.card import ExportCard
from gapviz.export.folder import (
    ARRAYS_FILE,
    CARD_FILE,
    export_files,
    export_strategy,
    load_exported,
    zipped,
)
from gapviz.export.snippets import snippets_of
from gapviz.measures.experiment import Experiment
from gapviz.strategies import STRATEGIES, StrategyOptions

LASTING = [name for name, card in STRATEGIES.items() if not card.transductive]


@pytest.mark.parametrize("name", LASTING)
def test_what_is_read_back_moves_vectors_bit_for_bit(take_home, halves, name):
    folder, _, strategy = take_home(StrategyOptions(name))
    back = load_exported(folder)
    for modality, block in halves[1].modalities.items():
        expected = strategy.transform(block.vectors, modality)
        np.testing.assert_array_equal(back.transform(block.vectors, modality), expected)
    assert back.strategy.label == strategy.label
    assert back.strategy.fusion == strategy.fusion
    assert back.strategy.warnings == strategy.warnings


SCORING = [name for name in LASTING if STRATEGIES[name].adjusts_scores]


@pytest.mark.parametrize("name", SCORING)
def test_what_is_read_back_scores_bit_for_bit(take_home, halves, name):
    folder, _, strategy = take_home(StrategyOptions(name).having(alpha=0.5, neighbours=3, best=3))
    back = load_exported(folder).strategy
    corpus, queries = (f(halves[1], strategy) for f in (corpus_rows, query_rows))
    scores = queries.vectors[:5] @ corpus.vectors.T
    one, other = (s.prepare(corpus, queries).adjust(scores, "image") for s in (strategy, back))
    np.testing.assert_array_equal(one, other)


def test_parameters_come_back(take_home):
    for options in (
        StrategyOptions("offset", strength=0.35, moves="text"),
        StrategyOptions("ridge", ridge=3.0, anchor="image"),
        StrategyOptions(
            "route", rrf_k=7.0, weights=(("text", 2.0),), rank_base=0, ties="other-first"
        ),
    ):
        folder, _, strategy = take_home(options)
        back = load_exported(folder).strategy
        assert back.options == options
        assert back.label == strategy.label


def test_the_card_tells_what_was_done(take_home, halves):
    folder, card, strategy = take_home()
    told = json.loads((folder / CARD_FILE).read_text("utf-8"))
    assert told["strategy"] == "centre" and told["formula"] == strategy.spec.formula
    assert told["parameters"] == {"strength": 1.0}
    assert (told["fitted_split"], told["fitted_items"]) == ("calibrate", halves[0].n_items)
    assert told["measured_items"] == halves[1].n_items
    assert told["figures_after"]["gap"]["value"] < told["figures_before"]["gap"]["value"]
    assert set(told["figures_after"]["bias_at_10"]["text"]) == {"value", "low", "high"}
    assert told["fitted_hash"] == halves[0].content_hash
    assert {(one["first"], one["second"]) for one in told["thresholds"]} == {
        ("image", "text"), ("image", "image"), ("text", "text"),
    }  # fmt: skip
    cross = card.thresholds[0]
    assert cross.true_positive > 0.8 > cross.false_positive
    assert ExportCard.from_json((folder / CARD_FILE).read_text("utf-8")) == card


def test_the_centroids_are_those_of_the_calibration_items(take_home, halves):
    folder, _, _ = take_home(StrategyOptions("raw"))
    stored = load_file(folder / ARRAYS_FILE)
    expected = centroid(halves[0].modality("image").corpus.vectors)
    np.testing.assert_array_equal(stored["centroid.image"], expected)


def test_the_same_inputs_give_the_same_bytes(take_home, drawings):
    folder, _, _ = take_home()
    files, _ = export_files(Experiment(drawings, StrategyOptions("centre")))
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == files


def test_without_labels_there_is_no_threshold_within_a_modality(take_home, make_collection):
    _, card, _ = take_home(StrategyOptions("centre"), make_collection(n=40))
    assert [one.cosine is None for one in card.thresholds] == [False, True, True]


def test_a_zip_holds_the_files_and_is_the_same_each_time():
    files = {"card.json": b"{}", "in_numpy.py": b"pass\n"}
    archive = zipfile.ZipFile(io.BytesIO(zipped(files)))
    assert {name: archive.read(name) for name in archive.namelist()} == files
    assert zipped(files) == zipped(files)


def test_a_transductive_strategy_cannot_be_taken_home(take_home):
    with pytest.raises(GapvizError, match=r"reads all queries.*normalisation \(nnn\)"):
        take_home(StrategyOptions("csls"))


def test_other_vectors_than_those_exported_are_refused(take_home):
    back = load_exported(take_home()[0])
    with pytest.raises(GapvizError, match="has 3 dimensions, and the export 256"):
        back.transform(np.ones((2, 3)), "image")
    with pytest.raises(GapvizError, match="has not seen the modality 'audio'"):
        back.transform(np.ones((2, 256)), "audio")


def damaged(folder, tmp_path, name, change):
    copy = tmp_path / "copy"
    copy.mkdir()
    for path in folder.iterdir():
        (copy / path.name).write_bytes(path.read_bytes())
    change(copy / name)
    return copy


@pytest.mark.parametrize(
    ("name", "change", "words"),
    [
        (CARD_FILE, lambda path: path.unlink(), "card.json is missing"),
        (ARRAYS_FILE, lambda path: path.unlink(), "strategy.safetensors is missing"),
        (CARD_FILE, lambda path: path.write_text("{}"), "is damaged"),
        (CARD_FILE, lambda path: path.write_text("[1"), "is damaged"),
        (CARD_FILE, lambda path: path.write_bytes(b"\xff\xfe"), "cannot be read"),
        (
            ARRAYS_FILE,
            lambda path: save_file({"a": np.zeros(3)}, path),
            "is not the file that card.json tells of",
        ),
    ],
)
def test_a_damaged_export_is_one_sentence(take_home, tmp_path, name, change, words):
    copy = damaged(take_home()[0], tmp_path, name, change)
    with pytest.raises(GapvizError, match=words):
        load_exported(copy)


def test_an_export_of_another_version_says_so(take_home, tmp_path):
    def older(path):
        path.write_text(json.dumps(json.loads(path.read_text("utf-8")) | {"format": 1}), "utf-8")

    copy = damaged(take_home()[0], tmp_path, CARD_FILE, older)
    with pytest.raises(GapvizError, match=r"another version of gapviz; export the strategy again"):
        load_exported(copy)


def test_a_folder_with_something_else_is_not_written_over(tmp_path, drawings):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(GapvizError, match="is not an exported strategy"):
        export_strategy(Experiment(drawings), tmp_path)
    assert (tmp_path / "notes.txt").read_text() == "mine"


@pytest.mark.parametrize("name", ["centre", "route", "minmax", "items-max", "nnn"])
def test_notes_stand_in_the_readme_and_in_the_card(take_home, name):
    folder, card, strategy = take_home(StrategyOptions(name))
    readme = (folder / "README.md").read_text("utf-8")
    assert readme.startswith(f"# {strategy.label}")
    told = json.loads((folder / CARD_FILE).read_text("utf-8"))["notes"]
    for one in snippets_of(card, strategy):
        assert one.note in readme and told[one.target] == one.note


def test_notes_name_licence_ties_scale_and_whole_lists(take_home):
    notes = {name: take_home(StrategyOptions(name))[1].notes for name in ("route", "minmax", "raw")}
    assert "licence tier" in notes["route"]["Elasticsearch"]
    assert all("ties" in notes["route"][one].lower() for one in ("Qdrant", "LanceDB", "OpenSearch"))
    assert all("fetched whole" in notes["minmax"][one] for one in ("Qdrant", "LanceDB"))
    assert all("(1 + cosine) / 2" in notes["raw"][one] for one in ("Elasticsearch", "OpenSearch"))
