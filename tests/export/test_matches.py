"""What scores say of a match, taken home: on the card, in Python and in the generated code."""

import json

import numpy as np
import pytest

from gapviz.core.errors import GapvizError
from gapviz.export import apply_scores as apply_scores_module
from gapviz.export.apply_scores import apply_scores
from gapviz.export.card import ExportCard
from gapviz.export.folder import CARD_FILE, export_strategy, load_exported
from gapviz.export.matches import MatchSettings
from gapviz.measures.experiment import Experiment
from gapviz.strategies import StrategyOptions

SCORES = np.linspace(-0.2, 0.9, 23)


@pytest.mark.parametrize("name", ["centre", "znorm", "nnn", "route"])
def test_the_generated_code_says_what_python_says(take_home, generated, name):
    folder, card, _ = take_home(StrategyOptions(name))
    module, back = generated(folder, "in_numpy"), load_exported(folder)
    pairs = [(one.first, one.second) for one in card.matches.probabilities]
    assert ("image", "text") in pairs and ("text", "text") in pairs
    for one, other in pairs:
        for prior in (0.1, 0.001):
            expected = back.match_probability(SCORES, one, other, prior)
            np.testing.assert_allclose(
                module.match_probability(SCORES, one, other, prior), expected, atol=1e-12
            )
            turned = module.match_probability(SCORES, other, one, prior)
            np.testing.assert_allclose(turned, expected, atol=1e-12)
    assert module.match_probability(0.3, "image", "text") == pytest.approx(
        back.match_probability(0.3, "image", "text")
    )
    told = {(one.chosen.query_modality, one.chosen.modality): one.chosen.score
            for one in card.matches.thresholds}  # fmt: skip
    assert told == module.ACCEPTED_FROM


def test_isotonic_steps_are_taken_home_as_plain_numbers(make_collection, tmp_path, generated):
    experiment = Experiment(make_collection(120, 16), StrategyOptions("centre"))
    settings = MatchSettings("isotonic", 0.3, 0.8)
    card = export_strategy(experiment, tmp_path / "out", settings)
    back = load_exported(tmp_path / "out")
    assert back.card == card and card.matches.precision == 0.8
    module = generated(tmp_path / "out", "in_numpy")
    for prior in (0.3, 0.01):
        np.testing.assert_allclose(
            module.match_probability(SCORES, "text", "image", prior),
            back.match_probability(SCORES, "text", "image", prior),
            atol=1e-12,
        )
    told = json.loads((tmp_path / "out" / CARD_FILE).read_text("utf-8"))["matches"]
    assert told["probabilities"][0]["curve"]["steps"]
    assert all(0 <= one["held_out_coverage"] <= 1 for one in told["thresholds"])


def test_what_was_not_learned_is_refused_in_a_sentence(take_home, make_collection, tmp_path):
    back = load_exported(take_home()[0])
    with pytest.raises(GapvizError, match="audio"):
        back.match_probability(0.3, "image", "audio")
    export_strategy(Experiment(make_collection(16)), tmp_path / "few")
    few = load_exported(tmp_path / "few")
    with pytest.raises(GapvizError, match="no probability"):
        few.match_probability(0.3, "image", "text")
    assert "def match_probability" not in (tmp_path / "few" / "in_numpy.py").read_text("utf-8")


def test_a_card_of_an_earlier_version_is_read_without_it(take_home):
    told = json.loads((take_home()[0] / CARD_FILE).read_text("utf-8"))
    del told["matches"]
    assert ExportCard.from_json(json.dumps(told)).matches is None


def test_a_file_of_scores_becomes_a_file_of_probabilities(take_home, tmp_path, monkeypatch):
    monkeypatch.setattr(apply_scores_module, "BLOCK_SCORES", 5)
    back = load_exported(take_home(StrategyOptions("centre"))[0])
    scores, out = SCORES.reshape(1, -1), tmp_path / "likely.npy"
    np.save(tmp_path / "scores.npy", scores)
    applied = apply_scores(back, tmp_path / "scores.npy", ("text", "image"), out, prior=0.01)
    assert (applied.n_scores, applied.prior) == (SCORES.size, 0.01)
    expected = back.match_probability(scores, "text", "image", 0.01)
    np.testing.assert_allclose(np.load(out), expected, atol=1e-6)
    assert {path.name for path in tmp_path.iterdir()} == {"scores.npy", "likely.npy"}


@pytest.mark.parametrize(
    ("content", "said"),
    [(np.array(["a"]), "no numbers"), (np.array([0.1, np.nan]), "score 1 is no number"),
     (np.zeros(0), "no numbers"), (np.array([{}]), "no .npy")],
)  # fmt: skip
def test_scores_that_are_none_leave_no_file(take_home, tmp_path, content, said):
    back = load_exported(take_home(StrategyOptions("centre"))[0])
    np.save(tmp_path / "scores.npy", content, allow_pickle=True)
    with pytest.raises(GapvizError, match=said):
        apply_scores(back, tmp_path / "scores.npy", ("image", "text"), tmp_path / "out.npy")
    assert [path.name for path in tmp_path.iterdir()] == ["scores.npy"]
