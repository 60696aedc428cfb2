import numpy as np
import pytest

from gapviz.core.splits import CALIBRATE, EVALUATE
from gapviz.storage.saved_collection import save_collection


@pytest.fixture
def made(make_collection):
    return make_collection(60)


@pytest.fixture
def saved(made, tmp_path):
    save_collection(made, tmp_path / "saved")
    return tmp_path / "saved"


def _cosines(collection, split):
    x, y = (collection.split(split).modality(n).corpus.vectors for n in ("image", "text"))
    return x @ y.T


def _shares(cosines, threshold):
    passing = cosines >= threshold
    off = ~np.eye(len(cosines), dtype=bool)
    return np.diag(passing).mean(), passing[off].mean()


def test_a_threshold_is_fitted_on_one_half_and_told_of_the_other(made, saved, figures):
    raw = figures("thresholds", saved)["by_strategy"]["raw"]
    one = raw["transfer"]["image-text"]
    fitted, held_out = (_cosines(made, split) for split in (CALIBRATE, EVALUATE))
    # The highest that 95 % of 30 matched pairs, so 29 of them, reach.
    assert one["threshold"] == pytest.approx(np.sort(np.diag(fitted))[1], abs=1e-6)
    rates = one["rates"]["image-text"]
    told = rates["true_positive"], rates["false_positive"]
    assert told == pytest.approx(_shares(held_out, one["threshold"]))


def test_any_score_can_be_asked_about(made, saved, figures):
    told = figures("thresholds", saved, "--strategy", "raw", "--at", "0.3")
    rates = told["by_strategy"]["raw"]["passing"]["image-text"]
    shares = rates["true_positive"], rates["false_positive"]
    assert shares == pytest.approx(_shares(_cosines(made, EVALUATE), 0.3))


def test_an_item_asks_and_its_lists_are_merged_in_two_ways(made, saved, figures, run):
    item = made.items[3].id
    fused = figures("thresholds", saved, "--item", item, "-k", "4")["fusion"]
    assert (fused["item"], fused["query_modality"]) == (item, "image")
    blocks = {name: made.modality(name).vectors for name in ("image", "text")}
    query = blocks["image"][3]
    best = {name: np.sort(np.delete(rows @ query, 3 if name == "image" else []))[::-1]
            for name, rows in blocks.items()}  # fmt: skip
    merged = np.sort(np.concatenate(list(best.values())))[::-1][:4]
    scores = [hit["score"] for hit in fused["by_cosine"]["hits"]]
    assert scores == pytest.approx(merged, abs=1e-6)
    assert fused["by_rank"]["bias"] == 0.5
    text = run("thresholds", saved, "--item", item).stdout
    assert "by bare cosine" in text and "by rank, k = 60" in text


def test_what_is_printed_tells_which_way_is_better(saved, run):
    text = run("thresholds", saved, "--target", "precision", "--reach", "0.5").stdout
    assert "should pass" in text and "should not pass" in text
    assert "precision 0.5" in text and "none is known to be" in " ".join(text.split())
    assert "adjusts no score" in run("thresholds", saved, "--strategy", "route").stdout


def test_a_condition_names_strategy_and_pair_type(saved, run):
    condition = "by_strategy.raw.transfer.image-text.rates.image-text.false_positive >= 0"
    assert run("thresholds", saved, "--fail-if", condition).returncode == 1


def test_what_matches_is_told_with_the_numbers_to_use_it(saved, figures, run):
    told = figures("thresholds", saved, "--strategy", "centre", "--prior", "0.3")["matches"]
    assert set(told) == {"raw", "centre"}
    reliability = told["centre"]["reliability"]["image-text"]
    assert reliability["prior"] == 0.3 and set(reliability["brier"]) == {"value", "low", "high"}
    curve = told["centre"]["probabilities"]["image-text"]["curve"]
    assert curve["method"] == "logistic" and curve["prior"] == 0.3 and curve["slope"] > 0
    steps = figures("thresholds", saved, "--method", "isotonic")["matches"]["raw"]
    curve = steps["probabilities"]["image-text"]["curve"]
    assert len(curve["scores"]) == len(curve["steps"]) > 1 and curve["slope"] is None
    condition = "matches.raw.reliability.image-text.calibration_error >= 0"
    assert run("thresholds", saved, "--fail-if", condition).returncode == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ["--at", "nan"],
        ["--reach", "2"],
        ["--prior", "0"],
        ["--precision", "1"],
        ["--method", "magic"],
        ["--target", "luck"],
        ["--item", "nobody"],
        ["--item", "0", "--query-modality", "sound"],
        ["--strategy", "magic"],
    ],
    ids=" ".join,
)
def test_bad_input_is_refused_in_one_sentence(saved, refused, arguments):
    refused("thresholds", saved, *arguments)
