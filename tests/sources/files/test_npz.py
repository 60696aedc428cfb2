"""`.npz`: one array a modality, and lists that say what the rows are."""

import numpy as np
import pytest

from gapviz.sources.files import ReadOptions, read


@pytest.fixture
def write(tmp_path):
    def written(**arrays):
        np.savez(tmp_path / "x.npz", **arrays)
        return tmp_path / "x.npz"

    return written


def test_lists_say_what_the_items_are(write, rows):
    path = write(
        image=rows[0],
        text=rows[1],
        ids=np.array([f"p{n}" for n in range(6)]),
        captions=np.array([[f"a dog {n}", "", "a dog"] for n in range(6)][:6]),
        labels=np.array([1, 1, 1, 2, 2, 2]),
        image_paths=np.array([f"pictures/{n}.jpg" for n in range(6)]),
        encoder=np.array("a model"),
    )
    collection = read(str(path)).collection
    item = collection.items[3]
    assert (item.id, item.label, item.image) == ("p3", "2", "pictures/3.jpg")
    assert item.captions == ("a dog 3", "a dog")
    assert collection.root == path.parent
    assert collection.encoder == "a model"
    assert collection.splits["calibrate"].tolist() == [0, 2, 4]


@pytest.mark.parametrize("ending", ["_ids", ".ids"])
def test_rows_are_paired_by_the_ids_of_each_modality(write, rows, unit, ending):
    order = [4, 2, 0, 5, 1, 3]
    path = write(
        **{
            "image": rows[0],
            "text": rows[1][order],
            f"image{ending}": np.array([f"p{n}" for n in range(6)]),
            f"text{ending}": np.array([f"p{n}" for n in order]),
        }
    )
    collection = read(str(path)).collection
    pairs = collection.pairs("image", "text")
    text = collection.modality("text").vectors[pairs.rows_b]
    np.testing.assert_allclose(
        text, unit(rows[1])[collection.modality("image").item_index[pairs.rows_a]], atol=1e-6
    )
    assert len(pairs) == 6


def test_numbers_name_the_rows_of_a_modality_without_ids(write, rows):
    path = write(image=rows[0][:3], text=rows[1], text_ids=np.array([0, 0, 1, 1, 2, 2]))
    collection = read(str(path)).collection
    assert collection.n_items == 3
    assert collection.modality("text").item_index.tolist() == [0, 0, 1, 1, 2, 2]


def test_an_item_may_lack_a_modality(write, rows):
    path = write(
        image=rows[0], text=rows[1], audio=rows[0][:2] + 1,
        image_ids=np.arange(6), text_ids=np.arange(3, 9), audio_ids=np.array([8, 0]),
    )  # fmt: skip
    collection = read(str(path)).collection
    assert collection.n_items == 9
    assert len(collection.pairs("image", "text")) == 3
    assert [collection.items[i].id for i in collection.modality("audio").item_index] == ["8", "0"]


def test_a_join_that_repeats_a_vector_counts_it_once(write, rows):
    five_captions = np.repeat(rows[0], 2, axis=0)
    path = write(
        image=five_captions,
        text=np.concatenate([rows[1], -rows[1]]),
        ids=np.repeat(np.arange(6), 2),
    )
    reading = read(str(path))
    assert reading.collection.modality("image").n_rows == 6
    assert reading.collection.modality("text").n_rows == 12
    (note,) = reading.skipped
    assert note.what == "x.npz, image, 6 row(s)" and "count once" in note.why


def test_rows_without_direction_are_listed_where_ids_pair_them(write, rows):
    image, text = rows.copy()
    image[1] = np.nan
    image[2, 0] = np.inf
    text[2] = 0
    reading = read(str(write(image=image, text=text, ids=np.arange(6))))
    assert {(note.what, note.why) for note in reading.skipped} == {
        ("x.npz, image, row 1", "holds NaN or infinite values"),
        ("x.npz, image, row 2", "holds NaN or infinite values"),
        ("x.npz, text, row 2", "has length zero"),
        ("item 2", "has no vector"),
    }
    assert [item.id for item in reading.collection.items] == ["0", "1", "3", "4", "5"]


def test_rows_without_direction_are_left_out_where_position_pairs_them(write, rows):
    image, text = rows.copy()
    image[1], image[4, 0], text[4] = np.nan, np.inf, 0
    reading = read(str(write(image=image, text=text, labels=np.array(list("abcdef")))))
    assert [(note.what, note.why) for note in reading.skipped] == [
        ("x.npz, image, row 1", "holds NaN or infinite values"),
        ("x.npz, image, row 4", "holds NaN or infinite values"),
        ("x.npz, text, row 4", "has length zero"),
        ("item 4", "has no vector"),
    ]
    collection = reading.collection
    assert [item.label for item in collection.items] == ["a", "b", "c", "d", "f"]
    assert collection.modality("image").item_index.tolist() == [0, 2, 3, 4]
    assert collection.modality("text").item_index.tolist() == [0, 1, 2, 3, 4]


def test_the_rest_keeps_its_pairs(write, rows, unit):
    image = rows[0].copy()
    image[2] = 0
    collection = read(str(write(image=image, text=rows[1]))).collection
    pairs = collection.pairs("image", "text")
    kept = [0, 1, 3, 4, 5]
    left = collection.modality("image").vectors[pairs.rows_a]
    right = collection.modality("text").vectors[pairs.rows_b]
    np.testing.assert_allclose(left, unit(rows[0][kept]), atol=1e-6)
    np.testing.assert_allclose(right, unit(rows[1][kept]), atol=1e-6)


def test_more_than_half_without_direction_is_refused_where_position_pairs(write, rows, refusal):
    image = rows[0].copy()
    image[1:4] = np.nan
    assert len(read(str(write(image=image, text=rows[1]))).skipped) == 3
    image[5] = 0
    sentence = refusal(write(image=image, text=rows[1]))
    assert "x.npz, image, first at row 1: 4 of 6 rows hold NaN" in sentence


def test_nothing_usable_is_refused(write, rows, refusal):
    assert "no usable vector" in refusal(write(image=rows[0] * np.nan, ids=np.arange(6)))


def test_ids_that_name_no_item_are_listed(write, rows):
    path = write(image=rows[0], ids=np.arange(6), text=rows[1], text_ids=np.arange(1, 7))
    (note,) = read(str(path)).skipped
    assert (note.what, note.why) == ("x.npz, text, row 5", "names no item ('6')")


@pytest.mark.parametrize(
    ("arrays", "words"),
    [
        ({"ids": np.arange(5)}, "6 rows for 5 ids"),
        ({"captions": np.array(["a"] * 5)}, "describes 5 items, but there are 6 rows"),
        ({"ids": np.arange(6), "labels": np.arange(4)}, "differing length"),
        ({"image_ids": np.arange(4)}, "6 rows for 4 ids"),
        ({"text": np.ones(6)}, "neither vectors nor a list that is known; name it"),
        ({"text": np.ones((6, 3), np.float32)}, "different dimensions"),
    ],
)
def test_what_does_not_fit_is_refused(write, rows, refusal, arrays, words):
    assert words in refusal(write(image=rows[0], **arrays))


@pytest.mark.parametrize(
    ("name", "values", "why"),
    [
        ("weights", np.arange(6), "is a list of 6 values (int64), not read"),
        ("audio_ids", np.arange(6), "is a list of 6 values (int64), not read"),
        ("captions", np.arange(6), "holds int64 instead of texts, and is not read"),
        ("logit_scale", np.float32(4.6), "is an array of shape (), and is left out"),
        ("labels", np.eye(6), "holds 6 numbers a row, and is left out (give labels as a list)"),
        ("boxes", np.ones((6, 3)), "holds 3 numbers a row beside vectors of 4, and is left out"),
    ],
)
def test_what_says_nothing_known_is_left_out_by_name(write, rows, name, values, why):
    (note,) = read(str(write(image=rows[0], **{name: values}))).skipped
    assert note.what == f"x.npz, {name}" and note.why.startswith(why)


def test_options_name_the_lists_and_choose_modalities(write, rows):
    path = write(a=rows[0], b=rows[1], c=rows[0][:, :2], who=np.arange(6)[::-1].copy())
    options = ReadOptions(id_column="who", modalities=("b", "a"), encoder="mine")
    collection = read(str(path), options).collection
    assert collection.modality_names == ("b", "a")
    assert collection.items[0].id == "5" and collection.encoder == "mine"


def test_options_that_name_nothing_are_refused(write, rows, refusal):
    path = write(a=rows[0], ids=np.arange(6))
    assert "choose one of ids" in refusal(path, ReadOptions(id_column="who"))
    assert "choose among a" in refusal(path, ReadOptions(modalities=("b",)))


def test_a_table_beside_the_file_says_the_same(write, rows):
    path = write(image=rows[0], text=rows[1])
    (path.parent / "x.csv").write_text(
        "id,caption\n" + "".join(f"p{n},dog {n}\n" for n in range(6))
    )
    collection = read(str(path)).collection
    assert (collection.items[2].id, collection.items[2].captions) == ("p2", ("dog 2",))


def test_images_outside_the_folder_are_not_shown(write, rows):
    path = write(
        image=rows[0][:5],
        image_paths=np.array(
            [
                "a.jpg",
                "../b.jpg",
                "/etc/c.jpg",
                "https://example.org/d.jpg",
                str(write().parent / "e.jpg"),
            ]
        ),
    )
    reading = read(str(path))
    assert [item.image for item in reading.collection.items] == ["a.jpg", None, None, None, "e.jpg"]
    assert reading.skipped[0].what == "3 image path(s) of x.npz"


def test_one_row_is_a_collection(write, rows):
    assert read(str(write(image=rows[0][:1], text=rows[1][:1]))).collection.n_items == 1
