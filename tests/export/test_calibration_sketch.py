"""The sketch of the calibration items in an export, and what today's vectors become."""

import json

import numpy as np
import pytest

from gapviz.core.errors import GapvizError
from gapviz.core.splits import CALIBRATE
from gapviz.export.calibration_sketch import SKETCH_FILE, load_calibration
from gapviz.export.folder import CARD_FILE, export_strategy, load_exported
from gapviz.export.todays_vectors import Today, merged_by_modality
from gapviz.measures.experiment import Experiment
from gapviz.strategies import StrategyOptions


@pytest.fixture(scope="module")
def made(make_collection):
    return make_collection(240, 12, gap=3.0)


@pytest.fixture
def folder(made, tmp_path):
    export_strategy(Experiment(made, StrategyOptions("centre")), tmp_path / "home")
    return tmp_path / "home"


def test_an_export_holds_a_sketch_of_its_calibration_items(made, folder):
    card = load_exported(folder).card
    assert card.sketch == SKETCH_FILE
    calibration = load_calibration(folder, card)
    for name, block in made.split(CALIBRATE).modalities.items():
        assert calibration.corpus[name].n == block.n_rows == 120
        mean = block.vectors.mean(axis=0, dtype=np.float64)
        np.testing.assert_allclose(calibration.reference.means[name], mean, atol=1e-9)


def test_an_older_export_still_loads_and_says_what_it_lacks(folder):
    told = json.loads((folder / CARD_FILE).read_text("utf-8"))
    del told["sketch"], told["sketch_hash"]
    (folder / CARD_FILE).write_text(json.dumps(told), "utf-8")
    (folder / SKETCH_FILE).unlink()
    exported = load_exported(folder)
    assert exported.transform(np.eye(1, 12), "image").shape == (1, 12)
    with pytest.raises(GapvizError, match="holds no sketch of the calibration items"):
        load_calibration(folder, exported.card)


@pytest.mark.parametrize("content", [None, b"other"])
def test_a_sketch_that_is_missing_or_another_one_is_refused(folder, content):
    if content is None:
        (folder / SKETCH_FILE).unlink()
    else:
        (folder / SKETCH_FILE).write_bytes(content)
    exported = load_exported(folder)
    with pytest.raises(GapvizError, match=SKETCH_FILE):
        load_calibration(folder, exported.card)


def test_files_and_the_collection_itself_give_the_same_sketch(made, folder, tmp_path):
    card = load_exported(folder).card
    today = Today(card, load_calibration(folder, card))
    rows = made.split("evaluate").modality("text").vectors
    np.save(tmp_path / "text.npy", rows)
    of_file = today.of_file(tmp_path / "text.npy", "text", block_rows=17)
    (of_collection,) = [one for one in today.of_collection(made) if one.modality == "text"]
    # Of the collection that was fitted on, the held-out half alone is of another day.
    assert of_file.n == of_collection.n == 120
    assert of_file.moments.total == of_collection.moments.total
    (merged,) = merged_by_modality([of_file, of_file])
    assert merged.n == 240


def test_a_modality_that_was_not_exported_is_refused(folder, tmp_path):
    card = load_exported(folder).card
    np.save(tmp_path / "x.npy", np.eye(12))
    with pytest.raises(GapvizError, match="no modality 'audio'"):
        Today(card, load_calibration(folder, card)).of_file(tmp_path / "x.npy", "audio")
