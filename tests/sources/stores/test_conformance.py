"""Every store answers, keeps and refuses alike; what each cannot is a line in `engines.py`."""

import sys

import numpy as np
import pytest

from gapviz.core.errors import GapvizError
from gapviz.sources.stores.registry import open_store, store_of
from gapviz.sources.stores.store import Batch, FieldVectors, ReciprocalFusion, VectorField
from tests.sources.stores.engines import (
    COLOURS,
    DIM,
    Items,
    N,
    Several,
    Vectors,
    best_entries,
    created,
    filled,
    fused_by_formula,
    vectors_of,
)

QUERIES = vectors_of(3, 9)
NEAR = 2e-6
"""Rounding of products in float32."""


def one_field(store):
    return store.schema().fields[0].name


def assert_lists(found, expected, ids):
    """The same entries in the same order, with the same scores."""
    assert len(found.ids) == len(expected)
    for got, scores, wanted in zip(found.ids, found.scores, expected, strict=True):
        assert got == tuple(ids[entry] for entry, _ in wanted)
        np.testing.assert_allclose(scores, [score for _, score in wanted], atol=NEAR)


def test_a_schema_says_what_is_there(items):
    schema = items.schema()
    told = {one.name: (one.dim, one.metric, one.several) for one in schema.fields}
    assert told == {"image": (DIM, "cosine", False), "text": (DIM, "cosine", False)}
    assert schema.n_entries == N
    assert set(schema.payload) >= {"caption", "colour"}


def test_the_nearest_are_those_of_exact_search(items):
    found = items.nearest("text", QUERIES, 10, exact=True)
    expected = [best_entries(Items().texts, query)[:10] for query in QUERIES]
    assert_lists(found, expected, Items.ids)


def test_scores_are_cosines_whatever_the_length_of_the_query(items):
    short = items.nearest("text", QUERIES, 5, exact=True)
    long = items.nearest("text", 7 * QUERIES, 5, exact=True)
    assert short.ids == long.ids
    np.testing.assert_allclose(np.array(short.scores), np.array(long.scores), atol=NEAR)


def test_an_entry_without_the_vector_is_not_found(items):
    """Not even behind those whose cosine is negative."""
    found = items.nearest("image", QUERIES, N, exact=True)
    expected = [best_entries(Items().images, query) for query in QUERIES]
    assert min(score for _, score in expected[0]) < 0
    assert_lists(found, expected, Items.ids)


@pytest.mark.parametrize("colour", COLOURS)
def test_a_filter_lets_through_what_equals_it(items, colour):
    allowed = {i for i in range(N) if COLOURS[i % 2] == colour}
    found = items.nearest("image", QUERIES, N, where={"colour": colour}, exact=True)
    expected = [best_entries(Items().images, query, allowed) for query in QUERIES]
    assert_lists(found, expected, Items.ids)


@pytest.mark.parametrize("modality", Vectors.names)
def test_a_modality_is_a_filter_over_single_vectors(vectors, modality):
    batch = Vectors().batch
    allowed = {i for i in range(N) if batch.payload[i]["modality"] == modality}
    name = one_field(vectors)
    found = vectors.nearest(name, QUERIES, N, where={"modality": modality}, exact=True)
    expected = [best_entries(batch.vectors[""], query, allowed) for query in QUERIES]
    assert_lists(found, expected, batch.ids)


def test_a_filter_that_nothing_equals_finds_nothing(vectors):
    name = one_field(vectors)
    assert vectors.nearest(name, QUERIES, 5, where={"modality": "video"}).ids == ((),) * 3


def by_score(pairs, k):
    """`{score: ids}` of the whole levels of the `k` first: equal scores have no order."""
    levels = {}
    for one, score in pairs:
        levels.setdefault(round(score, 6), set()).add(one)
    whole, seen = {}, 0
    for score, ids in levels.items():
        seen += len(ids)
        if seen <= k:
            whole[score] = ids
    return whole


def assert_fused(store, found, lists_by_query, k, constant):
    for ids, scores, lists in zip(found.ids, found.scores, lists_by_query, strict=True):
        expected = fused_by_formula(lists, k, constant)
        wanted = [score for _, score in expected[:k]]
        np.testing.assert_allclose(scores, wanted, rtol=1e-5)
        got = [(one, float(score)) for one, score in zip(ids, wanted, strict=True)]
        whole = by_score(expected, k)
        assert whole.items() <= by_score(got, k).items()


@pytest.mark.parametrize("constant", [60, 1])
def test_its_rank_fusion_of_two_fields_is_the_papers(items, constant):
    fusion = ReciprocalFusion(constant, depth=30)
    found = items.fused({"image": QUERIES, "text": QUERIES[::-1].copy()}, 12, fusion)
    lists = [
        [
            [Items.ids[i] for i, _ in best_entries(Items().images, query)[:30]],
            [Items.ids[i] for i, _ in best_entries(Items().texts, other)[:30]],
        ]
        for query, other in zip(QUERIES, QUERIES[::-1], strict=True)
    ]
    assert_fused(items, found, lists, 12, constant)


def test_its_rank_fusion_of_two_filters_is_the_papers(vectors):
    batch, asked = Vectors().batch, Vectors.names[1:]
    found = vectors.fused(
        dict.fromkeys(asked, QUERIES),
        10,
        ReciprocalFusion(60, depth=10),
        where={name: {"modality": name} for name in asked},
    )
    lists = [
        [
            [
                batch.ids[i]
                for i, _ in best_entries(
                    batch.vectors[""],
                    query,
                    {i for i in range(N) if batch.payload[i]["modality"] == name},
                )[:10]
            ]
            for name in asked
        ]
        for query in QUERIES
    ]
    assert_fused(vectors, found, lists, 10, 60)


def test_a_scan_brings_every_entry_once_as_it_was_written(items):
    seen = {}
    for batch in items.scan(["image", "text"], batch=13):
        for place, one in enumerate(batch.ids):
            held = {name: rows.vectors[rows.entry == place] for name, rows in batch.vectors.items()}
            assert one not in seen
            seen[one] = (held, dict(batch.payload[place]))
    assert set(seen) == set(Items.ids)
    for place, one in enumerate(Items.ids):
        held, payload = seen[one]
        assert payload == Items().batch.payload[place]
        for name, rows in (("image", Items().images), ("text", Items().texts)):
            assert_same_directions(held[name], rows.vectors[rows.entry == place])


def assert_same_directions(found, expected):
    assert found.shape == expected.shape
    for got, wanted in zip(found, expected, strict=True):
        cosine = got @ wanted / np.linalg.norm(got) / np.linalg.norm(wanted)
        assert cosine == pytest.approx(1, abs=1e-6)


def test_a_scan_goes_on_from_where_it_was_left(items):
    whole = [batch.ids for batch in items.scan(["text"], batch=13)]
    first = next(iter(items.scan(["text"], batch=13)))
    assert first.ids == whole[0]
    rest = [batch.ids for batch in items.scan(["text"], batch=13, after=first.cursor)]
    assert rest == whole[1:]


def test_the_last_batch_of_a_scan_has_no_cursor(items):
    cursors = [batch.cursor for batch in items.scan([], batch=20)]
    assert all(cursors[:-1])
    assert cursors[-1] == ""


def test_a_scan_reads_the_payload_that_is_asked_for(items):
    batch = next(iter(items.scan([], ["caption"])))
    assert not batch.vectors
    assert all(set(one) == {"caption"} for one in batch.payload)


def test_entries_are_fetched_in_the_order_asked(items):
    found = items.fetch(["item 7", "nobody", "item 3"], ["image", "text"])
    assert found.ids == ("item 7", "item 3")
    assert found.payload[1]["caption"] == "the 3th"
    np.testing.assert_array_equal(found.vectors["image"].entry, [0, 1])
    assert_same_directions(found.vectors["text"].vectors, Items().texts.vectors[[7, 3]])


AWKWARD = (
    "17", "017", "a/b c", "it's", "ü…", "7bccfd82-55a7-4c23-82b9-5a83bde2c4fc",
    "7BCCFD82-55A7-4C23-82B9-5A83BDE2C4FC", "x" * 200, "9" * 30,
)  # fmt: skip


def test_ids_come_back_as_they_were_written(home):
    n = len(AWKWARD)
    rows = FieldVectors(np.arange(n), vectors_of(n, 4))
    batch = Batch(AWKWARD, {"text": rows}, ({},) * n)
    with filled(home("ids"), [VectorField("text", DIM)], batch) as store:
        assert set(next(iter(store.scan([]))).ids) == set(AWKWARD)
        assert store.fetch(AWKWARD, []).ids == AWKWARD
        assert store.nearest("text", rows.vectors, 1).ids == tuple((one,) for one in AWKWARD)
        assert store.present([*AWKWARD, "another"]) == set(AWKWARD)


def test_payload_keeps_its_kinds(home):
    payload = {"text": "it's", "year": 1999, "share": 0.5, "seen": True, "tags": ["a", "b"]}
    rows = FieldVectors(np.arange(2), vectors_of(2))
    batch = Batch(("a", "b"), {"v": rows}, (payload, {}))
    with filled(home("kinds"), [VectorField("v", DIM)], batch, tuple(payload)) as store:
        assert [dict(one) for one in store.fetch(["a", "b"], []).payload] == [payload, {}]


def test_writing_again_changes_nothing(fresh):
    before = fresh.nearest("text", QUERIES, 10, exact=True)
    fresh.write(Items().batch)
    fresh.finish()
    assert fresh.schema().n_entries == N
    assert fresh.nearest("text", QUERIES, 10, exact=True).ids == before.ids


def test_a_vector_that_is_no_vector_is_refused(fresh):
    rows = np.full((1, DIM), np.nan, dtype=np.float32)
    broken = Batch(("item 5",), {"text": FieldVectors(np.array([0]), rows)}, ({},))
    with pytest.raises(GapvizError, match="'item 5' holds NaN"):
        fresh.write(broken)


def test_an_entry_that_is_there_is_replaced(fresh):
    rows = FieldVectors(np.array([0]), -Items().texts.vectors[[5]])
    fresh.write(Batch(("item 5",), {"text": rows}, ({"caption": "new"},)))
    fresh.finish()
    assert fresh.schema().n_entries == N
    found = fresh.fetch(["item 5"], ["image", "text"])
    assert dict(found.payload[0]) == {"caption": "new"}
    assert_same_directions(found.vectors["text"].vectors, rows.vectors)
    assert not found.vectors["image"].entry.size


def test_what_was_created_is_opened_again(home):
    with filled(home("again"), Items.fields, Items().batch):
        pass
    with created(home("again"), Items.fields) as store:
        assert store.schema().n_entries == N
        assert store.present(["item 1", "nobody"]) == {"item 1"}
    with open_store(home("again")) as store:
        assert store.schema().n_entries == N


def test_a_collection_of_another_schema_is_left_alone(home):
    with created(home("other"), Items.fields):
        pass
    with pytest.raises(GapvizError, match="other vector fields"):
        created(home("other"), [VectorField("text", DIM + 1)])


def test_of_several_vectors_the_best_counts(several):
    found = several.nearest("image", QUERIES, N, exact=True)
    expected = [best_entries(Several().images, query) for query in QUERIES]
    assert_lists(found, expected, Items.ids)


def test_several_vectors_are_told_and_read_in_the_order_they_were_written(several):
    told = {one.name: one.several for one in several.schema().fields}
    assert told == {"image": True, "text": False}
    images = Several().images
    found = several.fetch(Items.ids, ["image"]).vectors["image"]
    np.testing.assert_array_equal(found.entry, images.entry)
    assert_same_directions(found.vectors, images.vectors)


def test_several_vectors_are_one_list_of_a_rank_fusion(several):
    found = several.fused({"image": QUERIES, "text": QUERIES}, 12, ReciprocalFusion(60, depth=N))
    lists = [
        [
            [Items.ids[i] for i, _ in best_entries(rows, query)]
            for rows in (Several().images, Several().texts)
        ]
        for query in QUERIES
    ]
    assert_fused(several, found, lists, 12, 60)


def test_an_empty_collection_finds_nothing(home):
    with filled(home("empty"), [VectorField("v", DIM)], Batch((), {}, ())) as store:
        assert store.schema().n_entries == 0
        assert store.nearest("v", QUERIES, 3).ids == ((),) * 3
        assert not [one for batch in store.scan(["v"]) for one in batch.ids]
        assert store.fetch(["a"], ["v"]).ids == ()


def test_inner_products_are_scores(home):
    rows = FieldVectors(np.arange(N), vectors_of(N))
    ids = tuple(map(str, range(N)))
    fields = [VectorField("v", DIM, "dot")]
    with filled(home("dot"), fields, Batch(ids, {"v": rows}, ({},) * N)) as store:
        assert store.schema().fields[0].metric == "dot"
        found = store.nearest("v", QUERIES, N, exact=True)
    for got, scores, products in zip(
        found.ids, found.scores, QUERIES @ rows.vectors.T, strict=True
    ):
        assert got == tuple(map(str, np.argsort(-products)))
        np.testing.assert_allclose(scores, -np.sort(-products), atol=1e-5)


def test_distances_are_scores_below_zero(home):
    rows = FieldVectors(np.arange(N), vectors_of(N))
    ids = tuple(map(str, range(N)))
    fields = [VectorField("v", DIM, "euclidean")]
    with filled(home("far"), fields, Batch(ids, {"v": rows}, ({},) * N)) as store:
        found = store.nearest("v", QUERIES, N, exact=True)
    for got, scores, query in zip(found.ids, found.scores, QUERIES, strict=True):
        far = np.linalg.norm(rows.vectors - query, axis=1)
        assert got == tuple(map(str, np.argsort(far)))
        np.testing.assert_allclose(scores, -np.sort(far), atol=1e-4)


def test_a_collection_that_is_not_there_is_told_with_those_that_are(home, items):
    with pytest.raises(GapvizError, match=r"there is no \w+ 'nothing") as told:
        open_store(home("nothing"))
    assert items.address.collection in told.value.hint


def test_queries_of_another_dimension_are_refused(items):
    with pytest.raises(GapvizError, match=f"'text' {DIM} dimensions"):
        items.nearest("text", QUERIES[:, :-1], 3)


def test_a_field_that_is_not_there_is_told_with_those_that_are(items):
    with pytest.raises(GapvizError, match=r"no vector field 'sound'; use one of .*'text'"):
        items.nearest("sound", QUERIES, 3)


def test_a_missing_client_is_one_sentence(home, engine, monkeypatch):
    if not engine.client:
        pytest.skip("needs no client")
    monkeypatch.setitem(sys.modules, engine.client, None)
    extra = store_of(home("items")).extra
    with pytest.raises(GapvizError, match=rf"pip install 'gapviz\[{extra}\]'"):
        open_store(home("items"))
