"""Vectors of queries beside a source, from any source of vectors."""

from dataclasses import replace

import numpy as np

from gapviz.sources.files import ReadOptions, read
from gapviz.sources.files.beside import with_queries
from gapviz.sources.files.format import Reading
from gapviz.storage.saved_collection import save_collection
from tests.sources.files.image_making import put, put_csv, put_parquet
from tests.sources.files.judged_files import DIM, QUERIES, ROWS, N, trec


def put_vectors(folder, ids, name="q.npz", modality="text"):
    found = np.random.default_rng(1).standard_normal((len(ids), DIM)).astype(np.float32)
    np.savez(folder / name, ids=np.array(ids), **{modality: found})
    return folder / name, found / np.linalg.norm(found, axis=1, keepdims=True)


def test_vectors_of_queries_come_from_any_source_of_vectors(tmp_path, evaluated):
    qrels = put(tmp_path, "qrels.txt", trec(ROWS))
    path, vectors = put_vectors(tmp_path, ["q2", "q7", "q1"])
    parquet = put_parquet(
        tmp_path / "q.parquet", {"id": ["q2", "q7", "q1"], "text_embedding": vectors.tolist()}
    )
    for file in (path, parquet):
        found = evaluated(qrels, query_vectors=file)
        np.testing.assert_allclose(found.vector_of(0), vectors[2], atol=1e-6)
        np.testing.assert_allclose(found.vector_of(1), vectors[0], atol=1e-6)
        assert any("1 thing that no query is called (the first: q7)" in n for n in found.notes)


def test_vectors_alone_are_queries_without_judgments(tmp_path, evaluated):
    path, _ = put_vectors(tmp_path, ["q1", "q2"], modality="audio")
    found = evaluated(query_vectors=path)
    assert [(query.id, query.modality) for query in found.queries] == [
        ("q1", "audio"), ("q2", "audio"),
    ]  # fmt: skip
    assert found.judgments.size == 0
    assert "No judgments come with these queries" in found.notes[0]


def test_every_encoder_of_a_source_gets_the_same_queries(tmp_path, make_collection):
    seen = [replace(make_collection(N, seed=n), encoder=name) for n, name in enumerate("ab")]
    asked = replace(make_collection(N, seed=5), encoder="b")
    save_collection(asked, tmp_path / "asked")
    ids = [item.id for item in seen[0].items]
    qrels = put(tmp_path, "q.txt", "".join(f"{one} 0 {one} 1\n" for one in ids))
    options = ReadOptions(judgments=qrels, query_vectors=tmp_path / "asked")
    found = with_queries(Reading(tuple(seen)), options).collections
    for one in found:
        assert one.evaluation.judgments.size == N
        np.testing.assert_array_equal(
            one.evaluation.vector_of(0), asked.modality("text").vectors[0]
        )
    assert found[0].evaluation.notes == found[1].evaluation.notes


def test_the_built_in_collection_may_be_judged_too(tmp_path):
    table = put_csv(tmp_path / "a.csv", [("query", "item_id", "grade"), ("cat", "1F431", 1)])
    found = read("builtin", ReadOptions(judgments=table)).collection
    assert [found.items[at].id for at in found.evaluation.judgments.item] == ["1F431"]


def test_a_matrix_without_ids_holds_the_queries_in_their_order(tmp_path, source, refusal):
    queries = put_csv(tmp_path / "q.csv", [("qid", "query"), *QUERIES])
    qrels = put(tmp_path, "qrels.txt", trec(ROWS))
    vectors = np.random.default_rng(2).standard_normal((3, DIM)).astype(np.float32)
    np.save(tmp_path / "asked.npy", vectors)
    options = ReadOptions(queries=queries, judgments=qrels, query_vectors=tmp_path / "asked.npy")
    found = read(str(source), options).collection.evaluation
    assert tuple(found.vectors) == ("text",)
    np.testing.assert_allclose(
        found.vector_of(1), vectors[1] / np.linalg.norm(vectors[1]), atol=1e-6
    )
    assert "asked.npy names no queries, so that row i was taken for query i." in found.notes
    np.save(tmp_path / "asked.npy", vectors[:2])
    assert "holds 2 vectors without ids, and there are 3 queries" in refusal(source, options)


def test_queries_of_other_dimensions_are_refused(tmp_path, source, refusal):
    np.savez(tmp_path / "q.npz", text=np.eye(7), ids=np.array([f"q{n}" for n in range(7)]))
    options = ReadOptions(judgments=put(tmp_path, "q.txt", trec(ROWS)),
                          query_vectors=tmp_path / "q.npz")  # fmt: skip
    assert "has text queries of 7 dimensions, and the items have 4" in refusal(source, options)
