"""What a verdict needs: held-out items, more than chance, more than ties, all that was tried."""

import numpy as np
import pytest

from benchmarks.worlds import World
from gapviz.analyses.advice.advice import advise, other_half
from gapviz.analyses.advice.effect import Effect, Trial
from gapviz.analyses.advice.evidence import Evidence
from gapviz.analyses.advice.rules import Situation
from gapviz.analyses.measure import content_reading, tie_reading
from gapviz.core.collection import Collection
from gapviz.core.estimate import Estimate
from gapviz.core.item import Item, items_of_rows
from gapviz.core.modality_vectors import ModalityVectors
from gapviz.core.splits import alternate_splits
from gapviz.measures.experiment import measure
from gapviz.measures.retrieval.intervals import Replicates
from gapviz.strategies import StrategyOptions

RNG = np.random.default_rng(5)


def pairs(images, texts, labels=None):
    n = len(images)
    labels = [None] * n if labels is None else labels
    return Collection(
        "made",
        tuple(Item(str(i), label=labels[i]) for i in range(n)),
        {"image": ModalityVectors.of(images), "text": ModalityVectors.of(texts)},
        alternate_splits(n),
    )


@pytest.fixture(scope="module")
def one_caption():
    """All captions are one and the same."""
    return pairs(RNG.standard_normal((120, 16)), np.tile(RNG.standard_normal(16), (120, 1)))


def verdicts(collection, task="mixed"):
    return advise(Evidence(collection), Situation(task, "index")).recommendations


@pytest.mark.parametrize("strategy", ["raw", "nnn", "znorm"])
def test_equal_captions_are_found_by_chance_whatever_the_strategy(one_caption, strategy):
    found = measure(one_caption, StrategyOptions(strategy))
    for recall in found.recall.values():
        assert recall[1].value == pytest.approx(1 / 60)
        assert recall[10].value == pytest.approx(1 / 6)
    assert found.tie_ends["recall@1", "image", "text"] == (0, 1)
    assert found.has_content is False


def test_captions_made_from_a_template_are_found_as_often_as_their_label_allows():
    label = np.arange(120) % 6
    texts = RNG.standard_normal((6, 16))[label]
    collection = pairs(RNG.standard_normal((120, 16)) + 2 * texts, texts)
    for strategy in ("raw", "nnn", "csls"):
        recall = measure(collection, StrategyOptions(strategy)).recall["image", "text"][1]
        # Ten held-out items share each caption.
        assert recall.value <= 0.1 + 1e-9


def test_what_ties_decide_is_undecided_and_what_chance_finds_no_better(one_caption):
    found = verdicts(one_caption)
    assert not any(one.verdict == "better" for one in found)
    assert any(
        "no better than where all entries score alike" in w for o in found for w in o.evidence
    )
    assert all(one.verdict != "better" for one in verdicts(one_caption, "one-way"))


def test_vectors_without_content_are_said_to_have_none():
    world = World(0.6, "none").sample(100, seed=1)
    assert "share no content" in content_reading(measure(world))
    (nothing,) = [one for one in verdicts(world) if one.rule.kind == "nothing"]
    assert any("share no content" in words for words in nothing.evidence)
    assert content_reading(measure(World(0.6, "strong").sample(100, seed=1))) is None


def test_ties_are_told_with_both_ends(one_caption):
    words = tie_reading(measure(one_caption))
    assert "R@1 image → text 0.000 to 1.000" in words
    assert tie_reading(measure(World(0.6, "weak").sample(60, seed=1))) is None


def test_few_held_out_items_decide_nothing():
    for one in verdicts(World(1.1, "strong").sample(8, seed=1)):
        assert one.verdict in ("undecided", "as it is")


def test_modalities_without_pairs_are_judged_by_bias():
    offset = np.eye(16)[0]
    rows = RNG.standard_normal((2, 160, 16)) * 0.3
    items = np.arange(160)
    collection = Collection(
        "unpaired",
        items_of_rows(320),
        {
            "image": ModalityVectors.of(rows[0] + offset, items),
            "text": ModalityVectors.of(rows[1] - offset, 160 + items),
        },
        {
            "calibrate": np.flatnonzero(np.arange(320) % 4 < 2),
            "evaluate": np.flatnonzero(np.arange(320) % 4 >= 2),
        },
    )
    first = verdicts(collection)[0]
    assert first.rule.strategy == "route" and first.verdict == "better"
    assert first.effects[0].figure.startswith("imbalance")
    assert first.effects[0].after.value == pytest.approx(0, abs=0.02)
    bias = {effect.figure: effect.after for effect in first.effects[1:3]}
    assert all(one.value == pytest.approx(0.5) for one in bias.values())


def test_a_gain_towards_an_aim_is_the_distance_that_is_less():
    parts = 0.01 * RNG.standard_normal((2, 60))
    before = Replicates(0.9, 0.9 + parts[0], np.zeros(0), 100, "share")
    after = Replicates(0.1, 0.1 + parts[1], np.zeros(0), 100, "share")
    # From .4 above the aim to .4 below it: a large change, and no gain.
    trial = Trial.of("bias", before, after, aim=0.5)
    assert trial.change.value == pytest.approx(-0.8)
    assert trial.gain.value == pytest.approx(0, abs=1e-9)
    assert not trial.effect(1.96).better and not trial.effect(1.96).worse


def effect(gain, **fields):
    return Effect(
        "NDCG", Estimate(0, 0, 0), Estimate(0.3, 0.2, 0.4), Estimate(0.3, 0.2, 0.4), gain, **fields
    )


def test_better_must_hold_with_every_tie_lost_and_above_chance():
    gain = Estimate(0.3, 0.2, 0.4)
    assert effect(gain).better
    assert effect(gain, gain_if_ties_lost=0.2).better
    assert effect(gain, gain_if_ties_lost=0.2).ranked_gain == pytest.approx(0.2)
    lost = effect(gain, gain_if_ties_lost=0.05)
    assert not lost.better and lost.decided_by_ties
    for low, beyond in ((-0.05, False), (0.1, True)):
        above = Estimate(0.1, low, 0.2)
        assert effect(gain, chance=0.2, above_chance=above).better == beyond
    assert not effect(Estimate(0.3, -0.1, 0.7)).better


def test_the_best_of_many_is_read_on_the_half_that_did_not_choose_it():
    assert other_half([(0.5, 0.1), (0.2, 0.3), (np.nan, np.nan)]) == pytest.approx((0.1 + 0.2) / 2)
    assert other_half([(np.nan, np.nan)]) is None
    given = advise(Evidence(World(0.6, "strong").sample(80, seed=2)), Situation("mixed", "index"))
    assert given.n_tried == 15
    assert 0.1 < given.other_half < 1


@pytest.mark.slow
@pytest.mark.parametrize(
    "world", [World(0.0, "weak", isotropic=True), World(0.6, "none")], ids=["no gap", "no content"]
)
def test_nothing_is_called_better_where_nothing_is(world):
    """A corner of `benchmarks/false_claims.py`."""
    claims = [
        any(one.verdict == "better" for one in verdicts(world.sample(60, seed)))
        for seed in range(4)
    ]
    assert sum(claims) == 0
