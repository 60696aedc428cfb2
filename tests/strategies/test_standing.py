"""What fusions say of queries, against every order of equal scores, one by one."""

import itertools
from dataclasses import fields
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gapviz.core.rows import Rows
from gapviz.strategies.fusion import ONE_LIST, Asked, Fusion, ItemFusion, RankFusion, ScoreFusion

NAMES = ("image", "text", "audio")
TIES = ["shared", "own-first", "other-first"]
WEIGHTS = [(1, 1, 1), (2, 1, 1), (1, 2, 4), (0, 1, 1), (1, 0, 0), (1, 0, 2)]

seeds = st.integers(0, 2**32 - 1)
depths = st.integers(1, 8)


def made_up(seed, n_modalities, *, own_may_match=False):
    """Two queries of modality 0 over up to seven rows, whose few scores are often equal."""
    random = np.random.default_rng(seed)
    n_modalities = n_modalities or random.integers(2, 4)
    while True:
        lengths = random.integers(0, 4, n_modalities)
        if 0 < lengths.sum() <= 7:
            break
    modality = np.repeat(np.arange(n_modalities), lengths)
    n = modality.size
    scores = random.integers(0, random.integers(1, 4), (2, n)).astype(np.float32)
    closed = (modality == 0) & (random.random((2, n)) < 0.3)
    scores[closed] = -np.inf
    relevant = (random.random((2, n)) < 0.4) & ~closed & (own_may_match | (modality != 0))
    asking, found = np.nonzero(relevant)
    rows = Rows(NAMES[:n_modalities], np.zeros((n, 0), np.float32), modality, np.arange(n))
    return Asked(rows, scores, np.arange(2), 0, asking, found, closed.sum(axis=1)), relevant


def orders(entries, key):
    """Every order of the entries by rising key, equal ones in all their orders."""
    groups = [list(g) for _, g in itertools.groupby(sorted(entries, key=key), key)]
    for parts in itertools.product(*map(itertools.permutations, groups)):
        yield list(itertools.chain(*parts))


def figures(order, k):
    """Bias, first of another modality, NDCG, MRR, hit and rank, of one order (own, relevant)."""
    own, relevant = zip(*order, strict=True) if order else ((), ())
    first_other = own.index(False) + 1 if False in own else 0
    bias = sum(own[:k]) / len(own[:k]) if own else np.nan
    if True not in relevant:
        return [bias, first_other, *[np.nan] * 4]
    gain = sum(1 / np.log2(2 + place) for place, one in enumerate(relevant[:k]) if one)
    ideal = sum(1 / np.log2(2 + place) for place in range(min(k, sum(relevant))))
    rank = relevant.index(True) + 1
    return [bias, first_other, gain / ideal, 1 / rank, rank <= k, rank]


def assert_means_over(all_orders, asked, fusion, k):
    """The standing of every query is the mean of the figures of its orders."""
    standing = fusion.standing(asked, k)
    found = standing.figures(k)
    means = [found.own_share, standing.first_other, found.ndcg, found.reciprocal_rank, found.hit]
    means.append(standing.best.rank)
    for query in range(2):
        of_each = np.array([figures(order, k) for order in all_orders(query)])
        ours = [mean[query] for mean in means]
        np.testing.assert_allclose(ours, of_each.mean(axis=0), rtol=1e-9, atol=1e-9)
        entries = np.isfinite(asked.scores[query])
        own = entries & (asked.corpus.modality == 0)
        expected = own.sum() / entries.sum() if entries.any() else np.nan
        np.testing.assert_allclose(found.expected_share[query], expected)


def rows_of(asked, relevant, query):
    """(modality, score, relevant) of the rows that a query may find."""
    columns = zip(asked.corpus.modality.tolist(), asked.scores[query], relevant[query], strict=True)
    return [(m, Fraction(float(s)), bool(r)) for m, s, r in columns if s > -np.inf]


def pairs(order):
    return [(modality == 0, relevant) for modality, relevant in order]


@given(seeds, depths, st.sampled_from(WEIGHTS), st.sampled_from(TIES), st.sampled_from([2, 3]))
@settings(max_examples=300)
def test_lists_fused_by_rank_count_every_order_of_equal_cosines_and_of_equal_fused_scores(
    seed, k, weights, ties, n_modalities
):
    asked, relevant = made_up(seed, n_modalities, own_may_match=True)
    # With k = 1 a weight of 2 or 4 makes equals of different ranks, too.
    fusion = RankFusion(1.0, tuple(zip(NAMES, map(float, weights), strict=True)), ties=ties)

    def turn(entry):
        score, modality, _ = entry
        first = {"shared": 0, "own-first": modality != 0, "other-first": modality == 0}[ties]
        # A chosen order leaves none open: it goes on by modality.
        return -score, first, 0 if ties == "shared" else modality

    def keep_places(order):
        return [(modality, is_relevant) for _, modality, is_relevant in order]

    def all_orders(query):
        rows = rows_of(asked, relevant, query)
        lists = [[row for row in rows if row[0] == m] for m in range(n_modalities)]
        for chosen in itertools.product(*(orders(one, lambda row: -row[1]) for one in lists)):
            fused = [
                (Fraction(weights[modality], 2 + place), modality, is_relevant)
                for one in chosen
                for place, (modality, _, is_relevant) in enumerate(one)
            ]
            if ties == "shared":
                yield from (pairs(keep_places(order)) for order in orders(fused, turn))
            else:
                yield pairs(keep_places(sorted(fused, key=turn)))

    assert_means_over(all_orders, asked, fusion, k)


@given(seeds, depths, st.sampled_from(["min-max", "z-score", "dbsf"]), st.sampled_from(TIES))
@settings(max_examples=150)
def test_lists_merged_by_score_count_every_order_of_equal_scores_that_the_ties_allow(
    seed, k, scale, ties
):
    asked, relevant = made_up(seed, None)

    def scaled(scores):
        low, high = min(scores), max(scores)
        if low == high:
            return [0.0] * len(scores)
        if scale == "min-max":
            return [round(float((s - low) / (high - low)), 9) for s in scores]
        mean = sum(scores) / len(scores)
        spread = float(sum((s - mean) ** 2 for s in scores) / len(scores)) ** 0.5
        return [round(float(s - mean) / spread, 9) for s in scores]

    def key(entry):
        score, modality, _ = entry
        first = {"shared": 0, "own-first": modality != 0, "other-first": modality == 0}[ties]
        return -score, first

    def all_orders(query):
        rows, fused = rows_of(asked, relevant, query), []
        for m in range(len(asked.corpus.names)):
            one = [row for row in rows if row[0] == m]
            new = scaled([score for _, score, _ in one]) if one else []
            fused += [(s, m, is_relevant) for s, (_, _, is_relevant) in zip(new, one, strict=True)]
        yield from (pairs([entry[1:] for entry in order]) for order in orders(fused, key))

    assert_means_over(all_orders, asked, ScoreFusion(scale, ties), k)


@given(seeds, depths)
@settings(max_examples=80)
def test_one_list_counts_every_order_of_equal_cosines(seed, k):
    asked, relevant = made_up(seed, None)

    def all_orders(query):
        for order in orders(rows_of(asked, relevant, query), lambda row: -row[1]):
            yield pairs([(modality, is_relevant) for modality, _, is_relevant in order])

    assert_means_over(all_orders, asked, ONE_LIST, k)


def test_scores_beyond_three_sigma_tie_between_lists():
    # One entry of either list lies far out, at different distances: both are clipped to 3σ.
    scores = np.concatenate([[90.0], np.zeros(19), [80.0], np.zeros(19)]).astype(np.float32)
    rows = Rows(NAMES[:2], np.zeros((40, 0)), np.repeat([0, 1], 20), np.tile(np.arange(20), 2))
    asked = Asked(
        rows, scores[None], np.zeros(1, int), 0, np.zeros(1, int), np.array([20]), np.zeros(1, int)
    )
    ranks = [ScoreFusion("dbsf", ties).standing(asked, 1).best.rank[0] for ties in TIES]
    assert ranks == [1.5, 2, 1]


@pytest.mark.parametrize("scale", ["min-max", "z-score", "dbsf"])
def test_equal_cosines_of_a_list_that_is_stretched_are_equal_still(scale):
    lists = [0.9, 0.1, 0.301, 0.3005, 0.3005 + 3e-7, 0.3]
    rows = Rows(NAMES[:2], np.zeros((6, 0)), np.array([0, 0, 1, 1, 1, 1]), np.arange(6))
    asked = Asked(
        rows, np.array([lists], np.float32), np.zeros(1, int), 0,
        np.zeros(1, int), np.array([3]), np.zeros(1, int),
    )  # fmt: skip
    assert ScoreFusion(scale).standing(asked, 1).groups.size.tolist() == [2]


@given(seeds)
@settings(max_examples=60)
def test_ends_of_ties_are_those_of_all_orders(seed):
    asked, relevant = made_up(seed, 2)
    groups = RankFusion(1.0).standing(asked, 1).groups
    for query in range(2):
        rows = rows_of(asked, relevant, query)
        ranks = []
        lists = [[row for row in rows if row[0] == m] for m in range(2)]
        for chosen in itertools.product(*(orders(one, lambda row: -row[1]) for one in lists)):
            fused = [(p, r) for one in chosen for p, (_, _, r) in enumerate(one)]
            for order in orders(fused, lambda entry: entry[0]):
                ranks += [place + 1 for place, (_, r) in enumerate(order) if r][:1]
        won, lost = (end[query] for end in groups.ends)
        assert (won, lost) == ((min(ranks), max(ranks)) if ranks else (0, 0))


# Items: a fused score is a sum over lists, in which equals share what their places give.


def made_up_items(seed):
    """Five items with up to three rows a modality; of every query, its own row left out."""
    random = np.random.default_rng(seed)
    n_modalities = random.integers(2, 4)
    owners = [
        np.sort(np.repeat(np.arange(5), random.integers(0, 3, 5))) for _ in range(n_modalities)
    ]
    owners[0] = np.sort(np.append(owners[0], 0))
    item = np.concatenate(owners)
    modality = np.repeat(np.arange(n_modalities), [one.size for one in owners])
    rows = Rows(NAMES[:n_modalities], np.zeros((item.size, 0), np.float32), modality, item)
    asking_rows = np.flatnonzero(modality == 0)
    scores = random.integers(0, 4, (asking_rows.size, item.size)).astype(np.float32)
    # Some queries are rows of the index and do not find themselves, others are none.
    indexed = random.random(asking_rows.size) < 0.7
    scores[np.flatnonzero(indexed), asking_rows[indexed]] = -np.inf
    items = item[asking_rows]
    asking, found = np.nonzero((item == items[:, None]) & (modality != 0))
    return Asked(rows, scores, items, 0, asking, found, indexed.astype(np.int64))


def fused_items(asked, query, fusion):
    """{item: (fused score, whether its best row has the query's modality)} of one query."""
    worth = {}
    for code, name in enumerate(asked.corpus.names):
        best = {}
        for column in np.flatnonzero(asked.corpus.modality == code):
            score, item = float(asked.scores[query, column]), int(asked.corpus.item[column])
            if score > -np.inf:
                best[item] = max(score, best.get(item, -np.inf))
        for item, score in best.items():
            if fusion.method == "max":
                gain = Fraction(score)
            else:
                ahead = sum(other > score for other in best.values())
                equal = sum(other == score for other in best.values())
                weight = Fraction(fusion.ranks.weight(name))
                first = int(fusion.ranks.k) + fusion.ranks.rank_base + ahead
                gain = sum(weight / place for place in range(first, first + equal)) / equal
            worth.setdefault(item, {})[code] = gain
    fuse = max if fusion.method == "max" else sum
    return {
        item: (
            fuse(by_list.values()),
            by_list.get(0, -1) > max([g for code, g in by_list.items() if code], default=-1),
        )
        for item, by_list in worth.items()
    }


@given(
    seeds,
    st.integers(1, 6),
    st.sampled_from(
        [
            ItemFusion("max"),
            ItemFusion("rrf"),
            ItemFusion("rrf", RankFusion(2.0, (("text", 2.0),), rank_base=0)),
        ]
    ),
)
@settings(max_examples=150)
def test_items_count_every_order_of_equal_fused_scores(seed, k, fusion):
    asked = made_up_items(seed)
    standing = fusion.standing(asked, k)
    found = standing.figures(k)
    means = np.array(
        [
            found.own_share,
            standing.first_other,
            found.ndcg,
            found.reciprocal_rank,
            found.hit,
            standing.best.rank,
        ]
    )
    for query, item in enumerate(asked.items):
        fused = fused_items(asked, query, fusion)
        # Left with one list against two of the others, an item cannot be measured.
        own_rows = (asked.corpus.modality == 0) & (asked.corpus.item == item)
        measurable = asked.n_excluded[query] == 0 or own_rows.sum() > 1
        entries = [
            (score, is_own, which == item and measurable)
            for which, (score, is_own) in fused.items()
        ]
        of_each = [
            figures([entry[1:] for entry in order], k)
            for order in orders(entries, lambda entry: -entry[0])
        ]
        np.testing.assert_allclose(means[:, query], np.mean(of_each, axis=0), atol=1e-9)


def test_of_a_captioned_item_a_caption_leaves_out_itself_alone():
    # Captions 0 and 1 are item 0's; caption 2 is item 1's only one.
    rows = Rows(NAMES[:2], np.zeros((5, 0)), np.array([0, 0, 0, 1, 1]), np.array([0, 0, 1, 0, 1]))
    scores = np.array(
        [
            [-np.inf, 0.9, 0.1, 0.5, 0.4],  # caption 0
            [0.1, 0.2, -np.inf, 0.3, 0.9],  # caption 2
            [0.1, 0.2, 0.9, 0.9, 0.3],  # a caption of item 1 that is not indexed
        ],
        dtype=np.float32,
    )
    items, found = np.array([0, 1, 1]), np.array([3, 4, 4])
    asked = Asked(rows, scores, items, 0, np.arange(3), found, np.array([1, 1, 0]))
    for fusion, ranks in ((ItemFusion("max"), [1, 0, 1.5]), (ItemFusion("rrf"), [1, 0, 1.5])):
        standing = fusion.standing(asked, 10)
        np.testing.assert_array_equal(np.nan_to_num(standing.best.rank), ranks)
        assert np.isnan(standing.figures(10).ndcg).tolist() == [False, True, False]


def test_an_item_whose_rows_are_equal_stands_by_another_modality_whatever_the_rounding():
    rows = Rows(NAMES[:2], np.zeros((4, 0)), np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1]))
    scores = np.array([[0.5 + 3e-7, 0.7, 0.5, 0.1]], dtype=np.float32)
    asked = Asked(
        rows, scores, np.zeros(1, int), 0, np.zeros(1, int), np.array([2]), np.zeros(1, int)
    )
    assert ItemFusion("max").standing(asked, 2).own_share.tolist() == [0.5]


# Parts of a corpus.


def made_up_corpus(seed, *, tied):
    """Six items with one or two rows in each of three modalities; those of the first ask."""
    random = np.random.default_rng(seed)
    owners = [np.sort(np.append(np.arange(6), random.integers(0, 6, 3))) for _ in NAMES]
    item, modality = np.concatenate(owners), np.repeat([0, 1, 2], 9)
    rows = Rows(NAMES, np.zeros((27, 0), np.float32), modality, item)
    scores = (
        random.integers(0, 4, (9, 27)) if tied else random.permutation(9 * 27).reshape(9, 27)
    ).astype(np.float32)
    items = item[:9]
    same = item == items[:, None]
    closed = same & (modality == 0)
    scores[closed] = -np.inf
    asking, found = np.nonzero(same & (modality != 0))
    return Asked(rows, scores, items, 0, asking, found, closed.sum(axis=1)), random


@given(seeds, st.integers(1, 12), st.booleans())
@settings(max_examples=60)
def test_parts_of_one_list_are_what_each_is_when_ranked_anew(seed, k, tied):
    asked, random = made_up_corpus(seed, tied=tied)
    kept = random.random((6, 4)) < 0.7
    fast = ONE_LIST.resampled(asked, k, kept)
    slow = Fusion.resampled(ONE_LIST, asked, k, kept)
    for name in (one.name for one in fields(slow)):
        # Equals at place k share the room there, which parts do not look into.
        if name != "own_share" or not tied:
            ours, theirs = getattr(fast, name), getattr(slow, name)
            np.testing.assert_allclose(ours, theirs, atol=1e-9, err_msg=name)


def test_a_part_of_a_corpus_whose_matches_are_very_many_equals_is_counted_too(monkeypatch):
    monkeypatch.setattr("gapviz.strategies.fusion.ties.PLACES_TOLD_APART", 3)
    n = 40
    rows = Rows(
        NAMES[:2], np.zeros((n + 1, 0)), np.repeat([0, 1], [1, n]), np.append(0, np.arange(n) // 2)
    )
    asked = Asked(
        rows, np.ones((1, n + 1), np.float32), np.zeros(1, int), 0,
        np.zeros(2, int), np.array([1, 2]), np.zeros(1, int),
    )  # fmt: skip
    kept = (np.arange(20) < np.array([[20], [10]])).T
    fast = ONE_LIST.resampled(asked, 50, kept)
    assert fast.hit == pytest.approx(1)
    told, rest = fast.reciprocal_rank[0], [1 / 41, 1 / 21]
    assert (told > rest).all() and (told < 0.5).all()
