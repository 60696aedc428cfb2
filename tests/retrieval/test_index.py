import numpy as np
import pytest

from gapviz import Collection, GapvizError, ModalityVectors
from gapviz.core.item import items_of_rows
from gapviz.core.rows import corpus_rows
from gapviz.measures.retrieval.mixed import evaluate_mixed
from gapviz.retrieval.exact_index import ExactIndex
from gapviz.retrieval.index import Query
from gapviz.retrieval.queries import caption_query, item_query
from gapviz.sources.builtin import builtin_collection
from gapviz.strategies import STRATEGIES, StrategyOptions, fit_strategy
from gapviz.strategies.fusion import ItemFusion
from gapviz.strategies.raw import Raw
from gapviz.strategies.registry import strategy_class


def rows_of(collection):
    return corpus_rows(collection, Raw().fit(collection))


def search(rows, vector, modality, k=10, item=None, strategy="raw", **values):
    """What a query finds among raw rows under a strategy that moves nothing."""
    made = strategy_class(strategy)(**values)
    made.modalities_ = (*rows.names, modality)
    return ExactIndex(rows, made).search(Query(vector, modality, item), k)


@pytest.fixture
def corpus(mixed_up_collection):
    return rows_of(mixed_up_collection(seed=1))


@pytest.fixture
def query(corpus):
    return corpus.vectors[3]


def test_a_mixed_list_falls_by_cosine(corpus, query):
    found = search(corpus, query, "image", k=corpus.n_rows)
    cosines = corpus.vectors @ query
    assert [hit.row for hit in found.hits] == np.argsort(-cosines, kind="stable").tolist()
    assert [hit.rank for hit in found.hits] == list(range(1, corpus.n_rows + 1))
    assert found.hits[0].row == 3
    assert found.match_rank is None


def test_the_querys_own_entry_is_left_out_by_item(corpus, query):
    found = search(corpus, query, "image", k=corpus.n_rows, item=3)
    assert all((hit.item, hit.modality) != (3, "image") for hit in found.hits)
    assert found.hits[found.match_rank - 1].item == 3
    assert len(found.hits) == corpus.n_rows - 1


def test_bias_is_the_share_of_the_querys_modality_among_the_hits(corpus, query):
    found = search(corpus, query, "text", k=7)
    assert found.bias == np.mean([hit.modality == "text" for hit in found.hits])
    assert found.corpus_share == np.mean(corpus.modality == corpus.code("text"))


def test_routed_lists_take_turns_at_being_first_of_equals(make_collection):
    corpus = rows_of(make_collection(20))
    found = search(corpus, corpus.vectors[0], "text", k=8, strategy="route")
    assert [hit.modality for hit in found.hits] == ["text", "image", "image", "text"] * 2


@pytest.mark.parametrize("name", ["raw", "znorm", "nnn", "csls", "minmax", "dbsf", "route-zscore"])
def test_copies_of_the_match_tie_with_it_whatever_a_strategy_makes_of_their_cosines(
    make_collection, name
):
    made, random = make_collection(60, dim=64, gap=0.1), np.random.default_rng(0)
    image, text = (made.modality(m).vectors for m in ("image", "text"))
    # Copies of one length, up to the rounding of their rows.
    copies = text[:30] * (1 + 1e-7 * random.uniform(-1, 1, (30, 64)))
    twice = np.concatenate([text[:30], copies.astype(np.float32)])
    collection = Collection(
        "copies",
        made.items,
        {"image": ModalityVectors.of(image), "text": ModalityVectors.of(twice)},
    )
    strategy = fit_strategy(StrategyOptions(name), collection)
    outcome = evaluate_mixed(collection, strategy)["image"]
    assert outcome.tied.all() and (outcome.groups.size >= 2).all()


@pytest.mark.parametrize(("ties", "first"), [("own-first", "text"), ("other-first", "image")])
def test_routed_lists_alternate_from_the_list_that_wins_ties(make_collection, ties, first):
    corpus = rows_of(make_collection(20))
    found = search(corpus, corpus.vectors[0], "text", k=6, strategy="route", ties=ties)
    second = {"text": "image", "image": "text"}[first]
    assert [hit.modality for hit in found.hits] == [first, second] * 3
    assert found.bias == 0.5
    assert found.hits[0].score == pytest.approx(1 / 61)


def test_each_routed_list_keeps_its_order_by_cosine(corpus, query):
    found = search(corpus, query, "image", k=corpus.n_rows, strategy="route")
    for name in corpus.names:
        cosines = [hit.cosine for hit in found.hits if hit.modality == name]
        assert cosines == sorted(cosines, reverse=True)
        assert len(cosines) == (corpus.modality == corpus.code(name)).sum()


def test_equal_cosines_keep_the_order_of_the_rows():
    collection = Collection(
        "equal", items_of_rows(6), {"image": ModalityVectors.of(np.ones((6, 4)))}
    )
    corpus = rows_of(collection)
    found = search(corpus, corpus.vectors[0], "image", k=4)
    assert [hit.row for hit in found.hits] == [0, 1, 2, 3]


def test_a_query_of_a_modality_that_is_not_indexed_has_no_bias(corpus, query):
    for strategy in ("raw", "route"):
        assert search(corpus, query, "smell", strategy=strategy).bias == 0


@pytest.mark.filterwarnings("error")
def test_a_corpus_of_the_query_alone_gives_nothing():
    corpus = rows_of(Collection("one", items_of_rows(1), {"image": ModalityVectors.of([[1.0]])}))
    for strategy in ("raw", "route"):
        found = search(corpus, corpus.vectors[0], "image", item=0, strategy=strategy)
        assert found.hits == ()
        assert np.isnan(found.bias) and np.isnan(found.corpus_share)


@pytest.mark.parametrize("k", [0, -1])
def test_fewer_than_one_result_is_refused(corpus, query, k):
    with pytest.raises(GapvizError, match="at least 1"):
        search(corpus, query, "image", k=k)


def test_a_query_of_another_dimension_is_refused(corpus):
    with pytest.raises(GapvizError, match="dimensions"):
        search(corpus, np.ones(3, dtype=np.float32), "image")


def test_items_fused_by_max_stand_by_their_best_row(corpus, query):
    cosines = corpus.vectors @ query
    best = {item: cosines[corpus.item == item].max() for item in set(corpus.item.tolist())}
    hits = search(corpus, query, "image", k=len(best), strategy="items-max").hits
    assert [hit.item for hit in hits] == sorted(best, key=lambda item: -best[item])
    for hit in hits:
        assert hit.score == pytest.approx(best[hit.item])
        assert corpus.item[hit.row] == hit.item


def test_items_fused_by_rank_agree_with_ranx(ranx, corpus, query):
    cosines = (corpus.vectors @ query).astype(float)
    runs = []
    for code in range(len(corpus.names)):
        run = {}
        for row in np.flatnonzero(corpus.modality == code):
            key = str(corpus.item[row])
            run[key] = max(run.get(key, -1.0), cosines[row])
        runs.append(run)
    theirs = ranx(runs=runs, k=60)
    hits = search(corpus, query, "image", k=100, strategy="items-rrf").hits
    assert {str(hit.item): hit.score for hit in hits} == pytest.approx(theirs)


def test_an_unknown_item_fusion_is_refused():
    with pytest.raises(GapvizError, match="choose rrf or max"):
        ItemFusion("sum")


@pytest.mark.parametrize("name", STRATEGIES)
def test_a_head_and_the_rank_of_the_match_are_those_of_the_whole_list(mixed_up_collection, name):
    collection = mixed_up_collection(seed=2)
    strategy = fit_strategy(StrategyOptions(name), collection)
    index = ExactIndex.of(collection, strategy)
    for modality in ("image", "text"):
        for item in np.unique(collection.modality(modality).corpus.item_index)[:6]:
            query = item_query(collection, int(item), modality)
            whole = index.search(query, index.rows.n_rows)
            matches = [
                hit.rank
                for hit in whole.hits
                if hit.item == item and (strategy.spec.ranks_items or hit.modality != modality)
            ]
            assert whole.match_rank == (matches[0] if matches else None)
            head = index.search(query, 3)
            assert head.hits == whole.hits[:3] and head.match_rank == whole.match_rank


@pytest.mark.parametrize("name", STRATEGIES)
def test_many_queries_find_what_each_finds_alone(make_collection, name):
    collection = make_collection(30, seed=4)
    index = ExactIndex.of(collection, fit_strategy(StrategyOptions(name), collection))
    vectors = collection.modality("text").vectors[:5]
    found = index.search_many(vectors, "text", 4)
    alone = [index.search(Query(vector, "text"), 4).hits for vector in vectors]
    assert found.rows.tolist() == [[hit.row for hit in hits] for hits in alone]
    expected = [[hit.score for hit in hits] for hits in alone]
    np.testing.assert_allclose(found.scores, expected, atol=1e-6)


def test_a_typed_caption_knows_its_item_in_any_case_and_other_words_do_not():
    drawings = builtin_collection()
    for typed in ("  Cat Face ", "cat  face.", "“Cat face”"):
        query = caption_query(drawings, typed)
        assert drawings.items[query.item].captions[0] == "cat face"
    assert not query.leave_out_own
    assert caption_query(drawings, "a cat that nobody drew") is None
