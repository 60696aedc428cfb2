"""The mixed index against a slow oracle, against the search itself, and against ranx."""

from fractions import Fraction

import numpy as np
import pytest

from gapviz import Collection, GapvizError, ModalityVectors
from gapviz.core.item import items_of_rows
from gapviz.core.rows import corpus_rows, query_rows
from gapviz.measures.retrieval.mixed import evaluate_mixed, expected_bias
from gapviz.retrieval.exact_index import ExactIndex
from gapviz.retrieval.index import Query
from gapviz.strategies import StrategyOptions, fit_strategy
from gapviz.strategies.fusion import RankFusion, ScoreFusion
from gapviz.strategies.raw import Raw

STRATEGIES = [
    StrategyOptions("raw"),
    StrategyOptions("centre"),
    StrategyOptions("offset", strength=0.7, moves="text"),
    StrategyOptions("route"),
    StrategyOptions("route", ties="other-first"),
    StrategyOptions("route", rrf_k=3, weights=(("text", 1.3), ("audio", 0.2))),
    StrategyOptions("route", weights=(("image", 0.0),), rank_base=0),
    StrategyOptions("zscore"),
    StrategyOptions("znorm"),
    StrategyOptions("nnn", neighbours=3),
    StrategyOptions("csls", neighbours=3),
    StrategyOptions("inverted-softmax"),
    StrategyOptions("sinkhorn"),
    # With a small τ and few queries, rows that one query alone wants tie but for rounding.
    StrategyOptions("sinkhorn-transductive", tau=0.5),
    StrategyOptions("role-means"),
    StrategyOptions("composed", chain="role-means,pseudo-positives"),
    StrategyOptions("route-zscore"),
]

REORDERED = [
    "zscore", "procrustes", "ridge", "znorm", "nnn", "csls", "minmax", "dbsf", "items-rrf",
    "items-max",
]  # fmt: skip


def label(options):
    return f"{options.name} {dict(options.values)}"


def entries_of(index, strategy, query):
    """(key, row) of all that a query may find; a larger key is better, equal ones are equal."""
    _, scores, open_rows = index.scored(query)
    rows, fusion, found = index.rows, strategy.fusion, []
    for code, name in enumerate(rows.names):
        listed = np.flatnonzero(open_rows & (rows.modality == code))
        exact = scores[listed].astype(float)
        for place, at in enumerate(np.argsort(-exact)):
            if isinstance(fusion, RankFusion):
                weight = Fraction(str(fusion.weight(name)))
                first = (name == query.modality) == (fusion.ties == "own-first")
                key = (
                    weight / (Fraction(fusion.k) + fusion.rank_base + place),
                    first,
                    -code,
                    -place,
                )
                key = key[:1] if fusion.ties == "shared" else key
            elif isinstance(fusion, ScoreFusion):
                key = ((exact[at] - exact.mean()) / exact.std(),)
            else:
                key = (exact[at],)
            found.append((key, listed[at]))
    return found


def oracle(collection, strategy, modality, k):
    """Per query of a modality: (bias, first other rank, match rank, ndcg, corpus share), the
    means over all orders of equals, group by group.
    """
    queries = query_rows(collection, Raw().fit(collection))
    index = ExactIndex.of(collection, strategy)
    rows, own = index.rows, index.rows.names.index(modality)
    for asking in np.flatnonzero(queries.modality == own):
        item = queries.item[asking]
        query = Query(queries.vectors[asking], modality, int(item))
        entries = entries_of(index, strategy, query)
        bias, first_other, match, gain, n_relevant, ahead = 0.0, 0.0, 0.0, 0.0, 0, 0
        for key in sorted({key for key, _ in entries}, reverse=True):
            group = [row for one, row in entries if one == key]
            n = len(group)
            other = sum(rows.modality[row] != own for row in group)
            relevant = sum(rows.item[row] == item and rows.modality[row] != own for row in group)
            places = [ahead + 1 + i for i in range(n) if ahead + 1 + i <= k]
            bias += len(places) * (n - other) / n
            gain += sum(1 / np.log2(1 + place) for place in places) * relevant / n
            # The first of m among n equals stands at place (n + 1) / (m + 1) on average.
            first_other = first_other or (other and ahead + (n + 1) / (other + 1))
            match = match or (relevant and ahead + (n + 1) / (relevant + 1))
            n_relevant, ahead = n_relevant + relevant, ahead + n
        ideal = sum(1 / np.log2(2 + i) for i in range(min(k, n_relevant)))
        yield (
            bias / min(k, ahead),
            first_other,
            match,
            gain / ideal if n_relevant else np.nan,
            np.mean([rows.modality[row] == own for _, row in entries]),
            index.search(query, 1).match_rank or 0,
        )


@pytest.mark.parametrize("options", STRATEGIES, ids=label)
@pytest.mark.parametrize("k", [1, 5, 10, 60])
def test_every_outcome_is_what_searching_query_by_query_gives(mixed_up_collection, options, k):
    collection = mixed_up_collection(seed=3)
    strategy = fit_strategy(options, collection)
    for modality, outcome in evaluate_mixed(collection, strategy, k=k).items():
        slow = np.array(list(oracle(collection, strategy, modality, k)))
        np.testing.assert_allclose(outcome.own_share, slow[:, 0])
        np.testing.assert_allclose(outcome.first_other_rank, slow[:, 1])
        np.testing.assert_allclose(outcome.match_rank, slow[:, 2])
        np.testing.assert_allclose(outcome.ndcg, slow[:, 3])
        np.testing.assert_allclose(outcome.expected_share, slow[:, 4])
        # The list that is shown is one of the orders.
        won, lost = outcome.groups.ends
        assert ((won <= slow[:, 5]) & (slow[:, 5] <= lost)).all()


def test_blocks_do_not_show(mixed_up_collection, monkeypatch):
    collection = mixed_up_collection(seed=4)
    for options in STRATEGIES:
        strategy = fit_strategy(options, collection)
        whole = evaluate_mixed(collection, strategy)
        with monkeypatch.context() as patch:
            patch.setattr("gapviz.measures.retrieval.mixed.BLOCK_SCORES", 40)
            parts = evaluate_mixed(collection, strategy)
        for modality, outcome in whole.items():
            for name in ("own_share", "match_rank", "ndcg", "first_other_rank", "items"):
                np.testing.assert_allclose(
                    getattr(outcome, name), getattr(parts[modality], name), atol=1e-12
                )


def best_of_two_lists(collection, strategy, query, own, item):
    """Rank of the match, and share of own entries in the top 10, by the plain definition."""
    corpus = corpus_rows(collection, strategy)
    cosines = corpus.vectors.astype(float) @ query.astype(float)
    fused = []
    for code in (0, 1):
        rows = np.flatnonzero((corpus.modality == code) & ((code != own) | (corpus.item != item)))
        low, high = cosines[rows].min(), cosines[rows].max()
        scaled = {
            "min-max": (cosines[rows] - low) / (high - low),
            "dbsf": np.clip((cosines[rows] - cosines[rows].mean()) / cosines[rows].std(), -3, 3),
        }[strategy.fusion.scale]
        fused += [
            (
                -score,
                (code == own) == (strategy.fusion.ties == "other-first"),
                -cosine,
                code == own,
                corpus.item[row],
            )
            for score, cosine, row in zip(scaled, cosines[rows], rows, strict=True)
        ]
    fused.sort()
    match = [place for place, entry in enumerate(fused) if entry[-1] == item]
    return match[0] + 1, np.mean([entry[3] for entry in fused[:10]])


@pytest.mark.parametrize("ties", ["own-first", "other-first"])
@pytest.mark.parametrize("name", ["minmax", "dbsf"])
def test_lists_merged_by_score_break_the_ties_between_them_as_chosen(make_collection, name, ties):
    collection = make_collection(60, dim=5, seed=4)
    strategy = fit_strategy(StrategyOptions(name, ties=ties), collection)
    corpus = corpus_rows(collection, strategy)
    for code, (modality, outcome) in enumerate(evaluate_mixed(collection, strategy).items()):
        rows = np.arange(60) + 60 * code
        slow = np.array(
            [
                best_of_two_lists(collection, strategy, corpus.vectors[row], code, row % 60)
                for row in rows
            ]
        )
        np.testing.assert_array_equal(outcome.match_rank, slow[:, 0])
        np.testing.assert_allclose(outcome.own_share, slow[:, 1], atol=1e-12)
        assert (outcome.match_rank == 1).any() == (ties == "other-first" or name == "dbsf")
        found = [
            ExactIndex(corpus, strategy).search(Query(corpus.vectors[r], modality, r % 60))
            for r in rows
        ]
        np.testing.assert_array_equal(outcome.match_rank, [f.match_rank for f in found])
        np.testing.assert_allclose(outcome.own_share, [f.bias for f in found])


def test_a_min_max_match_that_ties_at_the_top_is_first_half_of_the_time(make_collection):
    collection = make_collection(30, seed=3)
    own, shared, other = (
        evaluate_mixed(collection, fit_strategy(StrategyOptions("minmax", ties=ties), collection))[
            "image"
        ]
        for ties in ("own-first", "shared", "other-first")
    )
    top = other.match_rank == 1
    assert top.any()
    assert (shared.tied == top).all() and not own.tied.any() and not other.tied.any()
    assert (shared.match_rank[top] == 1.5).all() and (own.match_rank[top] == 2).all()
    np.testing.assert_allclose(shared.ndcg, (own.ndcg + other.ndcg) / 2)
    for won, end in ((False, own), (True, other)):
        np.testing.assert_allclose(shared.at_end(won=won).recall(1), end.recall(1))


def test_ndcg_mrr_and_recall_agree_with_ranx(ranx, mixed_up_collection):
    collection = mixed_up_collection(seed=5)
    strategy = fit_strategy(StrategyOptions("centre"), collection)
    corpus = corpus_rows(collection, strategy)
    queries = query_rows(collection, strategy)
    for modality, outcome in evaluate_mixed(collection, strategy).items():
        code = corpus.names.index(modality)
        truth, run = {}, {}
        for n, row in enumerate(np.flatnonzero(queries.modality == code)):
            item = queries.item[row]
            left = ~((corpus.item == item) & (corpus.modality == code))
            match = np.flatnonzero((corpus.item == item) & (corpus.modality != code))
            if match.size:
                scores = corpus.vectors.astype(float) @ queries.vectors[row].astype(float)
                truth[str(n)] = {str(m): 1 for m in match}
                run[str(n)] = {str(m): float(scores[m]) for m in np.flatnonzero(left)}
        theirs = ranx(truth=truth, run=run, metrics=["ndcg@10", "mrr", "hit_rate@5"])
        assert np.nanmean(outcome.ndcg) == pytest.approx(theirs["ndcg@10"])
        assert np.nanmean(outcome.reciprocal_rank) == pytest.approx(theirs["mrr"])
        assert np.nanmean(outcome.recall(5)) == pytest.approx(theirs["hit_rate@5"])


def test_bias_of_a_mixed_up_random_index_is_the_corpus_share():
    rng = np.random.default_rng(0)
    collection = Collection(
        "random",
        items_of_rows(600),
        {
            "image": ModalityVectors.of(rng.standard_normal((600, 24))),
            "text": ModalityVectors.of(rng.standard_normal((200, 24))),
        },
    )
    outcome = evaluate_mixed(collection, fit_strategy(StrategyOptions(), collection))
    for modality, share in (("image", 599 / 799), ("text", 199 / 799)):
        assert outcome[modality].expected_share == pytest.approx(share)
        assert outcome[modality].own_share.mean() == pytest.approx(share, abs=0.03)
        assert outcome[modality].lift.mean() == pytest.approx(1, abs=0.08)
    assert expected_bias(outcome) == pytest.approx((599 + 199) / 799 / 2)


def test_two_clouds_far_apart_have_bias_one_and_never_find_the_match(make_collection):
    collection = make_collection(40, gap=50)
    outcomes = evaluate_mixed(collection, fit_strategy(StrategyOptions(), collection))
    for outcome in outcomes.values():
        assert (outcome.own_share == 1).all()
        assert (outcome.first_other_rank == 40).all()
        assert (outcome.ndcg == 0).all()


def all_equal(n_image, n_text):
    return Collection(
        "equal",
        items_of_rows(max(n_image, n_text)),
        {
            "image": ModalityVectors.of(np.ones((n_image, 4))),
            "text": ModalityVectors.of(np.ones((n_text, 4))),
        },
    )


def test_ties_at_the_last_place_share_it_by_their_number():
    collection = all_equal(30, 50)
    outcomes = evaluate_mixed(collection, fit_strategy(StrategyOptions(), collection))
    np.testing.assert_allclose(outcomes["image"].own_share, 29 / 79)
    np.testing.assert_allclose(outcomes["text"].own_share[:30], 49 / 79)


def test_a_tie_with_the_match_is_told_and_counts_in_every_order():
    collection = all_equal(5, 5)
    # Four images and five captions: of one list any of nine places; routed, the place in the
    # list of captions is any, and two entries share each score but the last.
    for name, ranks in (("raw", range(1, 10)), ("route", [1.5, 3.5, 5.5, 7.5, 9])):
        outcomes = evaluate_mixed(collection, fit_strategy(StrategyOptions(name), collection))
        assert outcomes["image"].tied.all()
        np.testing.assert_allclose(outcomes["image"].match_rank, np.mean(ranks))


@pytest.mark.parametrize("name", ["raw", "route"])
def test_two_equal_captions_stand_one_behind_the_other(name):
    rows = np.eye(6)
    collection = Collection(
        "twice",
        items_of_rows(4),
        {
            "image": ModalityVectors.of(rows[:4]),
            "text": ModalityVectors.of(rows[[0, 0, 4, 5]], [0, 0, 1, 2]),
        },
    )
    outcome = evaluate_mixed(collection, fit_strategy(StrategyOptions(name), collection))["image"]
    # Routed, an image shares the score of either caption: places 1 and 2, and 3 and 4.
    assert outcome.tied[0] == (name == "route")
    gain = 1 / np.log2(1 + np.arange(1, 5))
    assert outcome.ndcg[0] == pytest.approx(
        1 if name == "raw" else (gain.sum() / 2) / (gain[0] + gain[1])
    )
    assert outcome.match_rank[0] == pytest.approx(1 if name == "raw" else 1.5)


def test_without_equal_scores_nothing_is_tied(make_collection):
    collection = make_collection(30)
    outcomes = evaluate_mixed(collection, fit_strategy(StrategyOptions(), collection))
    assert not any(outcome.tied.any() for outcome in outcomes.values())


def test_the_order_of_the_items_does_not_matter(make_collection):
    collection = make_collection(50, seed=2)
    order = np.random.default_rng(1).permutation(50)
    shuffled = Collection(
        "shuffled",
        tuple(collection.items[i] for i in order),
        {
            name: ModalityVectors.of(block.vectors[order])
            for name, block in collection.modalities.items()
        },
    )
    for options in [*STRATEGIES[:2], *STRATEGIES[3:5], *map(StrategyOptions, REORDERED)]:
        one = evaluate_mixed(collection, fit_strategy(options, collection))
        other = evaluate_mixed(shuffled, fit_strategy(options, shuffled))
        for modality in one:
            np.testing.assert_allclose(one[modality].ndcg[order], other[modality].ndcg)
            np.testing.assert_allclose(one[modality].own_share[order], other[modality].own_share)


def test_too_many_queries_are_sampled_by_the_seed(make_collection):
    collection = make_collection(60)
    strategy = fit_strategy(StrategyOptions(), collection)
    first, again, other = (
        evaluate_mixed(collection, strategy, max_queries=20, seed=seed)["image"]
        for seed in (0, 0, 1)
    )
    assert first.items.size == 20 == np.unique(first.items).size
    np.testing.assert_array_equal(first.items, again.items)
    assert not np.array_equal(first.items, other.items)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("name", ["raw", "route", "minmax", "csls", "nnn", "items-max"])
def test_one_item_leaves_no_own_entry(make_collection, name):
    collection = make_collection(1)
    outcomes = evaluate_mixed(collection, fit_strategy(StrategyOptions(name), collection))
    for outcome in outcomes.values():
        assert outcome.own_share.tolist() == [0]
        assert np.isnan(outcome.lift).all()
        # Of items the one row that asks leaves the other alone in its list: no measure.
        assert outcome.match_rank.tolist() == [0 if name == "items-max" else 1]
        assert np.isnan(outcome.ndcg).all() == (name == "items-max")


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    "name", ["raw", "route", "dbsf", "znorm", "csls", "items-rrf", "items-max"]
)
def test_one_modality_has_no_other_entry_and_no_match(make_collection, name):
    collection = make_collection(5, modalities=("image",))
    outcome = evaluate_mixed(collection, fit_strategy(StrategyOptions(name), collection))["image"]
    assert (outcome.own_share == 1).all()
    assert (outcome.first_other_rank == 0).all()
    assert (outcome.match_rank == 0).all()
    assert np.isnan(outcome.ndcg).all()


def test_depth_below_one_is_refused(make_collection):
    collection = make_collection(5)
    with pytest.raises(GapvizError, match="depth 0"):
        evaluate_mixed(collection, fit_strategy(StrategyOptions(), collection), k=0)
