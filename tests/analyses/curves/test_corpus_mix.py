import numpy as np
import pytest

from gapviz import Collection, GapvizError, ModalityVectors
from gapviz.analyses.curves.corpus_mix import corpus_mix_curve
from gapviz.analyses.curves.curve import band_over
from gapviz.core.item import items_of_rows
from gapviz.core.progress import no_progress
from gapviz.core.splits import alternate_splits
from gapviz.measures.retrieval.cross import evaluate_cross
from gapviz.sources.files import read
from gapviz.strategies import StrategyOptions, fit_strategy

RAW, CENTRE, ROUTE = (StrategyOptions(name) for name in ("raw", "centre", "route"))


def test_at_its_end_the_corpus_is_all_images_and_every_way_is_cross_modal_search(make_collection):
    collection = make_collection(60)
    curve = corpus_mix_curve(collection, [RAW, CENTRE, ROUTE], repeats=2).compute()
    assert [line.title for line in curve.lines][-1] == "Oracle routing"
    for line, options in zip(curve.lines, (RAW, CENTRE, RAW, RAW), strict=True):
        strategy = fit_strategy(options, collection.split("calibrate"))
        outcome = evaluate_cross(collection.split("evaluate"), strategy, "text", "image")
        assert line.recall_at_1.value[-1] == pytest.approx(outcome.recall(1).mean())


def test_a_caption_that_is_itself_the_entry_of_its_item_does_not_ask(make_collection):
    curve = corpus_mix_curve(make_collection(60), [RAW], repeats=2).compute()
    assert not curve.second_captions
    np.testing.assert_array_equal(curve.n_asking, np.round(curve.shares * 30))
    assert np.isnan(curve.lines[0].ndcg.value[0])


def test_second_captions_ask_at_every_share_and_a_gap_bends_the_curve_down(with_second_captions):
    curve = corpus_mix_curve(with_second_captions, [RAW, ROUTE]).compute()
    assert curve.second_captions
    assert (curve.n_asking == 30).all()
    raw, route, oracle = (line.ndcg.value for line in curve.lines)
    assert raw[5] < min(raw[0], raw[-1])
    assert raw[5] < oracle[5]
    assert (oracle >= raw - 1e-9).all() and (oracle >= route - 1e-9).all()
    assert raw[0] == pytest.approx(oracle[0]) and route[0] == pytest.approx(oracle[0])


def test_samples_are_nested_and_seeded(with_second_captions):
    one, again, other = (
        corpus_mix_curve(with_second_captions, [CENTRE], seed=seed, repeats=1) for seed in (0, 0, 1)
    )
    one, again, other = (work.function(no_progress).lines[0] for work in (one, again, other))
    np.testing.assert_array_equal(one.ndcg.value, again.ndcg.value)
    assert not np.array_equal(one.ndcg.value, other.ndcg.value)


def test_score_strategies_and_tie_rules_are_drawn_too(with_second_captions):
    routed = [ROUTE.having(ties=ties) for ties in ("own-first", "shared", "other-first")]
    options = [StrategyOptions("znorm"), StrategyOptions("nnn"), *routed]
    curve = corpus_mix_curve(with_second_captions, options, shares=(0.9,)).compute()
    figures = [line.ndcg.value[0] for line in curve.lines]
    assert np.isfinite(figures).all()
    # Most answers are images, which come second where ties favour the query's modality.
    own, shared, other = figures[2:5]
    assert own < shared < other


def test_of_equal_entries_every_order_counts_in_a_mixed_corpus_and_for_the_oracle():
    rows = ModalityVectors.of(np.ones((8, 3)))
    collection = Collection(
        "equal", items_of_rows(8), {"image": rows, "text": rows}, alternate_splits(8)
    )
    curve = corpus_mix_curve(collection, [RAW, ROUTE], shares=(0.5, 1.0), repeats=1).compute()
    gains = 1 / np.log2(1 + np.arange(1, 5))
    raw, route, oracle = curve.lines
    # Four entries are equal; in the middle two of them are images, and every answer is.
    for line, n in ((raw, 4), (route, 4), (oracle, 2)):
        assert line.ndcg.value == pytest.approx([gains[:n].mean(), gains.mean()])
        assert line.recall_at_1.value == pytest.approx([1 / n, 1 / 4])


def test_what_cannot_be_drawn_is_refused(make_collection):
    collection = make_collection(20)
    for name in ("minmax", "items-rrf"):
        with pytest.raises(GapvizError, match="cannot be drawn"):
            corpus_mix_curve(collection, [StrategyOptions(name)]).compute()
    with pytest.raises(GapvizError, match="from 0 to 1"):
        corpus_mix_curve(collection, [RAW], shares=(0.5, 1.5)).compute()
    with pytest.raises(GapvizError, match="smell"):
        corpus_mix_curve(collection, [RAW], second="smell").compute()


def test_a_band_leaves_out_what_is_not_known():
    band = band_over(np.array([[1.0, np.nan, 3.0], [2.0, np.nan, np.nan]]))
    np.testing.assert_array_equal(band.value, [1.5, np.nan, 3.0])
    np.testing.assert_array_equal(band.low, [1.0, np.nan, 3.0])
    np.testing.assert_array_equal(band.high, [2.0, np.nan, 3.0])


@pytest.mark.reference
def test_the_mixed_corpora_of_clip_sink_raw_cosine(reference):
    collection = read(str(reference / "liang2022" / "features_clip.npy")).collection
    curve = corpus_mix_curve(collection, [RAW, CENTRE], shares=(0.2, 0.5, 0.8, 1.0)).compute()
    raw, centred, oracle = (line.ndcg.value for line in curve.lines)
    assert (raw[:3] < 0.01).all()
    assert (centred[:3] > 0.25).all()
    assert (oracle[:3] > 0.75).all()
    assert raw[3] == oracle[3]
