from dataclasses import replace

import numpy as np

from gapviz.core.evaluation import Evaluation, JudgedQuery, Judgments
from gapviz.core.fused import FUSED, fused_rows
from gapviz.encoders.encoding import encode_collection


def asked(collection, *queries):
    n = len(queries)
    judgments = Judgments.of(np.arange(n), np.zeros(n), np.ones(n))
    return replace(collection, evaluation=Evaluation("made", queries, judgments))


def encoded(collection, encoder):
    return encode_collection(collection, encoder, decode_workers=0)


def test_queries_are_encoded_with_the_items_each_in_its_modality(paint, encoder):
    collection = asked(
        paint(3),
        JudgedQuery("words", "text", "a query"),
        JudgedQuery("picture", "image", image=paint(3).items[1].image),
        JudgedQuery("both", FUSED, "a query", paint(3).items[1].image),
        JudgedQuery("sound", "audio"),
    )
    found = encoded(collection, encoder).collection.evaluation
    assert set(found.vectors) == {"text", "image", FUSED}
    assert np.allclose(found.vector_of(0), encoder.encode_texts(["a query"])[0])
    both = fused_rows(found.vector_of(0)[None], found.vector_of(1)[None])[0]
    assert np.allclose(found.vector_of(2), both, atol=1e-3)
    assert found.vector_of(3) is None


def test_a_query_that_cannot_be_read_is_listed_and_keeps_its_judgments(paint, encoder):
    collection = asked(
        paint(3), JudgedQuery("gone", "image", image="no.png"), JudgedQuery("fine", "text", "a")
    )
    found = encoded(collection, encoder)
    assert found.collection.evaluation.vector_of(0) is None
    assert found.collection.evaluation.judgments.size == 2
    assert any("No image query is encoded" in note for note in found.collection.evaluation.notes)


def test_queries_that_were_encoded_are_looked_up(paint, encoder):
    collection = asked(paint(2), JudgedQuery("q", "text", "some new words"))
    encoded(collection, encoder)
    before = encoder.n_texts
    again = encoded(collection, encoder)
    assert encoder.n_texts == before and again.n_encoded == 0
