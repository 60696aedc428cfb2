import numpy as np
import pytest

from gapviz import GapvizError
from gapviz.commands.asserted import Asserted
from gapviz.commands.checks import OPPOSITE, IndexChecks
from gapviz.commands.gate import parse_condition
from gapviz.core.corpus import Corpus
from gapviz.core.estimate import Estimate
from gapviz.core.paired_evaluation import paired_evaluation
from gapviz.measures.experiment import Experiment, measure
from gapviz.retrieval.exact_index import ExactIndex
from gapviz.retrieval.run import ranked_lists
from gapviz.retrieval.run_names import EntryNames
from gapviz.strategies import StrategyOptions
from gapviz.strategies.estimator import strategy


@pytest.fixture(scope="module")
def collection(make_collection):
    return make_collection(n=120, gap=1.5)


@pytest.fixture(scope="module")
def checks(collection):
    return IndexChecks(collection)


def mixed_index(collection):
    """An index of somebody else: all rows, by cosine; it names the row that it found."""
    blocks = collection.modalities.items()
    rows = np.concatenate([block.vectors for _, block in blocks])
    names = [(collection.items[item].id, name) for name, b in blocks for item in b.item_index]

    def theirs(vectors, k):
        best = np.argsort(-(vectors @ rows.T), axis=1)[:, :k]
        vectors[:] = 0  # what is handed over may be written into
        return [[names[row] for row in line] for line in best]

    return theirs


def test_the_bias_is_that_of_measure_and_its_limit_is_held_against_the_interval(collection, checks):
    bias = measure(collection).bias["text"]
    assert bias.low < bias.value < bias.high
    checks.assert_bias(query="text", at_most=bias.value)
    checks.assert_bias(query="text", at_most=bias.low)
    checks.assert_bias(query="text", at_most=bias.value, strict=True)
    with pytest.raises(AssertionError, match="above"):
        checks.assert_bias(query="text", at_most=bias.low, strict=True)
    with pytest.raises(AssertionError) as caught:
        checks.assert_bias(query="text", at_most=0.1)
    assert str(caught.value) == (
        f"The bias rate@10 of text queries under Raw cosine is {bias}, above 0.1, and so is its "
        f"whole interval (60 queries, 60 held-out items of {collection.name})."
    )


def test_every_query_modality_is_held_against_the_limit_unless_one_is_named(checks):
    with pytest.raises(AssertionError) as caught:
        checks.assert_bias(at_most=0.1)
    assert "of image queries" in str(caught.value) and "of text queries" in str(caught.value)


def test_the_recall_is_that_of_measure_and_fails_below_its_limit(collection, checks):
    recall = measure(collection).recall["text", "image"]
    checks.assert_recall(query="text", answer="image", at_least=recall[5].high, k=5)
    with pytest.raises(
        AssertionError, match=r"^Recall@5 text → image under Raw cosine is .* below"
    ):
        checks.assert_recall(
            query="text", answer="image", at_least=recall[5].high, k=5, strict=True
        )
    # Any other depth is measured as well.
    low, high = (recall[k].value for k in (5, 10))
    checks.assert_recall(query="text", answer="image", at_least=low, k=7, strict=True)
    with pytest.raises(AssertionError):
        checks.assert_recall(query="text", answer="image", at_least=high + 0.01, k=7, strict=True)


def test_a_strategy_is_fitted_on_one_half_and_measured_on_the_other(collection, checks):
    gap = measure(collection, StrategyOptions("centre")).geometry.gap
    checks.assert_gap(at_most=gap.gap, strategy="centre", strict=True)
    with pytest.raises(AssertionError, match=r"^The gap of image–text under Raw cosine is "):
        checks.assert_gap(at_most=gap.gap)
    half = strategy("centre", strength=0.5)
    with pytest.raises(AssertionError, match=r"Centre both \(λ = 0\.5\)"):
        checks.assert_gap(at_most=gap.gap, strategy=half)


def test_arrays_are_halved_and_measured(collection):
    rows = {name: block.vectors for name, block in collection.modalities.items()}
    with pytest.raises(AssertionError, match="60 held-out items of in memory"):
        IndexChecks().assert_gap(rows, at_most=0.1)


def test_conditions_are_those_of_fail_if_and_must_hold(checks, collection):
    checks.check("gap > 0.1", "n_items == 60", "bias_at_10 <= 1")
    value = measure(collection).bias["text"].value
    with pytest.raises(AssertionError) as caught:
        checks.check(collection, "bias_at_10.text < 0.2", "gap > 0.1")
    told = f"bias_at_10.text < 0.2 does not hold: bias_at_10.text = {value:.6g}"
    assert str(caught.value) == told
    # Of a strategy as well.
    checks.check("gap < 0.3", "gap >= 0", strategy="centre")


@pytest.mark.parametrize("sign", OPPOSITE)
@pytest.mark.parametrize("value", [1.0, 2.0, 3.0])
def test_a_condition_holds_exactly_where_its_opposite_does_not(sign, value):
    figures = {"x": value}
    holds, not_ = (parse_condition(f"x {one} 2") for one in (sign, OPPOSITE[sign]))
    assert bool(holds.broken(figures)) != bool(not_.broken(figures))


def test_an_index_of_ones_own_gets_the_bias_of_the_lists_that_it_gives(collection, checks):
    theirs = mixed_index(collection)
    own = IndexChecks().measurement(collection).bias["text"].value
    with pytest.raises(
        AssertionError, match=r"of text queries of theirs is .* \(60 queries\)"
    ) as e:
        checks.assert_bias(query="text", at_most=0.01, search=theirs)
    # Its lists hold all items, ours the held-out half.
    assert abs(float(str(e.value).split(" is ")[1].split(" ")[0]) - own) < 0.2
    checks.assert_bias(at_most=0.99, search=theirs)


def test_an_index_of_pictures_alone_may_return_positions(collection, checks):
    pictures = collection.modality("image").vectors

    def nearest(vectors, k):
        return np.argsort(-(vectors @ pictures.T), axis=1)[:, :k]

    def blind(vectors, k):
        return np.tile(np.arange(k), (len(vectors), 1))

    exact = measure(collection, fit="all").recall["text", "image"][10].value
    given = {"query": "text", "answer": "image"}
    checks.assert_recall(**given, at_least=exact - 0.15, search=nearest, strict=True)
    with pytest.raises(AssertionError, match=r"Recall@10 text → image of blind is"):
        checks.assert_recall(**given, at_least=exact - 0.15, search=blind)
    with pytest.raises(GapvizError, match=r"nearest: .* do not say which row .* \(id, modality\)"):
        checks.assert_bias(at_most=1, search=nearest)


def test_a_query_is_not_credited_with_finding_itself(collection, checks):
    theirs = mixed_index(collection)

    def itself_and_texts(vectors, k):
        own = [line[0] for line in theirs(vectors.copy(), 1)]
        others = [(item.id, "text") for item in collection.items[: k - 1]]
        return [[mine, *others] for mine in own]

    checks.assert_bias(query="image", at_most=0.0, search=itself_and_texts, strict=True)


def test_a_run_file_is_held_against_the_pairs_of_the_collection(collection, checks, tmp_path):
    part = collection.split("evaluate")
    asked = paired_evaluation(part)
    run = ranked_lists(ExactIndex.of(part, Experiment(collection).strategy), asked)
    names = EntryNames(part, Corpus.of(part)).written(run)
    path = tmp_path / "theirs.trec"
    lines = [
        f"{asked.queries[query].id} Q0 {name} {place} {score} theirs"
        for place, (query, name, score) in enumerate(
            zip(run.query.tolist(), names, run.score.tolist(), strict=True)
        )
    ]
    path.write_text("\n".join(lines))
    bias = measure(collection).bias["text"].value
    checks.assert_bias(query="text", at_most=bias + 1e-9, run=path, strict=True)
    with pytest.raises(AssertionError, match="of theirs"):
        checks.assert_bias(query="text", at_most=bias - 1e-3, run=str(path), strict=True)


@pytest.mark.parametrize(
    ("use", "told"),
    [
        (lambda c: IndexChecks().assert_bias(at_most=1), "no source to check; give one, or set"),
        (lambda c: c.assert_bias(at_most=3), "the limit 3 is out of range"),
        (lambda c: c.assert_bias(at_most=1, query="audio"), "'audio' were measured"),
        (lambda c: c.assert_bias(at_most=1, k=0), "depth 0"),
        (lambda c: c.assert_recall(query="text", answer="text", at_least=0), "name two modalities"),
        (lambda c: c.assert_bias(at_most=1, strategy="no"), "there is no strategy 'no'"),
        (lambda c: c.assert_bias("no such file", at_most=1), "no such file"),
        (lambda c: c.assert_bias(at_most=1, search=len, run="x"), "give one of them"),
        (lambda c: c.assert_bias(at_most=1, search=lambda v, k: 3), "gave int, which is no list"),
        (lambda c: c.assert_bias(at_most=1, search=lambda v, k: [[1]]), "gave 1 lists to 60 quer"),
        (lambda c: c.assert_bias(at_most=1, search=lambda v, k: [["?"]] * len(v)), "none of"),
        (lambda c: c.assert_bias(at_most=1, search=lambda v, k: [[999]] * len(v)), "position 999"),
        (lambda c: c.assert_bias(at_most=1, search=lambda v, k: [[0]] * len(v), k=5), "read at 10"),
        (lambda c: c.assert_bias(at_most=1, search=lambda v, k: [[]] * len(v)), "gave no result"),
        (lambda c: c.check(), "there is no condition to check"),
        (lambda c: c.check("builtin", "gap"), "gapviz.check: 'gap' is not a condition"),
        (lambda c: c.check("gapp > 1"), "gapviz.check: there is no figure 'gapp'"),
    ],
)  # fmt: skip
def test_a_mistake_is_one_sentence_and_no_failed_assertion(checks, use, told):
    with pytest.raises(GapvizError, match=told.replace("(", r"\(")):
        use(checks)


@pytest.mark.parametrize("strict", [False, True])
def test_a_figure_that_is_not_known_fails_and_one_without_interval_counts_itself(strict):
    nan = float("nan")
    unknown = Asserted("the gap", Estimate(nan, nan, nan), "2 items")
    assert unknown.failure(1.0, at_most=True, strict=strict) == "The gap is unknown (2 items)."
    bare = Asserted("the gap", Estimate(0.5, nan, nan), "2 items")
    assert bare.failure(0.5, at_most=True, strict=strict) is None
    assert bare.failure(0.4, at_most=True, strict=strict) == (
        "The gap is 0.500, above 0.4 (2 items)."
    )


def test_what_was_measured_is_kept_for_the_next_assertion(collection):
    checks = IndexChecks(collection)
    assert checks.measurement() is checks.measurement(collection, StrategyOptions("raw"))
    assert checks.measurement(strategy="centre") is not checks.measurement()
