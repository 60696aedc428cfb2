"""Adjusted scores by type of pair, against a plain loop over every pair."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from gapviz import GapvizError
from gapviz.analyses.anatomy.parts import cached_hubs
from gapviz.analyses.thresholds import adjusted_scores
from gapviz.analyses.thresholds.score_study import KINDS, study_scores
from gapviz.core.item import Item
from gapviz.measures.geometry.pair_scores import PairScores, auc_matched
from gapviz.sources.files import read
from gapviz.strategies import StrategyOptions, fit_strategy

PAIR = ("image", "text")
ADJUSTING = [
    StrategyOptions("znorm"),
    StrategyOptions("nnn", neighbours=3),
    StrategyOptions("csls", neighbours=3),
]


@pytest.fixture
def labelled(make_collection):
    collection = make_collection(40, gap=2.0)
    items = tuple(
        Item(item.id, label=f"group {place % 3}") for place, item in enumerate(collection.items)
    )
    return replace(collection, items=items)


def best_mean(scores, k=3):
    return np.mean(sorted(scores, reverse=True)[:k])


def score_by_hand(name, collection, source, target):
    """`score(i, j)` of two rows of different items or modalities, by the published formulas."""
    fitted_on, measured = collection.split("calibrate"), collection.split("evaluate")
    first, second = (measured.modality(one).corpus.vectors for one in (source, target))
    old_first, old_second = (fitted_on.modality(one).corpus.vectors for one in (source, target))

    def others(row, rows, leave=None):
        return [row @ rows[j] for j in range(len(rows)) if j != leave]

    if name == "znorm":
        seen = [
            old_first[i] @ old_second[j]
            for i in range(len(old_first))
            for j in range(len(old_second))
            if i != j
        ]
        return lambda i, j: (first[i] @ second[j] - np.mean(seen)) / np.std(seen)
    if name == "nnn":
        return lambda i, j: first[i] @ second[j] - best_mean(others(second[j], old_first))
    itself = source == target
    return lambda i, j: (
        2 * first[i] @ second[j]
        - best_mean(others(first[i], second, i if itself else None))
        - best_mean(others(second[j], first, j if itself else None))
    )


def gathered(collection, options, asks="image", seed=0):
    strategy = fit_strategy(options, collection.split("calibrate"))
    scores, typed = adjusted_scores.adjusted_scores(
        collection.split("evaluate"),
        strategy,
        PAIR,
        query_modality=asks,
        seed=seed,
    )
    return SimpleNamespace(scores=scores, typed=typed)


@pytest.mark.parametrize("options", ADJUSTING, ids=lambda options: options.name)
@pytest.mark.parametrize("asks", PAIR)
def test_every_kind_holds_what_a_plain_loop_finds(labelled, options, asks):
    found = gathered(labelled, options, asks).scores
    n = 20
    across = score_by_hand(options.name, labelled, asks, "text" if asks == "image" else "image")
    expected = {
        "matched": [across(i, i) for i in range(n)],
        "mismatched": [across(i, j) for i in range(n) for j in range(n) if i != j],
    }
    for kind, name in (("within_x", "image"), ("within_y", "text")):
        within = score_by_hand(options.name, labelled, name, name)
        expected[kind] = [within(i, j) for i in range(n) for j in range(n) if i != j]
    for kind in KINDS:
        np.testing.assert_allclose(getattr(found, kind), expected[kind], atol=2e-5)


@pytest.mark.parametrize("options", ADJUSTING, ids=lambda options: options.name)
def test_relevant_within_a_modality_is_what_shares_a_label(labelled, options):
    within = score_by_hand(options.name, labelled, "text", "text")
    codes = labelled.split("evaluate").labels
    alike = [within(i, j) for i in range(20) for j in range(20) if i != j and codes[i] == codes[j]]
    typed = gathered(labelled, options).typed["within_y"]
    np.testing.assert_allclose(typed.positive, np.sort(alike), atol=2e-5)
    assert typed.positive.size + typed.negative.size == 20 * 19


def test_z_scores_of_pairs_that_do_not_match_lie_about_nought(make_collection):
    collection = make_collection(300, dim=32, gap=3.0)
    scores = gathered(collection, StrategyOptions("znorm")).scores
    for kind in ("mismatched", "within_x", "within_y"):
        part = getattr(scores, kind)
        assert part.mean() == pytest.approx(0, abs=0.25)
        assert part.std() == pytest.approx(1, abs=0.15)
    assert scores.matched.mean() > 2


def test_only_nearest_neighbour_normalisation_scores_the_two_ways_apart(labelled):
    for options in ADJUSTING:
        one, other = (gathered(labelled, options, asks).scores.matched for asks in PAIR)
        assert np.allclose(one, other, atol=1e-5) is (options.name != "nnn")


def test_of_too_many_scores_a_seeded_sample_stands_for_all(labelled, monkeypatch):
    whole = gathered(labelled, ADJUSTING[2])
    monkeypatch.setattr(adjusted_scores, "EXACT_SCORES", 100)
    monkeypatch.setattr(adjusted_scores, "SAMPLED_SCORES", 120)
    monkeypatch.setattr(adjusted_scores, "MAX_ASKING", 12)
    one, again, other = (gathered(labelled, ADJUSTING[2], seed=seed) for seed in (0, 0, 1))
    assert one.scores.sampled
    assert not whole.scores.sampled
    assert one.scores.matched.size == 12
    # Products of fewer rows round otherwise.
    away = np.abs(one.scores.mismatched[:, None] - whole.scores.mismatched).min(axis=1)
    assert away.max() < 1e-5 < np.abs(np.diff(np.sort(whole.scores.mismatched))).mean()
    np.testing.assert_array_equal(one.scores.within_x, again.scores.within_x)
    assert not np.array_equal(one.scores.matched, other.scores.matched)
    cross = one.typed["cross"]
    assert cross.positive.size * cross.positive_weight == pytest.approx(20)
    assert cross.negative.size * cross.negative_weight == pytest.approx(20 * 19)


def test_blocks_change_nothing(labelled, monkeypatch):
    whole = gathered(labelled, ADJUSTING[1]).scores
    monkeypatch.setattr(adjusted_scores, "BLOCK_SCORES", 50)
    parts = gathered(labelled, ADJUSTING[1]).scores
    for kind in KINDS:
        np.testing.assert_allclose(getattr(parts, kind), getattr(whole, kind), atol=1e-6)


@pytest.mark.parametrize("options", ADJUSTING, ids=lambda options: options.name)
def test_a_study_of_adjusted_scores_spans_them_in_their_unit(labelled, options):
    study = study_scores(labelled, options, PAIR).compute()
    assert study.unit == ("z-score" if options.name == "znorm" else "adjusted score")
    assert study.across == "text → image"
    every = np.concatenate([getattr(gathered(labelled, options, "text").scores, k) for k in KINDS])
    assert (study.edges[0], study.edges[-1]) == (every.min(), every.max())
    for density in study.densities.values():
        assert density.sum() == pytest.approx(1)
    reached = study.calibrated("recall", 0.9)["cross"]
    held_out = (study.evaluate["cross"].positive >= reached.threshold).mean()
    assert reached.fitted.true_positive >= 0.9
    assert reached.held_out.true_positive == pytest.approx(held_out)


def test_equal_scores_still_have_bins(make_collection):
    study = study_scores(make_collection(2), StrategyOptions("csls"), PAIR).compute()
    assert study.edges[0] < study.edges[-1]


def test_progress_rises_through_both_splits_and_may_cancel(labelled, monkeypatch):
    monkeypatch.setattr(adjusted_scores, "BLOCK_SCORES", 100)
    told = []
    study_scores(labelled, ADJUSTING[1], PAIR).function(lambda *step: told.append(step))
    shares = [share for share, _ in told]
    assert shares == sorted(shares)
    assert len(shares) > 20
    assert "evaluate split, text → image" in [stage for _, stage in told]

    def cancel(share, stage):
        if share > 0.3:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        study_scores(labelled, ADJUSTING[1], PAIR).function(cancel)


def test_a_modality_that_is_not_of_the_pair_cannot_ask(labelled):
    with pytest.raises(GapvizError, match="audio cannot ask"):
        study_scores(labelled, ADJUSTING[0], PAIR, query_modality="audio").compute()


@pytest.mark.parametrize("options", ADJUSTING, ids=lambda options: options.name)
def test_hubs_are_those_of_the_adjusted_lists(labelled, options):
    hubs = cached_hubs(labelled, [StrategyOptions("raw"), options], PAIR, seed=0).compute()
    raw, adjusted = hubs.by_strategy.values()
    score = score_by_hand(options.name, labelled, "image", "text")
    counts = np.zeros(20, dtype=int)
    for i in range(20):
        order = np.argsort([-score(i, j) for j in range(20)], kind="stable")
        counts[order[:10]] += 1
    np.testing.assert_array_equal(adjusted[PAIR].occurrences, counts)
    if options.name == "znorm":
        np.testing.assert_array_equal(adjusted[PAIR].occurrences, raw[PAIR].occurrences)


@pytest.mark.reference
def test_z_norm_keeps_how_well_clip_tells_matched_pairs_apart(reference):
    collection = read(str(reference / "liang2022" / "features_clip.npy")).collection
    aucs = []
    for name in ("raw", "znorm"):
        cross = study_scores(collection, StrategyOptions(name), PAIR).compute().evaluate["cross"]
        none = np.empty(0)
        aucs.append(auc_matched(PairScores(cross.positive, cross.negative, none, none, False)))
    assert aucs[0] == pytest.approx(0.9886, abs=5e-4)
    assert aucs[1] == pytest.approx(aucs[0], abs=2e-3)
