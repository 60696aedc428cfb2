import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors import safe_open

from gapviz.core.errors import GapvizError
from gapviz.measures.sketch.calibration import Calibration
from gapviz.measures.sketch.files import HEAD
from gapviz.measures.sketch.item_marks import ItemMarks
from gapviz.measures.sketch.score_sums import quantile
from gapviz.measures.sketch.sketch import Sketch, load_with_basis, save_sketches
from gapviz.strategies import StrategyOptions, fit_strategy
from tests.measures.sketch.worlds import calibration_of, collection_of, cones

ROWS = cones(300, 1)["image"] * np.linspace(0.5, 2, 300)[:, None]


@pytest.fixture(scope="module")
def calibration():
    return calibration_of(cones(120, 0))


def assert_same(one, other):
    """Sums of whole numbers to the bit, sums of products to rounding."""
    assert one.n == other.n
    assert one.moments.total == other.moments.total
    np.testing.assert_allclose(one.second, other.second, atol=1e-14)
    np.testing.assert_allclose(one.log_norms.total, other.log_norms.total, rtol=1e-12)
    for name, sums in one.scores.items():
        np.testing.assert_allclose(sums.sums, other.scores[name].sums, rtol=1e-12)
        np.testing.assert_array_equal(sums.histogram, other.scores[name].histogram)
    for name, counts in one.along.items():
        np.testing.assert_array_equal(counts, other.along[name])
    for part in ("hashes", "counts", "codes"):
        np.testing.assert_array_equal(getattr(one.copies, part), getattr(other.copies, part))


@given(st.lists(st.integers(1, 299), min_size=1, max_size=5, unique=True), st.randoms())
@settings(max_examples=25)
def test_shards_merge_to_the_whole_in_any_order_and_grouping(calibration, cuts, chance):
    parts = [
        Sketch.of(part, "image", calibration.reference) for part in np.split(ROWS, sorted(cuts))
    ]
    while len(parts) > 1:
        chance.shuffle(parts)
        parts.append(parts.pop().merge(parts.pop()))
    assert_same(parts[0], Sketch.of(ROWS, "image", calibration.reference))


@pytest.mark.parametrize("size", [1, 7, 300])
def test_blocks_of_any_size_give_the_same_sketch(calibration, size):
    blocks = (ROWS[start : start + size] for start in range(0, 300, size))
    made = Sketch.of_blocks(blocks, "image", calibration.reference)
    assert_same(made, Sketch.of(ROWS, "image", calibration.reference))


def test_a_sketch_is_read_back_as_it_was_written(calibration, tmp_path):
    made = Sketch.of(ROWS, "image", calibration.reference, ids=[f"id {k}" for k in range(300)])
    made.save(tmp_path / "day.safetensors")
    back = Sketch.load(tmp_path / "day.safetensors")
    assert_same(back, made)
    assert back.marks.rows.keys() == made.marks.rows.keys() and len(back.marks.rows) == 64
    assert_same(back.merge(back), made.merge(made))
    with safe_open(tmp_path / "day.safetensors", framework="numpy") as file:
        assert json.loads(file.metadata()[HEAD])["sketches"][0]["modality"] == "image"


def test_a_damaged_or_foreign_file_is_refused_in_a_sentence(calibration, tmp_path):
    path = tmp_path / "day.safetensors"
    Sketch.of(ROWS, "image", calibration.reference).save(path)
    content = path.read_bytes()
    for damaged in (
        content[: len(content) // 2],
        b"",
        content.replace(b'\\"total\\"', b'\\"tatal\\"'),
    ):
        path.write_bytes(damaged)
        with pytest.raises(GapvizError, match="sketch"):
            Sketch.load(path)
    with pytest.raises(GapvizError, match="cannot be read"):
        Sketch.load(tmp_path / "none.safetensors")


def test_sketches_against_different_references_do_not_merge(calibration):
    other = calibration_of(cones(120, 5))
    one = Sketch.of(ROWS, "image", calibration.reference)
    with pytest.raises(GapvizError, match="another reference"):
        one.merge(Sketch.of(ROWS, "image", other.reference))
    with pytest.raises(GapvizError, match="different modality"):
        one.merge(Sketch.of(ROWS, "text", calibration.reference))


def test_what_is_scored_at_calibration_is_what_a_znorm_learns(mixed_up_collection):
    """Rows of the same item are left out, several rows an item or none."""
    collection = mixed_up_collection(3)
    learned = fit_strategy(StrategyOptions("znorm"), collection).levels_
    sketches = Calibration.of(collection).corpus
    for (a, b), level in learned.items():
        if a == b and a != "image":
            continue  # a z-norm counts pairs, a sketch rows, where an item has several
        rows = sketches[a].scores[b]
        if a == b:
            assert rows.mean == pytest.approx(level.mean, abs=1e-9)
            assert rows.spread == pytest.approx(level.spread, abs=1e-9)
        else:
            assert rows.mean == pytest.approx(level.mean, abs=0.02)


def test_one_row_an_item_gives_the_levels_of_a_znorm_exactly():
    collection = collection_of(cones(60, 2))
    learned = fit_strategy(StrategyOptions("znorm"), collection).levels_
    for (a, b), level in learned.items():
        rows = Calibration.of(collection).corpus[a].scores[b]
        assert (rows.mean, rows.spread) == pytest.approx((level.mean, level.spread), abs=1e-7)


def test_of_many_dimensions_few_directions_are_kept_and_scores_stay_near():
    rows = cones(200, 4, dim=1_100)
    made = calibration_of(rows)
    assert made.basis.shape == (128, 1_100)
    np.testing.assert_allclose(made.basis @ made.basis.T, np.eye(128), atol=1e-5)
    cosines = rows["image"] @ rows["text"].T
    apart = cosines[~np.eye(200, dtype=bool)]
    scores = made.corpus["image"].scores["text"]
    assert scores.mean == pytest.approx(apart.mean(), abs=1e-6)
    assert scores.spread == pytest.approx(apart.std(), rel=0.02)


def test_the_directions_are_kept_beside_the_sketches(tmp_path):
    made = calibration_of(cones(30, 4, dim=1_100))
    save_sketches(made.sketches, tmp_path / "s.safetensors", made.basis)
    back = Calibration(*load_with_basis(tmp_path / "s.safetensors"))
    assert back.reference.digest == made.reference.digest
    assert (tmp_path / "s.safetensors").stat().st_size < 2_000_000


def test_quantiles_are_known_to_half_a_bin(calibration):
    made = Sketch.of(ROWS, "image", calibration.reference)
    mean = calibration.reference.means["text"]
    unit = ROWS / np.linalg.norm(ROWS, axis=1, keepdims=True)
    cosines = unit @ mean / np.linalg.norm(mean)
    for share in (0.05, 0.5, 0.95):
        found = quantile(made.scores["text"].histogram, share)
        assert found == pytest.approx(np.quantile(cosines, share), abs=0.015)


def test_ids_that_number_rows_mark_no_item():
    rows = cones(40, 0)["image"]
    assert not ItemMarks.of([str(k) for k in range(40)], rows).rows
    assert not ItemMarks.of([str(2 * k) for k in range(40)], rows).rows
    assert ItemMarks.of([f"{397_133 + k}" for k in range(40)], rows).rows


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (np.zeros((3, 24)), "length zero"),
        (np.full((3, 24), np.nan), "NaN"),
        (np.ones((3, 7)), "7 dimensions"),
        (np.ones(24), "shape"),
    ],
)
def test_bad_rows_are_refused(calibration, rows, words):
    with pytest.raises(GapvizError, match=words):
        Sketch.of(rows, "image", calibration.reference)
