"""What the readers' tests share: rows to write, a refusal to read, a way to damage files."""

import numpy as np
import pytest

from gapviz import GapvizError
from gapviz.core.collection import Collection
from gapviz.sources.files import ReadOptions, read
from tests.sources.files.judged_files import DIM, N

PLAIN = ReadOptions()


@pytest.fixture(scope="session")
def rows():
    """`(2, 6, 4)`: image rows and text rows of six items."""
    return np.random.default_rng(0).standard_normal((2, 6, 4)).astype(np.float32)


@pytest.fixture(scope="session")
def refusal():
    """`refusal(path, options)`: the one sentence that reading it gives."""

    def sentence_of(path, options=PLAIN):
        with pytest.raises(GapvizError) as caught:
            read(str(path), options)
        sentence = caught.value.sentence
        assert sentence.endswith(".") and "\n" not in sentence
        return sentence

    return sentence_of


@pytest.fixture(scope="session")
def reads_or_refuses():
    """`reads_or_refuses(path)`: a sound reading, or None for a refusal; anything else fails."""

    def outcome(path, options=PLAIN):
        try:
            reading = read(str(path), options)
        except GapvizError as error:
            assert "\n" not in error.sentence
            return None
        for collection in reading.collections:
            assert isinstance(collection, Collection) and collection.modalities
            for block in collection.modalities.values():
                assert block.n_rows
                assert np.isfinite(block.vectors).all()
                lengths = np.linalg.norm(block.vectors.astype(np.float64), axis=1)
                np.testing.assert_allclose(lengths, 1, atol=1e-5)
            assert collection.content_hash
        return reading

    return outcome


@pytest.fixture(scope="session")
def unit():
    """`unit(matrix)`: its rows scaled to length 1, in float64."""
    return lambda matrix: matrix / np.linalg.norm(matrix.astype(np.float64), axis=1, keepdims=True)


@pytest.fixture
def source(tmp_path):
    """Twelve items `0.jpg`, `1.jpg`, … with two vectors each."""
    random = np.random.default_rng(0)
    ids = np.array([f"{n}.jpg" for n in range(N)])
    vectors = {name: random.standard_normal((N, DIM)) for name in ("image", "text")}
    np.savez(tmp_path / "items.npz", ids=ids, **vectors)
    return tmp_path / "items.npz"


@pytest.fixture
def evaluated(source):
    """`evaluated(judgments, queries, …)`: the evaluation beside the source."""

    def of(judgments=None, queries=None, **options):
        wanted = ReadOptions(judgments=judgments, queries=queries, **options)
        return read(str(source), wanted).collection.evaluation

    return of
