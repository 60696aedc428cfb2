"""Every direction of worlds whose directions are known by construction."""

from dataclasses import replace
from math import log2

import numpy as np
import pytest

from gapviz.core.collection import Collection
from gapviz.core.item import items_of_rows
from gapviz.core.modality_vectors import ModalityVectors
from gapviz.core.splits import alternate_splits
from gapviz.measures.directions import FIGURES, Directions
from gapviz.measures.experiment import measure
from gapviz.strategies import StrategyOptions
from tests.worlds import N_HELD_OUT, N_HUBS, N_SWAPPED, wider_and_worse, with_hubs

HUBS, RIGHT = N_HUBS / N_HELD_OUT, 1 - N_SWAPPED / N_HELD_OUT
AT_RANK_7 = 1 / log2(1 + N_HUBS + 1)


def directions(collection, name="raw"):
    return Directions(measure(collection, StrategyOptions(name)))


@pytest.fixture(scope="module")
def four():
    return directions(with_hubs(("image", "text", "audio", "video")))


def value(found, source, target, figure):
    return found.direction(source, target).figures[figure].value


def test_hubs_of_one_modality_spoil_the_way_to_it_alone(four):
    assert value(four, "image", "text", "recall@1") == pytest.approx(HUBS)
    assert value(four, "image", "text", "recall@10") == pytest.approx(1)
    assert value(four, "image", "text", "ndcg") == pytest.approx(HUBS + (1 - HUBS) * AT_RANK_7)
    for figure in FIGURES:
        assert value(four, "text", "image", figure) == pytest.approx(1)


def test_a_copy_has_the_directions_of_what_it_copies(four):
    for figure in FIGURES:
        for other in ("text", "audio"):
            for way in (("{}", other), (other, "{}")):
                first, second = ([part.format(name) for part in way] for name in ("image", "video"))
                assert value(four, *first, figure) == value(four, *second, figure)


def test_a_copy_with_known_mistakes_is_found_as_often_as_it_is_right(four):
    assert value(four, "text", "audio", "recall@1") == pytest.approx(RIGHT)
    assert value(four, "audio", "text", "recall@1") == pytest.approx(RIGHT)


@pytest.mark.parametrize(
    ("first", "second", "better"),
    [("image", "text", -1), ("text", "video", 1), ("text", "audio", 0), ("image", "video", 0)],
)
def test_the_asymmetry_has_the_known_sign(four, first, second, better):
    found = four.asymmetry(first, second)
    change = found.changes["ndcg"].estimate
    assert found.whole and found.n_items == N_HELD_OUT
    assert np.sign(round(change.value, 9)) == better
    assert (change.low <= 0 <= change.high) == (better == 0)


def test_turned_round_the_asymmetry_is_its_own_opposite(four):
    there, back = four.asymmetry("image", "text"), four.asymmetry("text", "image")
    for figure in FIGURES:
        one, other = there.changes[figure].estimate, back.changes[figure].estimate
        assert (one.value, one.low, one.high) == pytest.approx(
            (-other.value, -other.high, -other.low)
        )


def test_the_cells_are_those_of_the_measurement():
    collection = wider_and_worse()
    measured = measure(collection, StrategyOptions("centre"))
    found = Directions(measured)
    for (a, b), by_depth in measured.recall.items():
        cell = found.direction(a, b)
        assert cell.relevant == "match" and cell.n_queries == 40
        assert cell.figures["recall@1"] == by_depth[1]
        assert cell.figures["recall@10"] == by_depth[10]
        assert cell.figures["ndcg"] == measured.estimate("ndcg", a, b)
        assert cell.chance["recall@10"] == pytest.approx(10 / 40)


def test_of_items_that_lack_a_modality_both_ways_have_the_same():
    """The held-out hubs have no sound: image → audio is spoiled by none, and neither is the
    asymmetry of image and text, whose hubs are still there."""
    hubs = (0, 7, 14, 21, 28, 35)
    found = directions(with_hubs(lacking_audio=hubs))
    whole, part = found.asymmetry("image", "text"), found.asymmetry("image", "audio")
    assert whole.whole and whole.n_items == N_HELD_OUT
    assert not part.whole and part.n_items == N_HELD_OUT - N_HUBS
    assert found.direction("audio", "image").n_indexed == N_HELD_OUT
    assert found.direction("audio", "image").n_queries == N_HELD_OUT - N_HUBS
    alone = measure(with_hubs(lacking_audio=hubs)).collection.subset(
        [place for place in range(N_HELD_OUT) if place not in hubs]
    )
    expected = measure(replace(alone, splits={"evaluate": np.arange(34)}), fit="all")
    for figure in FIGURES:
        there, back = (
            expected.outcomes.means[figure, *way]
            for way in (("image", "audio"), ("audio", "image"))
        )
        assert part.changes[figure].value == pytest.approx(there - back)


def test_a_gallery_of_other_items_makes_no_asymmetry():
    """Texts that no image has, and that every image is nearer to than to its own text."""
    made = with_hubs(("image", "text"))
    hubs = np.arange(80) // 2 % 7 == 0
    images = made.modality("image")
    alone = ModalityVectors.of(images.vectors[~hubs], np.flatnonzero(~hubs))
    found = directions(replace(made, modalities={**made.modalities, "image": alone}))
    assert value(found, "image", "text", "recall@1") == 0
    change = found.asymmetry("image", "text").changes["recall@1"]
    assert change.value == pytest.approx(0)


def test_without_items_of_both_there_is_no_cell_and_no_asymmetry(make_unpaired):
    found = directions(make_unpaired(40))
    cell = found.direction("image", "text")
    assert cell.relevant == "nothing" and not cell.figures
    assert cell.why.startswith("Matches of image and text are not measured")
    assert found.direction("text", "image").why == cell.why
    assert found.asymmetry("image", "text") is None
    assert found.gaps["image", "text"].debiased.value > 0


def test_within_a_modality_labels_say_what_answers(make_collection):
    made = make_collection(40)
    items = tuple(replace(item, label="ab"[n // 2 % 2]) for n, item in enumerate(made.items))
    cell = directions(replace(made, items=items)).direction("text", "text")
    held_out = made.split("evaluate").modality("text").vectors.astype(float)
    labels = np.arange(20) % 2
    scores = held_out @ held_out.T
    np.fill_diagonal(scores, -np.inf)
    order = np.argsort(-scores, axis=1)[:, :10]
    right = labels[order] == labels[:, None]
    worth = 1 / np.log2(np.arange(2, 12))
    assert cell.relevant == "label" and cell.n_queries == 20
    assert cell.figures["recall@1"].value == pytest.approx(right[:, 0].mean())
    assert cell.figures["ndcg"].value == pytest.approx((right @ worth / worth[:9].sum()).mean())
    assert cell.figures["ndcg"].low < cell.figures["ndcg"].value < cell.figures["ndcg"].high


@pytest.mark.parametrize("asking", [False, True])
def test_without_labels_the_rows_of_an_item_find_each_other(asking):
    rng = np.random.default_rng(0)
    n, meaning = 40, rng.standard_normal((40, 6))
    rows = np.concatenate([meaning, meaning]) + rng.standard_normal((2 * n, 6))
    owner = np.tile(np.arange(n), 2)
    texts = ModalityVectors.of(rows, owner, np.repeat([False, asking], n))
    images = ModalityVectors.of(meaning + 0.5)
    made = Collection(
        "rows", items_of_rows(n), {"image": images, "text": texts}, alternate_splits(n)
    )
    held_out = owner % 2 == 1
    vectors, items = texts.vectors[held_out], owner[held_out]
    scores = vectors @ vectors.T
    np.fill_diagonal(scores, -np.inf)
    if asking:  # the second row asks, the first is indexed
        scores, items = scores[20:, :20], items[:20]
    match = scores.max(axis=1, where=items[:, None] == items, initial=-np.inf)
    rank = 1 + (scores > match[:, None]).sum(axis=1)

    found = directions(made)
    cell = found.direction("text", "text")
    assert cell.relevant == "row" and cell.n_queries == cell.n_indexed == len(items)
    assert cell.figures["recall@1"].value == pytest.approx((rank == 1).mean())
    assert cell.figures["recall@10"].value == pytest.approx((rank <= 10).mean())
    gains = np.where(rank <= 10, 1 / np.log2(1 + rank), 0)
    assert cell.figures["ndcg"].value == pytest.approx(gains.mean())
    assert cell.figures["ndcg"].low < gains.mean() < cell.figures["ndcg"].high
    assert cell.chance["recall@10"] == pytest.approx(10 / 20 if asking else 10 / 39)
    alone = found.direction("image", "image")
    assert alone.relevant == "nothing" and "none has a second row" in alone.why


def test_target_shares_add_up_and_that_of_the_own_modality_is_the_bias():
    measured = measure(wider_and_worse(), StrategyOptions("znorm"))
    targets = Directions(measured).targets
    for name in measured.mixed:
        shares = {target: targets[name, target].share for target in measured.mixed}
        assert sum(one.value for one in shares.values()) == pytest.approx(1)
        own = measured.bias[name]
        assert [*shares[name].to_json().values()] == pytest.approx([*own.to_json().values()])
        assert sum(targets[name, t].expected_share for t in shares) == pytest.approx(1)


def test_targets_are_counted_in_the_first_ten():
    measured = measure(wider_and_worse(better=True))
    targets, held_out = Directions(measured).targets, measured.collection
    names = held_out.modality_names
    rows = np.concatenate([held_out.modality(name).vectors for name in names])
    codes, items = np.repeat(range(4), 40), np.tile(range(40), 4)
    for code, name in enumerate(names):
        scores = held_out.modality(name).vectors @ rows.T
        scores[items == np.arange(40)[:, None]] -= (
            9 * (codes == code)[np.newaxis].repeat(40, 0)[items == np.arange(40)[:, None]]
        )
        first = codes[np.argsort(-scores, axis=1)[:, :10]]
        for other, target in enumerate(names):
            found = targets[name, target]
            assert found.share.value == pytest.approx((first == other).mean())
            assert found.hit_rate.value == pytest.approx((first == other).any(axis=1).mean())
            assert found.hit_rate.low <= found.hit_rate.value <= found.hit_rate.high


def test_taking_turns_the_pooled_index_holds_a_third_of_each():
    targets = directions(with_hubs(), "route").targets
    for one in targets.values():
        assert one.share.value == pytest.approx(1 / 3, abs=0.01)
        assert one.hit_rate.value == pytest.approx(1)


def test_what_is_fitted_varies_in_the_interval_too():
    measured = measure(wider_and_worse(), StrategyOptions("ridge"))
    found = Directions(measured).targets["text", "image"].share
    held = Directions(replace(measured, refits=tuple)).targets["text", "image"].share
    assert found.value == held.value
    assert found.low < held.low < held.high < found.high
