from dataclasses import replace

import numpy as np
import pytest

from gapviz.core.errors import GapvizError
from gapviz.core.item import Item
from gapviz.core.vectors import unit_rows
from gapviz.measures.sketch.calibration import Calibration
from gapviz.measures.sketch.drift import drift_of
from gapviz.measures.sketch.sketch import Sketch
from tests.measures.sketch.worlds import calibration_of, cones, watched

WATCHES = 60
MOST_FALSE = 4
"""More alarms than this in 60 watches come in 1 of 2,600 rounds at a rate of 1 %."""


@pytest.fixture(scope="module")
def calibration():
    return calibration_of(cones(400, 0))


@pytest.mark.parametrize("n", [60, 400])
def test_false_alarms_are_as_rare_as_the_level_says(n):
    false = 0
    for seed in range(WATCHES):
        made = calibration_of(cones(200, [seed, n]))
        false += bool(watched(made, cones(n, [seed, n, 1]), floor=0.0).alarms)
    assert false <= MOST_FALSE


def test_copies_of_rows_raise_no_alarm():
    """Every row comes five times, in any order: without counting copies most watches alarm."""
    false = 0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        few = cones(60, [seed, 7])
        today = {name: rng.permutation(np.repeat(part, 5, axis=0)) for name, part in few.items()}
        found = watched(calibration_of(cones(300, seed)), today)
        assert found.effective_rows["image"] == pytest.approx(60, rel=0.25)
        false += bool(found.alarms)
    assert false <= 2


def test_nothing_has_moved(calibration):
    found = watched(calibration, cones(600, 1))
    assert found.verdict == "fine" and not found.alarms
    assert found.to_json()["alarm"] is False


@pytest.mark.parametrize(
    ("today", "names"),
    [
        ({"moved": 0.15}, {"centroid:image", "gap:image-text:direction"}),
        ({"gap": 1.0}, {"gap:image-text:length", "scores:image->text:mean"}),
    ],
    ids=["centroid of the images", "a longer gap"],
)
def test_what_has_moved_is_named(calibration, today, names):
    found = watched(calibration, cones(1_500, 1, **today))
    assert found.verdict == "drifted"
    assert names <= {one.name for one in found.alarms}
    assert not [one for one in found.alarms if one.kind == "encoder"]


def test_the_gap_that_is_left_is_predicted(calibration):
    today = cones(3_000, 1, moved=0.15)
    reference = calibration.reference
    moved = {name: rows.mean(axis=0) - reference.means[name] for name, rows in today.items()}
    left = np.linalg.norm(moved["image"] - moved["text"]) / reference.gap("image", "text")
    assert watched(calibration, today).residual["image-text"] == pytest.approx(left, abs=0.01)


def test_another_mix_of_modalities_is_seen(calibration):
    today = cones(400, 1)
    today["text"] = today["text"][:100]
    assert [one.name for one in watched(calibration, today).alarms] == ["mix"]


def test_a_turned_space_is_another_encoder(calibration):
    turned = np.linalg.qr(np.random.default_rng(0).standard_normal((24, 24)))[0]
    today = {name: unit_rows(rows @ turned) for name, rows in cones(100, 1).items()}
    found = watched(calibration, today)
    assert found.verdict == "another encoder"
    assert "encoder:image:likeness" in {one.name for one in found.alarms}


def test_another_dimension_is_another_encoder(calibration):
    found = drift_of([Sketch.of(cones(100, 1, dim=32)["image"], "image")], calibration)
    assert found.verdict == "another encoder"
    (check,) = found.checks
    assert (check.before, check.today, check.certain) == (24, 32, True)


@pytest.mark.parametrize("same", [True, False])
def test_items_that_both_hold_are_compared_directly(make_collection, same):
    made = make_collection(400, 24, gap=3.0)
    named = replace(made, items=tuple(Item(f"photo {k}") for k in range(400)), encoder="one")
    calibration = Calibration.of(named)
    ids = [item.id for item in named.items]
    noise = 0.0 if same else 0.8
    today = [
        Sketch.of(
            block.vectors + noise * np.random.default_rng(0).standard_normal(block.vectors.shape),
            name, calibration.reference, ids=ids, encoder="one",
        )
        for name, block in named.modalities.items()
    ]  # fmt: skip
    found = drift_of(today, calibration)
    assert (found.verdict == "another encoder") is not same
    checks = {one.name: one for one in found.checks}
    assert checks["encoder:image:items"].today == float(same)


def test_few_rows_say_how_many_are_needed(calibration):
    few = watched(calibration, cones(20, 1))
    assert few.verdict == "too few"
    assert 20 < few.needed_rows < 700
    enough = watched(calibration, cones(int(few.needed_rows * 1.5), 2))
    assert enough.verdict == "fine"


def test_too_few_calibration_items_are_said_to_be_that():
    found = watched(calibration_of(cones(12, 0)), cones(2_000, 1))
    assert found.verdict in ("too few", "drifted")
    assert found.needed_rows == np.inf


def test_a_shift_below_the_floor_raises_no_alarm_however_many_rows_there_are():
    many = calibration_of(cones(20_000, 0))
    found = watched(many, cones(20_000, 1, moved=0.015))
    checks = {one.name: one for one in found.checks}
    assert checks["centroid:image"].adjusted < 0.01
    assert found.verdict == "fine"


@pytest.mark.parametrize(
    ("options", "words"), [({"level": 0}, "level"), ({"floor": -1.0}, "floor")]
)
def test_options_out_of_range_are_refused(calibration, options, words):
    with pytest.raises(GapvizError, match=words):
        watched(calibration, cones(20, 1), **options)


def test_a_sketch_of_another_export_is_refused(calibration):
    other = calibration_of(cones(400, 9))
    with pytest.raises(GapvizError, match="another export"):
        drift_of([Sketch.of(cones(50, 1)["image"], "image", other.reference)], calibration)
