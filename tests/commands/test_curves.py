import pytest

from gapviz.analyses.curves.calibration import calibration_curve
from gapviz.analyses.curves.rank_fusion import rank_fusion_curves
from gapviz.core.plain_json import plain_json
from gapviz.measures.experiment import measure
from gapviz.storage.saved_collection import save_collection
from gapviz.strategies import StrategyOptions

PAIR = ("image", "text")


@pytest.fixture
def made(make_collection):
    return make_collection(60)


@pytest.fixture
def saved(made, tmp_path):
    save_collection(made, tmp_path / "saved")
    return tmp_path / "saved"


def test_the_ends_of_the_strength_curve_are_what_measure_tells(made, saved, figures):
    told = figures("curves", saved, "--strategy", "half")["strength"]
    for strength in (0.0, 1.0):
        place = told["strengths"].index(strength)
        alone = measure(made, StrategyOptions("half", strength=strength), seed=42)
        assert told["gap"][place] == pytest.approx(alone.geometry.gap.gap, abs=1e-6)
        for name in PAIR:
            for curve, figure in (("bias", alone.bias), ("ndcg", alone.ndcg)):
                got = told[curve][name]["value"][place]
                assert got == pytest.approx(figure[name].value, abs=1e-6)


def test_the_other_curves_are_those_of_the_page(made, saved, figures):
    chosen = ("--query-modality", "image", "--strategy", "centre")
    told = figures("curves", saved, "--of", "mix,calibration,fusion", *chosen)
    assert "strength" not in told and told["mix"]["query_modality"] == "image"
    page = calibration_curve(made, StrategyOptions("centre"), PAIR, seed=42).compute()
    assert told["calibration"]["cosine"]["value"] == pytest.approx(page.cosine.value)
    curves = rank_fusion_curves(made, "image", seed=42).compute()
    by_lists = told["fusion"]["by_lists"]
    assert by_lists.keys() == curves.keys()
    for lists, curve in curves.items():
        for name in PAIR:
            got = by_lists[lists]["by_k"]["ndcg"][name]["value"]
            assert got == plain_json(curve.by_k.ndcg[name].value)


def test_a_strategy_without_a_strength_is_replaced_and_that_is_said(saved, figures, run):
    told = figures("curves", saved, "--strategy", "route")["strength"]
    assert told["strategy"] == "centre" and told["note"]
    text = run("curves", saved, "--strategy", "route").stdout
    assert "Centre both" in text and " ".join(told["note"].split()[:3]) in text


def test_what_is_printed_tells_direction_and_interval(saved, run):
    text = run("curves", saved, "--of", "all").stdout
    for words in ("Strength λ", "Corpus mix", "Calibration items", "Rank fusion"):
        assert words in text
    assert text.count("higher is") >= 4 and text.count("[low, high]") == 4


@pytest.mark.parametrize(
    "arguments",
    [
        ["--of", "magic"],
        ["--of", ""],
        ["--query-modality", "sound"],
        ["--weighted", "sound"],
        ["--pair", "image"],
        ["--strength", "9"],
        ["--encoder", "nobody"],
    ],
    ids=" ".join,
)
def test_bad_input_is_refused_in_one_sentence(saved, refused, arguments):
    refused("curves", saved, *arguments)


def test_one_modality_has_no_gap_to_draw(make_collection, tmp_path, refused):
    save_collection(make_collection(12, modalities=("image",)), tmp_path / "one")
    refused("curves", tmp_path / "one")
