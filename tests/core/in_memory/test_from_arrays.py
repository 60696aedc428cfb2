"""The same vectors are the same collection, whatever holds them; what is wrong is a sentence."""

import datasets
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from gapviz import Collection, GapvizError
from gapviz.sources.files import read

N, DIM = 12, 6

CONTAINERS = {
    "lists": lambda rows: rows.tolist(),
    "tuples": lambda rows: tuple(map(tuple, rows.tolist())),
    "list of arrays": list,
    "an iterator": lambda rows: iter(list(rows)),
    "float64": lambda rows: rows.astype(np.float64),
    "another order": np.asfortranarray,
    "every second row": lambda rows: np.repeat(rows, 2, axis=0)[::2],
    "(n, 1, dim)": lambda rows: rows[:, None],
    "a sparse matrix": sparse.csr_matrix,
    "its dense matrix": lambda rows: sparse.csr_matrix(rows).todense(),
    "a tensor": torch.tensor,
    "a tensor with gradient": lambda rows: torch.tensor(rows, requires_grad=True),
    "a list of tensors": lambda rows: [torch.tensor(row) for row in rows],
    "a frame of numbers": pd.DataFrame,
    "a series of arrays": lambda rows: pd.Series(list(rows)),
    "arrays and lists": lambda rows: [*rows[:5], *rows[5:].tolist()],
    "a series of lists": lambda rows: pd.Series(rows.tolist()),
    "a frame with one column": lambda rows: pd.DataFrame({"emb": list(rows)}),
    "texts": lambda rows: [str(row) for row in rows.tolist()],
    "an Arrow column": lambda rows: pa.array(rows.tolist(), pa.list_(pa.float32())),
    "an Arrow column in parts": lambda rows: pa.chunked_array(
        [rows[:5].tolist(), rows[5:].tolist()]
    ),
    "an Arrow column of one length": lambda rows: pa.FixedSizeListArray.from_arrays(
        pa.array(rows.ravel()), DIM
    ),
    "an Arrow table": lambda rows: pa.table({str(at): rows[:, at] for at in range(DIM)}),
    "a polars series": lambda rows: pl.Series(rows.tolist(), dtype=pl.List(pl.Float32)),
    "a polars array": pl.Series,
    "a polars frame": pl.DataFrame,
    "a column of a data set": lambda rows: datasets.Dataset.from_dict({"a": rows.tolist()})["a"],
    "a column of tensors": lambda rows: datasets.Dataset.from_dict(
        {"a": rows.tolist()}
    ).with_format("torch")["a"],
}  # fmt: skip


def vectors(seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((2, N, DIM)).astype(np.float32)


@pytest.fixture(scope="module")
def pairs():
    return vectors()


@pytest.mark.parametrize("name", CONTAINERS)
def test_the_same_vectors_are_the_same_collection_in_any_container(name, pairs):
    plain = Collection.from_arrays(image=pairs[0], text=pairs[1])
    held = Collection.from_arrays(image=CONTAINERS[name](pairs[0]), text=pairs[1])
    assert held.content_hash == plain.content_hash


@settings(max_examples=25)
@given(
    seed=st.integers(0, 2**16),
    first=st.sampled_from(sorted(CONTAINERS)),
    second=st.sampled_from(sorted(CONTAINERS)),
)
def test_two_containers_beside_each_other_give_bit_for_bit_the_same_rows(seed, first, second):
    image, text = vectors(seed)
    plain = Collection.from_arrays(image=image, text=text)
    held = Collection.from_arrays(image=CONTAINERS[first](image), text=CONTAINERS[second](text))
    for name in ("image", "text"):
        assert np.array_equal(held.modality(name).vectors, plain.modality(name).vectors)
    assert held.content_hash == plain.content_hash


@pytest.mark.parametrize("dtype", ["float16", "float64", "longdouble", "int8", "int16", "int64"])
def test_any_real_dtype_is_taken(dtype, pairs):
    whole = np.rint(pairs * 20).astype(dtype)
    made = Collection.from_arrays(image=whole[0], text=whole[1])
    expected = (
        whole[0].astype(np.float64) / np.linalg.norm(whole[0].astype(np.float64), axis=1)[:, None]
    )
    assert np.allclose(made.modality("image").vectors, expected, atol=1e-6)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_bytes_are_read_without_a_word(dtype):
    rows = np.random.default_rng(0).standard_normal((60, 16)).astype(dtype)
    made = Collection.from_arrays(image=[row.tobytes() for row in rows], text=rows)
    assert made.modality("image").vectors.tobytes() == made.modality("text").vectors.tobytes()


def test_bfloat16_on_any_device_is_read_as_float32(pairs):
    narrow = torch.tensor(pairs[0]).bfloat16().requires_grad_()
    made = Collection.from_arrays(image=narrow, text=pairs[1])
    plain = Collection.from_arrays(image=narrow.detach().float().numpy(), text=pairs[1])
    assert made.content_hash == plain.content_hash


def test_a_tensor_that_lies_elsewhere_is_brought_here():
    class OnGpu:
        def __init__(self, rows, here=False):
            self.rows, self.here = rows, here

        def detach(self):
            return self

        def cpu(self):
            return OnGpu(self.rows, here=True)

        def numpy(self):
            if not self.here:
                raise TypeError("can't convert cuda:0 device type tensor to numpy")
            return self.rows

    image, text = vectors()
    made = Collection.from_arrays(image=OnGpu(image), text=text)
    assert made.content_hash == Collection.from_arrays(image=image, text=text).content_hash


def test_arrays_give_the_collection_that_a_file_of_them_gives(tmp_path, pairs):
    np.savez(tmp_path / "pairs.npz", image=pairs[0], text=pairs[1])
    from_file = read(str(tmp_path / "pairs.npz")).collection
    made = Collection.from_arrays(image=pairs[0], text=pairs[1], name="pairs")
    assert made.content_hash == from_file.content_hash
    assert made.splits.keys() == from_file.splits.keys()


@pytest.mark.parametrize(
    "missing",
    [
        lambda rows: [None, *rows[1:]],
        lambda rows: [float("nan"), *rows[1:]],
        lambda rows: np.vstack([np.full(DIM, np.nan, np.float32), rows[1:]]),
        lambda rows: np.ma.masked_array(rows, np.arange(N)[:, None] + np.zeros(DIM) < 1),
        lambda rows: pd.Series([np.nan, *rows[1:]]),
        lambda rows: pd.DataFrame([[None] * DIM, *rows[1:].tolist()]).convert_dtypes(),
        lambda rows: pd.Series([pd.NA, *rows[1:]]),
        lambda rows: pa.array([None, *rows[1:].tolist()], pa.list_(pa.float32())),
        lambda rows: pa.array([None, *rows[1:].tolist()], pa.list_(pa.float32(), DIM)),
        lambda rows: pl.Series([None, *rows[1:].tolist()], dtype=pl.List(pl.Float32)),
        lambda rows: pl.Series([None, *rows[1:].tolist()], dtype=pl.Array(pl.Float32, DIM)),
        lambda rows: pl.DataFrame([[None, *column] for column in rows[1:].T.tolist()]),
        lambda rows: pd.DataFrame([[None] * DIM, *rows[1:].tolist()]),
        lambda rows: pd.DataFrame([[None] * DIM, *rows[1:].tolist()], dtype=object),
    ],
)
def test_a_row_that_is_missing_is_an_item_without_that_modality(missing, pairs):
    made = Collection.from_arrays(image=missing(pairs[0]), text=pairs[1])
    assert made.n_items == N
    assert made.modality("image").item_index.tolist() == list(range(1, N))
    plain = Collection.from_arrays(image=pairs[0], text=pairs[1])
    assert np.array_equal(made.modality("image").vectors, plain.modality("image").vectors[1:])


def test_an_item_without_any_vector_is_left_out_with_what_is_said_of_it(pairs):
    image, text = ([*rows[:3], None, *rows[4:]] for rows in pairs)
    made = Collection.from_arrays(image=image, text=text, ids=list("abcdefghijkl"))
    assert [item.id for item in made.items] == list("abcefghijkl")


def test_modalities_have_any_names_and_known_ones_the_usual(pairs):
    made = Collection.from_arrays(img=pairs[0], caption_emb=pairs[1], touch=pairs[0] + 1)
    assert made.modality_names == ("image", "text", "touch")
    named = Collection.from_arrays({"image": pairs[0], "text": pairs[1], "ids": pairs[0] + 1})
    assert named.modality_names == ("image", "text", "ids")


def test_what_is_said_of_items_goes_with_them(pairs):
    made = Collection.from_arrays(
        image=pairs[0],
        text=pairs[1],
        ids=np.arange(100, 100 + N),
        labels=pd.Series(pd.Categorical(["cat", "dog"] * 6)),
        captions=[["a cat", "a pet"], "a dog", None] * 4,
        pictures=[f"/photos/{at}.jpg" for at in range(N)],
        name="pets",
        encoder="some model",
    )
    first, second, third = made.items[:3]
    assert (first.id, first.label, first.captions) == ("100", "cat", ("a cat", "a pet"))
    assert second.captions == ("a dog",) and third.captions == ()
    assert (str(made.root), first.image) == ("/photos", "0.jpg")
    assert (made.name, made.encoder) == ("pets", "some model")


def test_numbers_that_stand_for_labels_are_labels(pairs):
    made = Collection.from_arrays(image=pairs[0], text=pairs[1], labels=np.arange(N) % 2.0)
    assert made.items[1].label == "1"
    several = Collection.from_arrays(image=pairs[0], text=pairs[1], labels=[["a", "b"]] * N)
    assert several.items[0].labels == ("a", "b")


def test_halves_are_made_and_said_unless_they_are_given(pairs):
    made = Collection.from_arrays(image=pairs[0], text=pairs[1])
    assert repr(made).endswith("6 calibrate, 6 evaluate>")
    assert "6 calibrate, 6 evaluate" in made._repr_html_()


@pytest.mark.parametrize(
    "splits",
    [
        ["train"] * 8 + ["test"] * 4,
        {"calibrate": range(8), "evaluate": range(8, N)},
        {"train": np.arange(N) < 8, "test": np.arange(N) >= 8},
        {"train": [f"{at:02}" for at in range(8)], "test": ["08", "09", "10", "11"]},
    ],
)  # fmt: skip
def test_splits_are_names_or_positions_or_ids_or_masks(splits, pairs):
    made = Collection.from_arrays(image=pairs[0], text=pairs[1], splits=splits)
    assert sorted(made.splits["calibrate"]) == list(range(8))
    assert sorted(made.splits["evaluate"]) == list(range(8, N))


def test_several_vectors_of_an_item_are_told_by_their_items(pairs):
    by_place = Collection.from_arrays(
        image=pairs[0][:4], text=pairs[1], item={"text": np.repeat(range(4), 3)}
    )
    by_id = Collection.from_arrays(
        image=pairs[0][:4], text=pairs[1], ids=list("abcd"), item={"text": list("aaabbbcccddd")}
    )
    for made in (by_place, by_id):
        assert made.n_items == 4
        assert made.modality("text").item_index.tolist() == np.repeat(range(4), 3).tolist()


NAN = vectors()[0]
NAN[3, 2] = np.nan
ZERO = vectors()[0]
ZERO[4] = 0

WRONG = {
    "rows of differing number": ({"text": vectors()[1][:5]}, "image has 12 and text has 5"),
    "another dimension": ({"text": vectors()[1][:, :3]}, "different dimensions (image 6, text 3)"),
    "NaN within a row": ({"image": NAN}, "image, row 3: has NaN or infinite numbers"),
    "infinite": ({"image": np.where(np.isnan(NAN), np.inf, NAN)}, "image, row 3: has NaN or infin"),
    "a zero vector": ({"image": ZERO}, "image, row 4: has length zero"),
    "one vector": ({"image": vectors()[0][0]}, "one list of 6 numbers"),
    "one list": ({"image": [1.0, 2.0]}, "one list of 2 numbers"),
    "texts": ({"image": ["a", "b"]}, "image, row 0: is a text that is no list of numbers"),
    "an array of texts": ({"image": np.array([["a"]])}, "holds texts instead of numbers"),
    "a path": ({"image": "image.npy"}, "is one text instead of vectors"),
    "None": ({"image": None}, "is None instead of vectors"),
    "a number": ({"image": 3}, "an object of the type int instead of vectors"),
    "a mapping": ({"image": {"a": 1}}, "is a mapping instead of vectors"),
    "nothing in it": ({"image": []}, "image: is empty"),
    "no rows": ({"image": np.zeros((0, 4))}, "image: is empty"),
    "no columns": ({"image": np.zeros((4, 0))}, "has shape (4, 0)"),
    "nothing but None": ({"image": [None] * N}, "all 12 rows are missing"),
    "three dimensions": ({"image": np.zeros((2, 3, 4))}, "has shape (2, 3, 4)"),
    "a text among arrays": (
        {"image": [*vectors()[0][:5], "oops", *vectors()[0][6:]]},
        "image, row 5: is a text that is no list of numbers; give",
    ),
    "labels by a like name": ({"label": ["a"] * N}, "where label is no modality, write labels=…"),
    "uneven rows": ({"image": [[1, 2], [3, 4], [5]]}, "row 2: has 1 numbers instead of 2"),
    "complex numbers": ({"image": vectors()[0] + 0j}, "holds complex64 instead of numbers"),
    "truth values": ({"image": vectors()[0] > 0}, "holds bits (bool)"),
    "bytes of unknown meaning": ({"image": (vectors()[0] * 9 + 128).astype("u1")}, "no zero point"),
    "bits of unknown meaning": ({"image": vectors()[0] > 0}, "(quantisation=…)"),
    "equal ids": ({"ids": ["a"] * N}, "rows 0 and 1 have the same id 'a'"),
    "too few ids": ({"ids": ["a"]}, "ids: has 1 entries, and there are 12 items"),
    "no id": ({"ids": [None] * N}, "ids, row 0: has no id"),
    "too few labels": ({"labels": ["a"]}, "labels: has 1 entries"),
    "one label": ({"labels": "cat"}, "labels: is one text instead of one value a row"),
    "labels that are objects": ({"labels": [object()] * N}, "has a label that is no text"),
    "captions that are numbers": ({"captions": [3] * N}, "captions, row 0: holds 3 instead"),
    "pictures that are no paths": ({"pictures": [3] * N}, "holds int instead of a path"),
    "other splits": ({"splits": ["x"] * N}, "no items to fit on; its splits are x (12 items)"),
    "splits that overlap": ({"splits": {"train": [0, 1], "test": [1]}}, "in calibrate and in"),
    "a split of nobody": ({"splits": {"train": [0], "test": [99]}}, "names no item: 99"),
    "a split of no id": ({"splits": {"train": ["q"], "test": [1]}}, "names no item: 'q'"),
    "no splits": ({"splits": 3}, "splits: is an object of the type int"),
    "a short mask": ({"splits": {"train": [True], "test": [1]}}, "is a mask of 1 items"),
    "an item of no modality": ({"item": {"audio": [1]}}, "there is no modality 'audio'"),
    "too few items": ({"item": {"text": [1]}}, "names the items of 1 rows"),
    "an unknown item": ({"item": {"text": ["q"] * N}}, "belongs to 'q', which is no item"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_what_does_not_fit_is_one_sentence(name, pairs):
    given_wrong, words = WRONG[name]
    with pytest.raises(GapvizError) as caught:
        Collection.from_arrays(**{"image": pairs[0], "text": pairs[1], **given_wrong})
    assert words in caught.value.sentence


def test_without_vectors_or_without_names_it_says_how_to_give_them(pairs):
    with pytest.raises(GapvizError, match="image=X, text=Y"):
        Collection.from_arrays()
    with pytest.raises(GapvizError, match="nothing says which modality"):
        Collection.from_arrays(pairs[0])


def test_a_container_that_fails_is_a_sentence_too():
    class Broken:
        def __iter__(self):
            raise AttributeError("no rows here")

    with pytest.raises(GapvizError, match=r"cannot be read \(no rows here\)"):
        Collection.from_arrays(image=Broken())
