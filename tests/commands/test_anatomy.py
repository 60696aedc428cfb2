import numpy as np
import pytest

from gapviz.analyses.anatomy.parts import cached_dimensions, cached_heat_maps, cached_plane
from gapviz.core.splits import CALIBRATE, EVALUATE
from gapviz.storage.saved_collection import save_collection
from gapviz.strategies import StrategyOptions


@pytest.fixture
def made(make_collection):
    return make_collection(60)


@pytest.fixture
def saved(made, tmp_path):
    save_collection(made, tmp_path / "saved")
    return tmp_path / "saved"


def _rows(collection, split):
    block = collection.split(split)
    return [block.modality(name).corpus.vectors for name in ("image", "text")]


def _unit(rows):
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def test_the_gap_is_taken_apart_as_the_page_does(made, saved, figures):
    told = figures("anatomy", saved)
    x, y = _rows(made, EVALUATE)
    squares = (x.mean(axis=0) - y.mean(axis=0)) ** 2
    largest = np.sort(squares / squares.sum())[::-1]
    assert told["dimensions"]["top_share"]["2"] == pytest.approx(largest[:2].sum(), abs=1e-6)
    page = cached_dimensions(made, ("image", "text"), seed=42).compute()
    assert told["dimensions"]["ablation"]["gap"] == pytest.approx(page.ablation.gap)
    assert (told["n_items"], told["seed"]) == (30, 42)


def test_every_part_can_be_had_raw_and_with_the_strategy(made, saved, figures):
    told = figures("anatomy", saved, "--of", "all", "--strategy", "half")
    options = [StrategyOptions("raw"), StrategyOptions("half")]
    maps = cached_heat_maps(made, options, ("image", "text"), seed=42).compute()
    cosines = [one.cosines for one in maps.by_strategy.values()]
    for name, expected in zip(("raw", "half"), cosines, strict=True):
        np.testing.assert_allclose(told["heat_map"]["by_strategy"][name]["cosines"], expected)
    points = cached_plane({"m": made}, options[1:], ("image", "text"), seed=42).compute()
    assert told["plane"]["chosen"][0]["point"]["alignment"] == points[0].point.alignment
    x, y = _rows(made, EVALUATE)
    best = np.argsort(-(x @ y.T), axis=1)[:, :10]
    counts = np.bincount(best.ravel(), minlength=len(y))
    assert told["hubs"]["by_strategy"]["raw"]["image->text"]["occurrences"] == counts.tolist()
    shares = np.linalg.svd(x - x.mean(axis=0), compute_uv=False) ** 2
    shares /= shares.sum()
    rank = told["spectrum"]["by_strategy"]["raw"]["image"]["effective_rank"]
    assert rank == pytest.approx(np.exp(-(shares * np.log(shares)).sum()), rel=1e-4)


def test_what_is_fitted_is_fitted_on_the_calibrate_split(made, saved, figures):
    told = figures("anatomy", saved, "--of", "dimensions,plane", "--strategy", "centre")
    means = [rows.mean(axis=0) for rows in _rows(made, CALIBRATE)]
    held_out = _rows(made, EVALUATE)
    dropped = np.argsort(-np.abs(means[0] - means[1]))[:2]
    x, y = (_unit(np.delete(rows, dropped, axis=1)) for rows in held_out)
    ablation = told["dimensions"]["ablation"]
    gap = ablation["gap"][ablation["removed"].index(2)]
    assert gap == pytest.approx(np.linalg.norm(x.mean(axis=0) - y.mean(axis=0)), abs=1e-6)
    x, y = (_unit(rows - mean) for rows, mean in zip(held_out, means, strict=True))
    alignment = np.mean(np.sum((x - y) ** 2, axis=1))
    assert told["plane"]["chosen"][0]["point"]["alignment"] == pytest.approx(alignment, abs=1e-5)


def test_the_loss_plane_has_the_models_of_another_source(made, saved, make_collection, tmp_path, figures):  # noqa: E501  # fmt: skip
    save_collection(make_collection(60, seed=1), tmp_path / "other")
    told = figures("anatomy", saved, "--of", "plane", "--also", tmp_path / "other")
    assert len({one["model"] for one in told["plane"]["points"]}) == 2


def test_what_is_printed_holds_each_part_with_its_direction(saved, run):
    text = run("anatomy", saved, "--of", "all").stdout
    for words in (
        "Dimensions, raw",
        "Cosines, ",
        "Loss plane",
        "Hubs",
        "Spectrum",
        "Matched pairs",
        "Clusters",
    ):
        assert words in text
    assert text.count("lower is better") == 3 and "higher is wider" in text
    route = run("anatomy", saved, "--of", "hubs", "--strategy", "route").stdout
    assert "moves no vector: what follows is of the raw ones." in route


def test_a_condition_names_a_part(saved, run):
    done = run("anatomy", saved, "--fail-if", "dimensions.top_share.2 > 0")
    assert done.returncode == 1 and "dimensions.top_share.2 = " in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["--of", "magic"],
        ["--of", ","],
        ["--strategy", "magic"],
        ["--pair", "image,sound"],
        ["--seed", "-1"],
        ["--also", "nowhere"],
        ["--fail-if", "hubs.sampled > 0"],
    ],
    ids=" ".join,
)
def test_bad_input_is_refused_in_one_sentence(saved, refused, arguments):
    of = [] if "--of" in arguments or "--fail-if" in arguments else ["--of", "plane"]
    refused("anatomy", saved, *of, *arguments)
