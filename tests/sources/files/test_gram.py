"""Matrices of cosines."""

import numpy as np
import pytest

from gapviz.sources.files import ReadOptions, read


def cosines(n=12, dim=5, seed=0):
    vectors = np.random.default_rng(seed).standard_normal((n, dim))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors @ vectors.T


@pytest.fixture
def write(tmp_path):
    def written(matrix, form="%.18e"):
        np.savetxt(tmp_path / "model.csv", matrix, delimiter=",", fmt=form)
        return tmp_path / "model.csv"

    return written


@pytest.mark.parametrize(("form", "off"), [("%.18e", 1e-6), ("%.6f", 1e-5), ("%.4f", 1e-4)])
def test_the_vectors_reproduce_every_cosine(write, form, off):
    collection = read(str(write(cosines(), form))).collection
    vectors = np.concatenate([collection.modality(name).vectors for name in ("image", "text")])
    np.testing.assert_allclose(vectors @ vectors.T, cosines(), atol=2 * off)
    assert collection.encoder == "model" and collection.n_items == 6


def test_directions_without_variance_are_left_out(write):
    assert read(str(write(cosines()))).collection.dim == 5


def test_three_modalities_share_the_rows(write):
    options = ReadOptions(modalities=("image", "text", "audio"), encoder="mine")
    collection = read(str(write(cosines())), options).collection
    assert collection.modality_names == ("image", "text", "audio")
    assert (collection.n_items, collection.encoder) == (4, "mine")


def asymmetric():
    matrix = cosines()
    matrix[0, 1] += 0.01
    return matrix


def impossible():
    matrix = np.full((4, 4), -0.9)
    np.fill_diagonal(matrix, 1)
    return matrix


@pytest.mark.parametrize(
    ("matrix", "words"),
    [
        (cosines()[:, :5], "12 rows of 5 numbers"),
        (cosines() * 2, "other values than 1 on the diagonal"),
        (asymmetric(), "not symmetric"),
        (impossible(), "not positive semidefinite"),
        (cosines() * np.nan, "NaN"),
        (cosines(11), "11 rows cannot be shared evenly by 2 modalities"),
    ],
)
def test_other_matrices_are_refused(write, refusal, matrix, words):
    assert words in refusal(write(matrix))


def test_a_matrix_that_is_too_large_is_refused_before_it_is_read(tmp_path, refusal):
    (tmp_path / "x.csv").write_text(",".join(["0.5"] * 6002))
    assert "6,002 columns" in refusal(tmp_path / "x.csv")


def test_a_table_with_a_header_is_no_matrix(tmp_path, refusal):
    (tmp_path / "x.csv").write_text("a,b\n1,0\n0,1\n")
    assert "neither a square matrix of cosines (.csv) nor" in refusal(tmp_path / "x.csv")


def test_the_vectors_are_known_only_up_to_a_rotation(write):
    assert read(str(write(cosines()))).collection.rotated
