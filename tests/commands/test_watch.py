import json

import numpy as np
import pytest

from gapviz.measures.sketch.sketch import Sketch
from tests.measures.sketch.worlds import cones


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    """1,600 pairs, of which every second one calibrates."""
    rows = cones(1_600, 0)
    path = tmp_path_factory.mktemp("stack") / "features.npy"
    np.save(path, np.stack([rows["image"], rows["text"]]))
    return path


@pytest.fixture
def home(run, stack, tmp_path):
    assert run("export", stack, "--strategy", "centre", "--out", tmp_path / "home").returncode == 0
    return tmp_path / "home"


@pytest.fixture
def day(tmp_path):
    """`day(name, …)`: files of one day's rows, by modality."""

    def make(name, n=1_200, **moved):
        folder = tmp_path / name
        folder.mkdir()
        paths = []
        for modality, rows in cones(n, [5, len(name)], **moved).items():
            paths.append(folder / f"{modality}.npy")
            np.save(paths[-1], rows)
        return paths

    return make


def test_a_day_like_the_calibration_is_fine(run, home, day):
    done = run("watch", home, *day("monday"))
    assert (done.returncode, done.stderr) == (0, "")
    words = " ".join(done.stdout.split())
    assert "Fine: in 1,200 image and 1,200 text rows nothing has moved" in words
    assert "found 4 times in 5" in words


def test_a_day_that_has_drifted_exits_with_one_and_says_what(run, home, day):
    done = run("watch", home, *day("tuesday", gap=1.1))
    assert done.returncode == 1
    assert "length of the gap image – text: +" in done.stderr
    assert "Fit the strategy again" in " ".join(done.stdout.split())


def test_the_answer_in_json_is_that_of_dashboards(run, home, day):
    done = run("watch", home, *day("tuesday", gap=1.1), "--json")
    told = json.loads(done.stdout)
    assert told["verdict"] == "drifted" and told["alarm"] is True and told["touches_the_fix"]
    check = told["checks"]["gap:image-text:length"]
    assert check["alarm"] and check["adjusted"] <= told["level"] == 0.01
    assert check["statistic"] and check["floor"] == 0.03


def test_sketches_of_days_merge_into_a_week(run, figures, home, day, tmp_path):
    files = []
    for name in ("mon", "tuesd", "wednesday"):
        files.append(tmp_path / f"{name}.safetensors")
        assert run("watch", home, *day(name, 200), "--sketch", files[-1]).returncode == 0
    week = figures("watch", home, *files)
    assert week["rows"] == {"image": 600, "text": 600}
    assert week["verdict"] == "fine"


def test_one_modality_alone_is_watched(run, figures, home, day):
    image, _ = day("monday")
    other = image.rename(image.with_name("rows.npy"))
    told = figures("watch", home, f"image={other}")
    assert told["rows"] == {"image": 1_200} and "mix" not in told["checks"]
    again = figures("watch", home, other, "--modality", "image", "--block-rows", 13)
    assert again["verdict"] == told["verdict"] == "fine"
    for name, check in again["checks"].items():
        assert check["today"] == pytest.approx(told["checks"][name]["today"], abs=1e-9)


def test_a_collection_tells_how_the_fix_does_on_its_pairs(run, home, stack):
    done = run("watch", home, stack)
    words = " ".join(done.stdout.split())
    assert done.returncode == 0
    assert "800 rows of image, 800 rows of text today" in words
    assert "The fix on 800 items of today, of which both halves are known" in words


def test_few_rows_say_how_many_are_needed(run, home, day):
    done = run("watch", home, *day("monday", 15))
    assert done.returncode == 0
    assert "Too few rows to say (15 image and 15 text)" in " ".join(done.stdout.split())


def test_another_dimension_is_another_encoder(run, home, tmp_path):
    np.save(tmp_path / "image.npy", np.random.default_rng(0).standard_normal((50, 7)))
    done = run("watch", home, tmp_path / "image.npy")
    assert done.returncode == 1
    assert "dimensions of image (24 → 7)" in done.stderr


def test_a_condition_fails_too(run, home, day):
    paths = day("monday")
    done = run("watch", home, *paths, "--fail-if", "residual_gap >= 0")
    assert done.returncode == 1 and "residual_gap.image-text" in done.stderr


def test_what_cannot_be_watched_is_refused(refused, home, tmp_path, stack):
    np.save(tmp_path / "rows.npy", np.eye(24))
    assert "there is no modality 'audio'" in refused(
        "watch", home, tmp_path / "rows.npy", "--modality", "audio"
    )
    assert "there is no modality 'audio'" in refused(
        "watch", home, f"audio={tmp_path / 'rows.npy'}"
    )
    assert "write for instance image=" in refused("watch", home, tmp_path / "rows.npy")
    (tmp_path / "rows.npy").rename(tmp_path / "new_text.npy")
    assert "write for instance text=" in refused("watch", home, tmp_path / "new_text.npy")
    assert "card.json is missing" in refused("watch", tmp_path, stack)
    assert "rows.npx" in refused("watch", home, tmp_path / "rows.npx")
    assert "level" in refused("watch", home, stack, "--level", "2")
    assert ".safetensors" in refused("watch", home, stack, "--sketch", tmp_path / "day.npy")
    Sketch.of(np.eye(24), "image").save(tmp_path / "s.safetensors")
    assert "another export" in refused("watch", home, tmp_path / "s.safetensors")
