"""A data frame of any library is the collection of its columns."""

import datasets
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from gapviz import Collection, GapvizError

N, DIM = 12, 6
IMAGE, TEXT = np.random.default_rng(0).standard_normal((2, N, DIM)).astype(np.float32)
COLUMNS = {
    "id": [f"item {at}" for at in range(N)],
    "img_emb": IMAGE.tolist(),
    "txt_emb": TEXT.tolist(),
    "caption": [f"words {at}" for at in range(N)],
    "class": ["cat", "dog", None] * 4,
}
VECTORS = {"image": "img_emb", "text": "txt_emb"}
SAID = {"ids": "id", "captions": "caption", "labels": "class"}

FRAMES = {
    "pandas": pd.DataFrame(COLUMNS),
    "pandas with arrays": pd.DataFrame(COLUMNS).assign(img_emb=list(IMAGE), txt_emb=list(TEXT)),
    "pandas of Arrow": pa.table(COLUMNS).to_pandas(types_mapper=pd.ArrowDtype),
    "pandas with another index": pd.DataFrame(COLUMNS, index=[7] * N),
    "polars": pl.DataFrame(COLUMNS),
    "Arrow": pa.table(COLUMNS),
    "Arrow in parts": pa.concat_tables([pa.table(COLUMNS)[:5], pa.table(COLUMNS)[5:]]),
    "a stream of Arrow": pa.table(COLUMNS).to_reader,
    "one batch of Arrow": pa.RecordBatch.from_pydict(COLUMNS),
    "a data set": datasets.Dataset.from_dict(COLUMNS),
    "a data set of tensors": datasets.Dataset.from_dict(COLUMNS).with_format("torch"),
    "a data set in another order": datasets.Dataset.from_dict(COLUMNS)
    .select(range(N - 1, -1, -1))
    .select(range(N - 1, -1, -1)),
    "a mapping": COLUMNS,
    "records": pd.DataFrame(COLUMNS).to_dict("records"),
}


@pytest.fixture(scope="module")
def plain():
    return Collection.from_arrays(
        image=IMAGE,
        text=TEXT,
        ids=COLUMNS["id"],
        captions=COLUMNS["caption"],
        labels=COLUMNS["class"],
    )


@pytest.mark.parametrize("name", FRAMES)
def test_the_same_columns_are_the_same_collection_in_any_frame(name, plain):
    # A stream can be read once only.
    frame = FRAMES[name]() if name == "a stream of Arrow" else FRAMES[name]
    assert Collection.from_frame(frame, VECTORS, **SAID).content_hash == plain.content_hash


def test_columns_of_numbers_are_vectors_together():
    numbers = pd.DataFrame(IMAGE, columns=[f"i{at}" for at in range(DIM)])
    made = Collection.from_frame(
        numbers.assign(txt=list(TEXT)), {"image": list(numbers), "text": "txt"}
    )
    assert made.content_hash == Collection.from_arrays(image=IMAGE, text=TEXT).content_hash


@pytest.mark.parametrize("records", [False, True])
def test_columns_without_names_go_by_their_numbers(records, plain):
    frame = pd.DataFrame([COLUMNS["img_emb"], COLUMNS["txt_emb"], COLUMNS["caption"]]).T
    held = frame.to_dict("records") if records else frame
    made = Collection.from_frame(held, {"image": 0, "text": 1}, captions=2)
    assert made.modality("text").vectors.tobytes() == plain.modality("text").vectors.tobytes()
    assert made.items[3].captions == plain.items[3].captions


def test_columns_alone_name_their_modalities(plain):
    made = Collection.from_frame(FRAMES["pandas"], ["img_emb", "txt_emb"], **SAID)
    assert made.content_hash == plain.content_hash


def test_names_of_classes_come_with_a_data_set():
    features = datasets.Features(
        {
            "e": datasets.Sequence(datasets.Value("float32")),
            "y": datasets.ClassLabel(names=["a", "b"]),
        }
    )
    frame = datasets.Dataset.from_dict({"e": IMAGE.tolist(), "y": [0, 1] * 6}, features=features)
    assert Collection.from_frame(frame, {"image": "e"}, labels="y").items[1].label == "b"


def test_rows_of_one_item_are_joined_and_an_equal_vector_counts_once():
    frame = pd.DataFrame(
        {
            "product": ["p"] * 3 + ["q"] * 3,
            "image": [IMAGE[0]] * 3 + [IMAGE[1]] * 3,
            "text": list(TEXT[:6]),
            "caption": list("abcdef"),
        }
    )
    made = Collection.from_frame(
        frame, {"image": "image", "text": "text"}, captions="caption", item="product"
    )
    assert [(item.id, item.captions) for item in made.items] == [
        ("p", ("a", "b", "c")),
        ("q", ("d", "e", "f")),
    ]
    assert (made.modality("image").n_rows, made.modality("text").n_rows) == (2, 6)


def test_a_column_names_the_splits():
    frame = pd.DataFrame(COLUMNS).assign(split=["train"] * 8 + ["test"] * 4)
    made = Collection.from_frame(frame, VECTORS, splits="split")
    assert made.splits["evaluate"].tolist() == [8, 9, 10, 11]


WRONG = {
    "a column that is not there": (
        (FRAMES["pandas"], {"image": "img", "text": "txt_emb"}),
        "there is no column 'img' in the frame; did you mean img_emb? Choose one of id, img_emb",
    ),
    "a column of texts": ((FRAMES["pandas"], {"image": "caption"}), "is a text that is no list"),
    "a column of numbers": (({"id": [1, 2]}, {"image": "id"}), "one list of 2 numbers"),
    "no frame": ((3, VECTORS), "is an object of the type int instead of a data frame"),
    "a path": (("frame.csv", VECTORS), "is one text instead of a data frame"),
    "no vectors": ((FRAMES["pandas"], 3), "instead of columns by modality"),
    "no columns": ((FRAMES["pandas"], {}), "names no column"),
    "no name": ((FRAMES["pandas"], {"image": 3.5}), "instead of the name of a column"),
    "no such number": ((FRAMES["pandas"], {"image": 3}), "there is no column '3' in the frame"),
    "no rows": ((FRAMES["pandas"][:0], VECTORS), "the frame: is empty"),
    "a lazy frame": ((FRAMES["polars"].lazy(), VECTORS), "call its collect() first"),
    "several data sets": (
        (datasets.DatasetDict(train=FRAMES["a data set"]), VECTORS),
        "holds several data sets; give one of them: train",
    ),
    "a stream": ((FRAMES["a data set"].to_iterable_dataset(), VECTORS), "is a stream"),
    "a column alone": ((pl.Series([1.0]), VECTORS), "cannot be read"),
    "columns of differing length": (({"a": [1], "b": [1, 2]}, ["a"]), "a 1, b 2"),
    "two columns of one name": (
        (pd.DataFrame([[1, 2]], columns=["a", "a"]), ["a"]),
        "two columns of the name 'a'",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_does_not_fit_is_one_sentence(name):
    arguments, words = WRONG[name]
    with pytest.raises(GapvizError) as caught:
        Collection.from_frame(*arguments)
    assert words in caught.value.sentence


@pytest.mark.parametrize("argument", ["ids", "labels", "captions", "pictures", "splits", "item"])
def test_every_column_that_is_named_has_to_be_there(argument):
    with pytest.raises(GapvizError, match="there is no column 'nowhere' in the frame"):
        Collection.from_frame(FRAMES["pandas"], VECTORS, **{argument: "nowhere"})
