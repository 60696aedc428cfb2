import numpy as np
import pytest

from gapviz import GapvizError
from gapviz.core.rows import corpus_rows, query_rows
from gapviz.core.splits import CALIBRATE, EVALUATE
from gapviz.measures.experiment import Experiment
from gapviz.measures.retrieval.mixed import evaluate_mixed
from gapviz.retrieval.exact_index import ExactIndex
from gapviz.sources.files import read
from gapviz.strategies import StrategyOptions, fit_strategy, unavailable_reason
from gapviz.strategies.composed import Composed


def composed(steps):
    return StrategyOptions("composed", chain=steps)


def scores_of(collection, options):
    """Adjusted scores of all queries, by modality."""
    strategy = fit_strategy(options, collection.split(CALIBRATE))
    rows = corpus_rows(collection.split(EVALUATE), strategy)
    queries = query_rows(collection.split(EVALUATE), strategy)
    prepared = strategy.prepare(rows, queries)
    found = {}
    for name, span in zip(queries.names, queries.spans, strict=True):
        scores = queries.vectors[span] @ rows.vectors.T
        found[name] = scores if prepared is None else prepared.adjust(scores, name)
    return found


@pytest.mark.parametrize(
    "name", ["raw", "centre", "whitening", "znorm", "nnn", "csls", "sinkhorn", "role-means"]
)
def test_a_single_step_is_that_strategy(with_second_captions, name):
    one, alone = (
        scores_of(with_second_captions, options)
        for options in (composed(name), StrategyOptions(name))
    )
    for modality in one:
        np.testing.assert_array_equal(one[modality], alone[modality])


def test_vectors_move_step_by_step_each_fitted_on_what_the_one_before_made(make_collection):
    collection = make_collection(60)
    calibration = collection.split(CALIBRATE)
    first = fit_strategy(StrategyOptions("centre", strength=0.5), calibration)
    both = fit_strategy(composed("centre:strength=0.5, zscore"), calibration)
    for name in ("image", "text"):
        moved = first.transform(calibration.modality(name).vectors, name)
        mean, spread = moved.astype(float).mean(axis=0), moved.astype(float).std(axis=0)
        rows = first.transform(collection.modality(name).vectors, name)
        expected = (rows - mean) / spread
        expected /= np.linalg.norm(expected, axis=1, keepdims=True)
        found = both.transform(collection.modality(name).vectors, name)
        np.testing.assert_allclose(found, expected, atol=1e-6)


def test_what_adjusts_scores_learns_of_the_moved_vectors(make_collection):
    collection = make_collection(60)
    calibration = collection.split(CALIBRATE)
    centred = fit_strategy(StrategyOptions("centre"), calibration)
    both = fit_strategy(composed("centre,nnn"), calibration)
    text = calibration.modality("text").vectors
    np.testing.assert_array_equal(
        both.steps_[1].references_["text"], centred.transform(text, "text")
    )


@pytest.mark.parametrize("first", ["nnn", "inverted-softmax"])
def test_a_scale_after_a_bank_makes_its_scores_standard(make_collection, first):
    collection = make_collection(80)
    strategy = fit_strategy(composed(f"{first},znorm"), collection)
    rows = corpus_rows(collection, strategy)
    prepared = strategy.prepare(rows, rows)
    for name, span in zip(rows.names, rows.spans, strict=True):
        adjusted = prepared.adjust(rows.vectors[span] @ rows.vectors.T, name)
        for other in rows.spans:
            apart = adjusted[:, other][~np.eye(80, dtype=bool)]
            assert apart.mean() == pytest.approx(0, abs=1e-4)
            assert apart.std() == pytest.approx(1, abs=1e-4)


def test_a_bank_after_a_bank_undoes_it_since_it_learns_of_its_scores(make_collection):
    collection = make_collection(60)
    both, alone = (
        scores_of(collection, options)
        for options in (composed("nnn,inverted-softmax"), StrategyOptions("inverted-softmax"))
    )
    for name in both:
        np.testing.assert_allclose(both[name], alone[name], atol=2e-6)


def test_best_scores_are_those_of_the_steps_before(make_collection):
    collection = make_collection(60)
    strategy = fit_strategy(composed("nnn,pseudo-positives"), collection)
    nnn = fit_strategy(StrategyOptions("nnn"), collection)
    rows = corpus_rows(collection, nnn)
    scores = nnn.prepare(rows, rows).adjust(rows.vectors[rows.spans[0]] @ rows.vectors.T, "image")
    best = scores[:, rows.spans[1]].max(axis=1)
    level = strategy.steps_[1].levels_["image", "text"]
    assert level.mean == pytest.approx(best.mean(), abs=1e-6)
    assert level.spread == pytest.approx(best.std(), abs=1e-6)


def test_a_bank_after_a_scale_reads_the_scaled_scores(make_collection):
    collection = make_collection(60)
    strategy = fit_strategy(composed("znorm,nnn:neighbours=1"), collection.split(CALIBRATE))
    znorm = fit_strategy(StrategyOptions("znorm"), collection.split(CALIBRATE))
    rows = corpus_rows(collection.split(EVALUATE), znorm)
    bank = collection.split(CALIBRATE).modality("text").vectors
    scaled = znorm.prepare(rows, rows).adjust(bank @ rows.vectors.T, "text")
    nothing = strategy.prepare(rows, rows).adjust(np.zeros((1, rows.n_rows), np.float32), "text")
    zero = znorm.prepare(rows, rows).adjust(np.zeros((1, rows.n_rows), np.float32), "text")
    np.testing.assert_allclose(zero - nothing, scaled.max(axis=0)[None], atol=1e-5)


def test_lists_are_fused_as_the_last_step_does(make_collection):
    collection = make_collection(40)
    both = fit_strategy(composed("centre,route:rrf_k=7"), collection)
    assert both.fusion.k == 7 and both.spec.routed and both.spec.moves_vectors
    moved = fit_strategy(StrategyOptions("centre"), collection)
    routed = fit_strategy(StrategyOptions("route", rrf_k=7), collection)
    rows = corpus_rows(collection, moved)
    asked = ExactIndex(rows, routed).asked(rows, "image", np.arange(40), np.arange(40))
    expected = routed.fusion.standing(asked, 10).figures(10)
    found = evaluate_mixed(collection, both)["image"]
    np.testing.assert_allclose(found.own_share, expected.own_share)
    np.testing.assert_allclose(found.ndcg, expected.ndcg)


@pytest.mark.parametrize(
    ("steps", "words"),
    [
        ("", "no steps"),
        ("centre,magic", "there is no strategy 'magic'"),
        ("centre,composed", "no step of one"),
        ("znorm,centre", "moves vectors, and Score z-norm"),
        ("nnn,sinkhorn", "moves vectors, and Nearest"),
        ("znorm,raw,centre", "moves vectors, and Score z-norm"),
        ("route,centre", "fuses lists, and nothing can follow it"),
        ("items-rrf,znorm", "fuses lists, and nothing can follow it"),
        ("csls,znorm", "reads all queries"),
        ("centre:tau=1", "no parameter 'tau'"),
        ("centre:strength=9", "out of range"),
        ("route:weights=image", "cannot be set in a step"),
    ],
)
def test_what_cannot_be_composed_is_one_sentence(steps, words):
    with pytest.raises(GapvizError, match=words) as caught:
        composed(steps)
    assert caught.value.sentence.count(". ") == 0


def test_steps_are_kept_as_they_are_plainly_written():
    made = composed(" GR-CLIP ,Inverted_Softmax: tau = 0.050")
    assert made.value("chain") == "centre,inverted-softmax:tau=0.05"
    assert made == composed("centre:strength=1,inverted-softmax:tau=0.05")
    made = composed("centre,nnn:neighbours=3")
    assert Composed(**dict(made.values)).label == (
        "Composition (Centre both (λ = 1), then Nearest-neighbour normalisation (α = 1, "
        "3 neighbours))"
    )


def test_it_is_what_its_steps_are(make_collection, make_unpaired):
    spec = composed("ridge,csls").spec
    assert (spec.acts_on, spec.also) == ("scores", ("vectors",))
    assert spec.needs_pairs and spec.transductive and spec.learns
    assert composed("znorm,csls").spec.learns and not composed("csls").spec.learns
    assert composed("zscore").spec.by_dimension and composed("role-means,nnn").spec.by_role
    assert composed("raw").spec.acts_on == "nothing"
    assert "needs matched pairs" in unavailable_reason(composed("centre,ridge"), make_unpaired())
    reason = unavailable_reason(composed("ridge:anchor=audio"), make_collection(6))
    assert "needs matched pairs of two modalities" in reason
    rotated = fit_strategy(composed("centre,procrustes"), make_collection(6))
    assert not rotated.determined_ and "calibration pairs" in rotated.warnings[0]
    assert rotated.subtracted(("image", "text")) == 1.0


@pytest.mark.reference
@pytest.mark.parametrize(
    ("steps", "bias", "ndcg", "found"),
    [
        ("centre,inverted-softmax:tau=0.05", [0.400, 0.415], [0.657, 0.621], [0.668, 0.660]),
        ("centre,znorm", [0.542, 0.498], [0.598, 0.632], [0.616, 0.628]),
    ],
)
def test_what_was_measured_of_real_clip_is_reproduced(reference, steps, bias, ndcg, found):
    collection = read(str(reference / "liang2022" / "features_clip.npy")).collection
    measured = Experiment(collection, composed(steps), intervals="queries").measurement
    names = ("image", "text")
    assert [measured.bias[name].value for name in names] == pytest.approx(bias, abs=5.1e-4)
    assert [measured.ndcg[name].value for name in names] == pytest.approx(ndcg, abs=5.1e-4)
    recall = [measured.recall[pair][1].value for pair in (names, names[::-1])]
    assert recall == pytest.approx(found, abs=5.1e-4)
