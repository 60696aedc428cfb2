"""A sound engine agrees; a planted departure of each kind is named, and no other."""

from dataclasses import replace

import numpy as np
import pytest

import gapviz.measures.proof.evidence
from gapviz.core.modality_vectors import ModalityVectors
from gapviz.core.splits import alternate_splits
from gapviz.sources.stores.address import parsed_address
from gapviz.sources.stores.qdrant import QdrantStore
from gapviz.sources.stores.rank_fusion import rank_fused
from gapviz.sources.stores.registry import open_store, store_of
from gapviz.sources.stores.store import (
    MODALITY,
    Batch,
    FieldVectors,
    Nearest,
    ReciprocalFusion,
    StoreSchema,
    VectorField,
)
from gapviz.strategies import StrategyOptions
from tests.sources.stores.engines import FRESH

CENTRE = StrategyOptions("centre")
ITEMS = StrategyOptions("items-rrf")
PLANS = ["raw", "centre", "znorm", "nnn", "minmax", "route", "items-rrf", "items-max"]


@pytest.fixture(scope="module")
def pictured(world):
    """The world with one caption an item."""
    text = world.modality("text")
    return replace(
        world, modalities=dict(world.modalities) | {"text": text.rows(np.arange(0, text.n_rows, 2))}
    )


def kinds(proof):
    return [cause.kind for cause in proof.causes]


@pytest.mark.parametrize("scheme", ["qdrant", "arrays"])
@pytest.mark.parametrize("name", PLANS)
def test_a_sound_engine_agrees(written, proven, name, scheme):
    options = StrategyOptions(name)
    proof = proven(written(options, scheme), options)
    assert proof.agrees, proof.causes
    assert proof.n_queries == 24 and "as was measured" in proof.reading
    for one in proof.agreements:
        assert one.overlap.value == one.rank_agreement.value == 1
    for one in proof.figures:
        assert np.isnan(one.memory.value) or one.difference.value == 0


@pytest.mark.slow
@pytest.mark.parametrize("name", ["centre", "items-rrf"])
def test_every_engine_agrees(home, request, written, proven, name):
    if request.node.callspec.params["home"] == "arrays-float16":
        pytest.skip("rounds what it stores")
    options = StrategyOptions(name)
    proof = proven(written(options, address=home(f"{name}-{next(FRESH)}")), options)
    assert proof.agrees, proof.causes


@pytest.mark.slow
def test_what_is_known_of_a_store_stands_beside_its_proof(request, written, proven, pictured):
    """Milvus Lite scores what is not there as 0; gapviz leaves it out, and says so."""
    address = request.getfixturevalue("milvus_home")("missing")
    proof = proven(written(ITEMS, collection=pictured, address=address), ITEMS, None, pictured)
    assert proof.agrees, proof.causes
    assert any("leaves them out" in note for note in proof.notes)


def test_vectors_that_are_not_there_are_named(written, proven):
    address = written()
    with open_store(address) as store:
        models = pytest.importorskip("qdrant_client").models
        gone = models.FieldCondition(key="item", match=models.MatchAny(any=["00", "01", "02"]))
        store.client.delete(
            store.address.collection, models.FilterSelector(filter=models.Filter(must=[gone]))
        )
    proof = proven(address)
    assert kinds(proof) == ["dropped"]
    assert proof.causes[0].found == 9 and "are not there" in proof.causes[0].sentence
    assert min(one.overlap.value for one in proof.agreements) < 1


def test_captions_that_were_lost_are_named(written, proven, world):
    address = written(ITEMS)
    with open_store(address) as store:
        batch = next(iter(store.scan(["image", "text"])))
        text = batch.vectors["text"]
        first = np.unique(text.entry, return_index=True)[1]
        few = FieldVectors(text.entry[first], text.vectors[first])
        store.write(replace(batch, vectors={"image": batch.vectors["image"], "text": few}))
    proof = proven(address, ITEMS)
    assert kinds(proof) == ["several"]
    assert proof.causes[0].found == world.n_items


def test_entries_of_others_are_named(written, proven, world):
    address = written()
    other = np.random.default_rng(0).standard_normal((2, 12)).astype(np.float32)
    with open_store(address) as store:
        store.write(
            Batch(("a", "b"), {"": FieldVectors(np.arange(2), other)}, ({MODALITY: "text"},) * 2)
        )
    proof = proven(address)
    assert kinds(proof) == ["foreign"] and proof.causes[0].found == 2


def rewritten(address, change):
    """Write every entry again with its vectors `(n, dim)` changed; `change(ids, vectors)`."""
    with open_store(address) as store:
        (batch,) = list(store.scan([""]))
        rows = batch.vectors[""]
        changed = FieldVectors(rows.entry, change(batch.ids, rows.vectors))
        store.write(replace(batch, vectors={"": changed}))


def test_vectors_that_were_not_moved_are_named(written, proven, world):
    address = written()
    encoded = {
        f"{world.items[item].id}/image/0": row
        for row, item in zip(
            world.modality("image").vectors, world.modality("image").item_index, strict=True
        )
    }
    rewritten(
        address,
        lambda ids, vectors: np.stack(
            [encoded.get(one, row) for one, row in zip(ids, vectors, strict=True)]
        ),
    )
    proof = proven(address)
    assert kinds(proof) == ["vectors"]
    assert proof.causes[0].found == len(encoded)
    assert "as they were encoded" in proof.causes[0].sentence


def test_vectors_of_another_time_are_named(written, proven):
    address = written()
    rewritten(address, lambda ids, vectors: vectors[::-1].copy())
    proof = proven(address)
    assert kinds(proof) == ["vectors"] and "are other vectors" in proof.causes[0].sentence


class RanksMissing(QdrantStore):
    """An item without a picture scores 0 in the list of pictures, above those below 0."""

    def nearest(self, field, queries, k, *, where=None, effort=None, exact=False):
        found = super().nearest(field, queries, 10_000, where=where)
        if field != "image":
            return Nearest(tuple(i[:k] for i in found.ids), tuple(s[:k] for s in found.scores))
        every = [one for batch in self.scan([]) for one in batch.ids]
        lists = []
        for ids, scores in zip(found.ids, found.scores, strict=True):
            known = set(ids)
            lacking = [(0.0, one) for one in every if one not in known]
            both = sorted([*zip(scores.tolist(), ids, strict=True), *lacking], key=lambda s: -s[0])
            lists.append(both[:k])
        return Nearest(
            tuple(tuple(one for _, one in best) for best in lists),
            tuple(np.array([score for score, _ in best], np.float32) for best in lists),
        )

    def fused(self, queries, k, fusion, *, where=None):
        lists = [self.nearest(name, rows, fusion.depth) for name, rows in queries.items()]
        return rank_fused(lists, k, fusion)


def test_missing_vectors_that_are_ranked_are_named(written, proven):
    proof = proven(written(ITEMS), ITEMS, RanksMissing)
    assert kinds(proof) == ["missing"]
    assert (proof.causes[0].found, proof.causes[0].of) == (8, 8)
    assert "at score 0" in proof.causes[0].sentence


def test_missing_vectors_that_are_stored_as_zeros_are_named(written, proven):
    address = written(ITEMS)
    with open_store(address) as store:
        (batch,) = list(store.scan(["image", "text"]))
        image = batch.vectors["image"]
        lacking = np.setdiff1d(np.arange(len(batch.ids)), image.entry)
        entry = np.concatenate([image.entry, lacking])
        zeros = np.zeros((lacking.size, 12), np.float32)
        filled = FieldVectors(entry, np.concatenate([image.vectors, zeros]))
        store.write(replace(batch, vectors=dict(batch.vectors) | {"image": filled}))
    assert kinds(proven(address, ITEMS)) == ["missing"]


class HalvesScores(QdrantStore):
    """Scores as engines of documents tell them: (1 + cosine) / 2."""

    def nearest(self, *asked, **more):
        found = super().nearest(*asked, **more)
        return Nearest(found.ids, tuple((1 + scores) / 2 for scores in found.scores))


@pytest.mark.parametrize("options", [CENTRE, StrategyOptions("znorm")], ids=lambda o: o.name)
def test_another_scale_is_named(written, proven, options):
    proof = proven(written(options), options, HalvesScores)
    assert kinds(proof) == ["scale"]
    assert "0.5 + 0.5 · cosine" in proof.causes[0].sentence


@pytest.mark.parametrize(
    ("metric", "words"), [("dot", "products of vectors of lengths"), ("euclidean", "distances")]
)
def test_another_metric_is_named(written, proven, metric, words):
    lengths = np.random.default_rng(1)
    with open_store(written()) as store:
        (batch,) = list(store.scan([""]))
    rows = batch.vectors[""]
    if metric == "dot":
        scale = lengths.uniform(0.5, 2, (len(rows.vectors), 1)).astype(np.float32)
        rows = FieldVectors(rows.entry, rows.vectors * scale)
    address = f"qdrant:///:memory:#{metric}-{next(FRESH)}"
    kind = store_of(address).writes
    schema = StoreSchema((VectorField("", 12, metric),), (MODALITY,), 0)
    with kind.create(parsed_address(address), schema) as store:
        store.write(replace(batch, vectors={"": rows}))
    proof = proven(address)
    assert kinds(proof) == ["scale"] and words in proof.causes[0].sentence


class Approximates(QdrantStore):
    """Misses every third entry unless it is asked for exact search."""

    def nearest(self, field, queries, k, *, where=None, effort=None, exact=False):
        if exact:
            return super().nearest(field, queries, k, where=where)
        found = super().nearest(field, queries, 2 * k, where=where)
        return Nearest(
            tuple(tuple(np.delete(ids, np.s_[2::3]).tolist()[:k]) for ids in found.ids),
            tuple(np.delete(scores, np.s_[2::3])[:k] for scores in found.scores),
        )


def test_what_an_approximate_index_misses_is_named(written, proven):
    proof = proven(written(), kind=Approximates)
    assert kinds(proof) == ["approximate"]
    assert "% of what its exact search finds" in proof.causes[0].sentence
    assert max(one.overlap.value for one in proof.agreements) < 1


@pytest.mark.slow
def test_a_real_approximate_index_is_named(written, proven, make_collection):
    from lancedb.index import IvfFlat

    many = make_collection(300, 12)
    address = written(scheme="lancedb", collection=many)
    with open_store(address) as store:
        lists = IvfFlat(distance_type="cosine", num_partitions=80)
        store.table.create_index("vector", config=lists)
    proof = proven(address, collection=many)
    assert kinds(proof) == ["approximate"]
    assert "ivf" in proof.causes[0].sentence.lower()


class DividesRanks(QdrantStore):
    """Fuses with weights as Qdrant has them: w / (rank + w·k) instead of a weighted sum."""

    def fused(self, queries, k, fusion, *, where=None):
        from qdrant_client import models

        several = {one.name for one in self.schema().fields if one.several}
        rule = models.RrfQuery(rrf=models.Rrf(k=fusion.k + 1, weights=[1.0, 3.0]))
        answers = []
        for place in range(len(next(iter(queries.values())))):
            prefetch = [
                models.Prefetch(
                    query=[rows[place].tolist()] if name in several else rows[place].tolist(),
                    using=name,
                    limit=fusion.depth,
                )
                for name, rows in queries.items()
            ]
            found = self.client.query_points(
                self.address.collection, prefetch=prefetch, query=rule, limit=k
            )
            answers.append(found.points)
        return Nearest(
            tuple(tuple(one.payload["item"] for one in points) for points in answers),
            tuple(np.array([one.score for one in points], np.float32) for points in answers),
        )


def test_weights_that_divide_the_rank_are_named(written, proven):
    proof = proven(written(ITEMS), ITEMS, DividesRanks)
    assert kinds(proof) == ["ranks"] and "may divide the rank" in proof.causes[0].sentence


class CountsFromZero(QdrantStore):
    """Fuses ranks from 0 with the k of the paper: off by one."""

    def fused(self, queries, k, fusion, *, where=None):
        return super().fused(queries, k, ReciprocalFusion(fusion.k - 1, fusion.depth), where=where)


class UsualConstant(QdrantStore):
    """Fuses with Qdrant's own default."""

    def fused(self, queries, k, fusion, *, where=None):
        return super().fused(queries, k, ReciprocalFusion(1, fusion.depth), where=where)


@pytest.mark.parametrize("name", ["route", "items-rrf"])
@pytest.mark.parametrize(("kind", "words"), [(CountsFromZero, "k = 59"), (UsualConstant, "k = 1")])
def test_another_rank_fusion_is_named(written, proven, name, kind, words):
    options = StrategyOptions(name)
    proof = proven(written(options), options, kind)
    assert kinds(proof) == ["ranks"] and words in proof.causes[0].sentence


@pytest.fixture(scope="module")
def tied(make_collection):
    """Every picture stands four times."""
    made = make_collection(40, 12)
    image = np.repeat(made.modality("image").vectors[:10], 4, axis=0)
    modalities = {"image": ModalityVectors.of(image), "text": made.modality("text")}
    return replace(made, modalities=modalities, splits=alternate_splits(40))


class BreaksTiesBackwards(QdrantStore):
    """Of equal scores, the last one first."""

    def nearest(self, field, queries, k, *, where=None, effort=None, exact=False):
        found = super().nearest(field, queries, 10_000, where=where)
        ids, scores = [], []
        for names, values in zip(found.ids, found.scores, strict=True):
            order = np.lexsort((-np.arange(values.size), -values.round(5)))[:k]
            ids.append(tuple(names[place] for place in order))
            scores.append(values[order])
        return Nearest(tuple(ids), tuple(scores))


def test_ties_that_break_otherwise_are_named(written, proven, tied):
    proof = proven(written(collection=tied), kind=BreaksTiesBackwards, collection=tied)
    assert kinds(proof) == ["ties"]
    assert all(one.overlap.value == 1 for one in proof.agreements)


def test_lists_that_are_cut_are_named(written, proven, monkeypatch):
    monkeypatch.setattr(gapviz.measures.proof.evidence, "LIST_DEPTH", 11)
    proof = proven(written(ITEMS), ITEMS)
    assert kinds(proof) == ["cut"]


def test_vectors_with_fewer_digits_are_named(written, proven):
    address = written()
    rewritten(address, lambda ids, vectors: vectors.round(2))
    assert kinds(proven(address)) == ["rounded"]


class HidesTheThird(QdrantStore):
    """Never tells the third entry, in any search."""

    def nearest(self, field, queries, k, **more):
        found = super().nearest(field, queries, k + 1, **more)
        return Nearest(
            tuple(i[:2] + i[3:] for i in found.ids),
            tuple(np.delete(s, 2) for s in found.scores),
        )


def test_what_no_cause_explains_is_said(written, proven):
    proof = proven(written(), kind=HidesTheThird)
    assert kinds(proof) == ["unexplained"]


def test_the_engines_own_rank_fusion_has_its_figures_beside(written, proven):
    options = StrategyOptions("route")
    proof = proven(written(options), options)
    assert proof.agrees and len(proof.tables) == 3
    bias = {one.modality: one for one in proof.own_fusion if one.name == "bias rate"}
    # Two lists take turns, whichever stands first; a query's own rows are struck.
    assert all(0.3 <= one.engine.value <= 0.6 for one in bias.values())
    assert proven(written(), StrategyOptions("centre")).own_fusion == ()
