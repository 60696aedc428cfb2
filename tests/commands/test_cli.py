"""The command line from outside: exit code, one sentence, strict JSON."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest

from gapviz.commands.cli import main
from gapviz.core.collection import Collection
from gapviz.core.item import items_of_rows
from gapviz.core.modality_vectors import ModalityVectors
from gapviz.storage.saved_collection import save_collection
from gapviz.strategies import STRATEGIES
from tests.patience import PATIENCE_SECONDS

RNG = np.random.default_rng(0)
KEYS = {
    "n_items", "dim", "modalities", "gap", "noise_floor", "separation", "separation_b",
    "separation_c", "rmg", "constancy", "mean_norm", "cone", "matched_cosine",
    "mismatched_cosine", "alignment", "uniformity_joint", "top2_share", "participation_ratio",
    "auc_matched", "bias_at_10", "expected_bias_at_10", "bias_lift_at_10", "mixed_mrr",
    "mixed_ndcg_at_10", "recall",
}  # fmt: skip


def gapviz(*arguments, **options):
    return subprocess.run(
        [sys.executable, "-m", "gapviz", *map(str, arguments)],
        capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False, **options,
    )  # fmt: skip


def refused(done):
    assert done.returncode == 2
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert line.startswith("gapviz: ") and line.endswith(".")
    assert "Traceback" not in done.stderr
    return line


def strict(text):
    def refuse(constant):
        raise AssertionError(f"{constant} is not JSON")

    return json.loads(text, parse_constant=refuse)


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    path = tmp_path_factory.mktemp("cli") / "rows.npy"
    meaning = RNG.standard_normal((30, 8))
    noise = RNG.standard_normal((2, 30, 8))
    np.save(path, meaning + 0.3 * noise + np.array([1, -1])[:, None, None])
    return path


def test_json_is_one_strict_object_with_every_figure(source):
    done = gapviz("measure", source, "--json")
    assert done.returncode == 0 and done.stderr == ""
    figures = strict(done.stdout)
    assert set(figures) >= KEYS
    assert figures["n_items"] == 15 and figures["dim"] == 8
    assert figures["modalities"] == ["image", "text"]
    assert {way: list(depths) for way, depths in figures["recall"].items()} == {
        "image->text": ["1", "5", "10"],
        "text->image": ["1", "5", "10"],
    }
    assert set(figures["bias_at_10"]) == {"image", "text"}


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_the_same_seed_gives_the_same_bytes(source, run, strategy):
    once, again = (
        run("measure", source, "--json", "--strategy", strategy, "--seed", 5) for _ in range(2)
    )
    assert once.returncode == 0
    assert once.stdout == again.stdout
    assert strict(once.stdout)["strategy"] == strategy


@pytest.mark.slow
def test_two_processes_give_the_same_bytes(source):
    arguments = ("measure", source, "--json", "--strategy", "centre")
    one, other = (
        gapviz(*arguments, env=os.environ | {"PYTHONHASHSEED": seed}) for seed in ("1", "2")
    )
    assert one.stdout == other.stdout != ""


def test_another_seed_moves_the_intervals_only(source, run):
    one, other = (
        strict(run("measure", source, "--json", "--seed", seed).stdout) for seed in (1, 2)
    )
    assert one["bias_at_10"]["text"]["low"] != other["bias_at_10"]["text"]["low"]
    one, other = map(_without_intervals, (one, other))
    assert {key for key in one if one[key] != other[key]} == {"seed"}


def _without_intervals(figures):
    if isinstance(figures, dict):
        known = figures["value"] if set(figures) == {"value", "low", "high"} else None
        return known or {name: _without_intervals(one) for name, one in figures.items()}
    return figures


@pytest.mark.parametrize("strategy", ["raw", "centre"])
def test_every_strategy_is_measured_on_the_same_held_out_items(source, run, strategy):
    asked = ["measure", source, "--json", "--strategy", strategy]
    held_out = strict(run(*asked).stdout)
    assert (held_out["fit"], held_out["n_items"], held_out["seed"]) == ("split", 15, 42)
    every = strict(run(*asked, "--fit", "all").stdout)
    assert (every["fit"], every["n_items"]) == ("all", 30)


def test_the_parameters_of_a_strategy_are_taken_and_told(source, run):
    arguments = ["--strategy", "ridge", "--ridge", "2", "--anchor", "image", "--json"]
    figures = strict(run("measure", source, *arguments).stdout)
    assert figures["parameters"] == {"ridge": 2, "anchor": "image"}
    figures = strict(run("measure", source, "--strategy", "nnn", "--alpha", "0.5", "--json").stdout)
    assert figures["parameters"] == {"alpha": 0.5, "neighbours": 10}


def test_doubts_about_a_fit_are_printed(tmp_path, run):
    rows = RNG.standard_normal((2, 20, 32))
    np.save(tmp_path / "few.npy", rows)
    text = run("measure", tmp_path / "few.npy", "--strategy", "procrustes").stdout
    assert "warning   10 calibration pairs" in text


def test_the_summary_names_collection_strategy_and_figures(source, run):
    text = run("measure", source, "--strategy", "offset", "--moves", "text").stdout
    for words in ("rows: 15 items", "One-sided offset", "text moves", "RMG", "bias rate", "R@10"):
        assert words in text


@pytest.mark.parametrize(
    "arguments",
    [
        ["--strength", "nan"],
        ["--strength", "inf"],
        ["--strength", "-1"],
        ["--strength", "2.5", "--strategy", "centre"],
        ["--strength", "much"],
        ["--strategy", "magic"],
        ["--moves", "smell"],
        ["--moves", "smell", "--strategy", "offset"],
        ["--pair", "image"],
        ["--pair", "image,image"],
        ["--pair", "image,smell"],
        ["--pair", ","],
        ["--rrf-k", "nan"],
        ["--rrf-k", "-3"],
        ["--rrf-k", "1e300"],
        ["--rank-base", "7"],
        ["--ties", "maybe"],
        ["--weight", "image"],
        ["--weight", "image=nan"],
        ["--weight", "image=-1"],
        ["--weight", "smell=1"],
        ["--ridge", "0", "--strategy", "ridge"],
        ["--ridge", "nan"],
        ["--anchor", "smell", "--strategy", "ridge"],
        ["--alpha", "-1"],
        ["--neighbours", "0"],
        ["--neighbours", "1.5"],
        ["--seed", "-1"],
        ["--seed", "1.5"],
        ["--fit", "some"],
        ["--bogus"],
    ],
    ids=" ".join,
)
def test_bad_options_are_refused_in_one_sentence(source, run, arguments):
    refused(run("measure", source, *arguments))


def test_no_command_is_refused_in_one_sentence(run):
    refused(run())
    refused(run("dance"))
    refused(run("measure"))


def bad_inputs(folder):
    rows = RNG.standard_normal((2, 5, 4))
    np.save(folder / "good.npy", rows)
    whole = (folder / "good.npy").read_bytes()
    (folder / "cut.npy").write_bytes(whole[:-9])
    (folder / "empty.npy").write_bytes(b"")
    (folder / "text.npy").write_text("hello\n")
    np.savez(folder / "good.npz", image=rows[0], text=rows[1])
    archive = (folder / "good.npz").read_bytes()
    (folder / "cut.npz").write_bytes(archive[: len(archive) // 2])
    (folder / "empty.npz").write_bytes(b"")
    objects = np.array([{}], dtype=object)
    np.save(folder / "object.npy", objects, allow_pickle=True)
    np.savez(folder / "object.npz", image=objects, text=rows[1])
    np.savez(folder / "one.npz", image=rows[0])
    np.savez(folder / "dims.npz", image=rows[0], text=rows[1][:, :2])
    np.save(folder / "shape.npy", rows[0])
    for name, value in (("nan", np.nan), ("inf", np.inf), ("zero", 0.0)):
        bad = rows.copy()
        bad[1, 2:] = value
        np.save(folder / f"{name}.npy", bad)
    (folder / "folder.npy").mkdir()
    (folder / "damaged").mkdir()
    (folder / "damaged" / "collection.json").write_text("{")
    saved = Collection("twice", items_of_rows(5), {"image": ModalityVectors.of(rows[0])})
    save_collection(saved, folder / "twice")
    text = (folder / "twice" / "collection.json").read_text()
    (folder / "twice" / "collection.json").write_text(text.replace('"id": "1"', '"id": "0"'))
    (folder / "table.csv").write_text("1,2\n")
    return sorted(path.name for path in folder.iterdir() if not path.name.startswith("good"))


BAD = [
    "cut.npy", "cut.npz", "damaged", "dims.npz", "empty.npy", "empty.npz", "folder.npy",
    "inf.npy", "nan.npy", "object.npy", "object.npz", "one.npz", "shape.npy", "table.csv",
    "text.npy", "twice", "zero.npy",
]  # fmt: skip


@pytest.fixture(scope="module")
def bad_folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bad")
    assert bad_inputs(folder) == BAD
    return folder


@pytest.mark.parametrize("name", [*BAD, "nothing.npy"])
def test_bad_input_is_refused_in_one_sentence(bad_folder, run, name):
    assert name.partition(".")[0] in refused(run("measure", bad_folder / name, "--json"))


def test_one_broken_row_is_left_out_and_told(tmp_path, source, run):
    rows = np.load(source)
    rows[1, 3], rows[0, 7] = np.nan, 0
    np.save(tmp_path / "x.npy", rows)
    done = run("measure", tmp_path / "x.npy", "--json")
    assert done.returncode == 0
    assert strict(done.stdout)["bias_at_10"]
    assert done.stderr == (
        "gapviz: left out or read otherwise: x.npy, image, row 7 has length zero, and 1 more; "
        "gapviz info lists them.\n"
    )
    assert "x.npy, text, row 3 holds NaN" in run("info", tmp_path / "x.npy").stdout


@pytest.mark.slow
def test_a_process_refuses_with_code_2_and_no_traceback(bad_folder):
    for name in ("cut.npz", "nan.npy"):
        refused(gapviz("measure", bad_folder / name))


@pytest.mark.parametrize("form", [["--json"], []])
@pytest.mark.parametrize("fit", ["all", "split"])
def test_centring_a_collapsed_cloud_is_refused_in_one_sentence(tmp_path, run, form, fit):
    row = RNG.standard_normal((2, 1, 8))
    np.save(tmp_path / "point.npy", row * np.arange(1, 8)[None, :, None])
    arguments = ["measure", tmp_path / "point.npy", *form, "--fit", fit]
    assert "length zero" in refused(run(*arguments, "--strategy", "centre"))
    assert run(*arguments).returncode == 0


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("n", [1, 3])
@pytest.mark.parametrize("strategy", ["raw", "offset", "half", "route"])
def test_a_few_items_are_measured(tmp_path, run, n, strategy):
    np.save(tmp_path / "few.npy", RNG.standard_normal((2, n, 5)))
    for form in (["--json"], []):
        done = run("measure", tmp_path / "few.npy", "--fit", "all", "--strategy", strategy, *form)
        assert done.returncode == 0 and done.stderr == ""
    figures = run("measure", tmp_path / "few.npy", "--fit", "all", "--strategy", strategy, "--json")
    assert set(strict(figures.stdout)) >= KEYS


def test_one_item_cannot_be_split(tmp_path, run):
    np.save(tmp_path / "one.npy", RNG.standard_normal((2, 1, 5)))
    words = refused(run("measure", tmp_path / "one.npy", "--strategy", "centre"))
    assert "at least four items" in words


def test_norm_and_dtype_of_the_rows_do_not_matter(source, tmp_path, run):
    rows = np.load(source)
    gaps = []
    for name, other in (
        ("float64", rows),
        ("huge", rows * 1e200),
        ("float32", rows.astype(np.float32)),
        ("float16", rows.astype(np.float16)),
        ("int16", np.round(rows * 5000).astype(np.int16)),
    ):
        np.save(tmp_path / f"{name}.npy", other)
        gaps.append(
            strict(run("measure", tmp_path / f"{name}.npy", "--json").stdout)["gap"]["value"]
        )
    assert gaps == pytest.approx([gaps[0]] * 5, abs=1e-3)
    assert gaps[1] == pytest.approx(gaps[0], abs=1e-7)


@pytest.mark.slow
def test_a_reader_that_leaves_early_is_no_error(source):
    for form in ("--json", ""):
        command = f'"{sys.executable}" -m gapviz measure "{source}" {form} | head -c 10'
        done = subprocess.run(
            ["bash", "-o", "pipefail", "-c", command], capture_output=True, text=True, check=False
        )
        assert done.stderr == ""
        assert done.returncode == 0
        assert len(done.stdout) == 10


@pytest.mark.slow
def test_a_standard_error_that_is_closed_changes_no_exit_code(monkeypatch, source, capsys):
    # As a job has it whose starter closed it: 2>&-
    for asked, code in ((["info", str(source)], 0), (["info", "no such file"], 2)):
        monkeypatch.setattr("sys.stderr", None)
        assert main(asked) == code


def test_a_terminal_without_greek_shows_escapes(source):
    environment = os.environ | {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    for arguments in (
        ["measure", source, "--strategy", "half"],
        ["measure", "--help"],
    ):
        done = gapviz(*arguments, env=environment)
        assert done.returncode == 0 and done.stderr == ""


def test_version_and_help_succeed(run):
    assert run("--version").stdout.startswith("gapviz ")
    assert "--strategy" in run("measure", "--help").stdout


@pytest.mark.parametrize(
    ("former", "words"),
    [
        (["advise"], "gapviz: advise is now called decide\n"),
        (["project", "--layout", "pca"], "gapviz: project is now called cones\n"),
        (["forces", "--of", "order"], "gapviz: forces is now called why\n"),
        (
            ["search", "--item", "00", "--with", "text"],
            "gapviz: --with is now called --query-modality\n",
        ),
    ],
)
def test_a_former_name_works_with_one_line_of_warning(source, run, former, words):
    command, *options = former
    done = run(command, source, *options, "--json")
    assert (done.returncode, done.stderr) == (0, words)
    figures = strict(done.stdout)
    assert figures["version"] == 2 and figures.get("query_modality", "text") == "text"
    assert "--with" not in run("search", "--help").stdout


def test_a_command_that_starts_anew_does_not_promise_to_go_on(source, run, monkeypatch):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("gapviz.analyses.measure.measure", interrupted)
    done = run("measure", source)
    assert (done.returncode, done.stderr) == (130, "gapviz: stopped.\n")


def test_few_items_are_measured_without_nan_and_with_a_warning(capsys, tmp_path):
    rows = np.random.default_rng(0).standard_normal((2, 3, 8))
    np.save(tmp_path / "three.npy", rows)
    for command in (["measure"], ["scoreboard", "--strategies", "raw,centre"]):
        assert main([*command, str(tmp_path / "three.npy")]) == 0
        told = capsys.readouterr().out
        assert "Too few held-out items to measure: 1;" in told
        assert "nan" not in told
        assert "unknown" in told


def test_half_a_flag_is_no_flag_of_another_command(run):
    told = run("directions", "builtin", "--pair", "image")
    assert told.returncode == 2 and "unrecognized arguments: --pair" in told.stderr
