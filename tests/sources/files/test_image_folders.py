"""Folders of images: with metadata, with texts beside them, by class, and bare."""

import os

import pytest

from gapviz import GapvizError
from gapviz.sources.files.class_folders import looks_like_class_folders, read_class_folders
from gapviz.sources.files.folders import read_folder
from gapviz.sources.files.format import ReadOptions, formats
from gapviz.sources.files.imagefolder import looks_like_imagefolder, read_imagefolder
from gapviz.sources.files.sidecar_text import looks_like_sidecar_text, read_sidecar_text
from tests.sources.files.image_making import (
    captions,
    items,
    opened,
    picture,
    put,
    put_csv,
    put_json_lines,
    put_parquet,
    told,
)

ROWS = [["file_name", "text", "label"], ["1.png", "one, red", "x"], ["2.jpg", "two", "y"]]


@pytest.fixture
def photos(tmp_path):
    for name in ("10.png", "2.jpg", "1.png"):
        put(tmp_path / "photos", name)
    return tmp_path / "photos"


def first_that_knows(path):
    return next(one.name for one in formats() if one.recognises(path))


def write_metadata(folder, kind):
    if kind == "csv":
        put_csv(folder / "metadata.csv", ROWS)
    elif kind == "jsonl":
        put_json_lines(
            folder / "metadata.jsonl", [dict(zip(ROWS[0], row, strict=True)) for row in ROWS[1:]]
        )
    else:
        put_parquet(
            folder / "metadata.parquet",
            {name: [row[at] for row in ROWS[1:]] for at, name in enumerate(ROWS[0])},
        )


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet"])
def test_metadata_gives_captions_and_labels(photos, kind):
    write_metadata(photos, kind)
    assert looks_like_imagefolder(photos) and first_that_knows(photos) == "imagefolder"
    reading = read_imagefolder(photos)
    assert captions(reading) == {"1.png": ("one, red",), "2.jpg": ("two",), "10.png": ()}
    assert items(reading)["1.png"].label == "x"
    assert reading.skipped == ()
    assert reading.collection.root == photos and not reading.collection.modalities
    assert opened("1.png", reading.collection.root).size == (8, 6)


def test_several_rows_of_one_file_are_captions_of_one_item(photos):
    put_csv(photos / "metadata.csv", [["file_name", "caption"], ["1.png", "a"], ["1.png", "b"]])
    assert captions(read_imagefolder(photos))["1.png"] == ("a", "b")


def test_metadata_of_a_subfolder_counts_from_there(tmp_path):
    put(tmp_path, "train/deep/a.png")
    put_csv(tmp_path / "train/metadata.csv", [["file_name", "text"], ["deep/a.png", "a"]])
    assert looks_like_imagefolder(tmp_path)
    assert captions(read_imagefolder(tmp_path)) == {"train/deep/a.png": ("a",)}


def test_columns_can_be_named(photos):
    put_csv(photos / "metadata.csv", [["file_name", "text", "alt"], ["1.png", "a", "b"]])
    reading = read_imagefolder(photos, ReadOptions(caption_columns=("alt", "text")))
    assert captions(reading)["1.png"] == ("b", "a")
    with pytest.raises(GapvizError, match="no column 'other'"):
        read_imagefolder(photos, ReadOptions(caption_columns=("other",)))


def test_rows_that_name_nothing_readable_are_listed(photos, tmp_path):
    put(tmp_path, "secret.png")
    put(photos, "broken.png", "letters")
    names = ["1.png", "gone.png", "../secret.png", str(tmp_path / "secret.png"), "", "broken.png"]
    put_csv(photos / "metadata.csv", [["file_name", "text"], *([name, "t"] for name in names)])
    reading = read_imagefolder(photos)
    assert captions(reading)["1.png"] == ("t",)
    assert told(reading) == {
        "broken.png": "is not an image",
        "metadata.csv, line 3": "names 'gone.png', which is not there, or is no image",
        "metadata.csv, line 4": "names '../secret.png', which lies outside the folder",
        "metadata.csv, line 5": f"names '{names[3]}', which lies outside the folder",
        "metadata.csv, line 6": "names no file",
    }


def test_values_of_the_wrong_type_are_listed_and_the_image_loads(photos):
    values = [3, None, float("nan"), ["a", "b"], {"x": 1}, True, "NaN", "\ud800"]
    put_json_lines(
        photos / "metadata.jsonl", [{"file_name": "1.png", "text": value} for value in values]
    )
    reading = read_imagefolder(photos)
    assert captions(reading)["1.png"] == ("a", "b", "?")
    assert len(reading.skipped) == 3 and all("no text" in s.why for s in reading.skipped)


def test_lines_beside_an_image_are_its_captions(photos):
    put(photos, "1.txt", "one\n\n first  \r\none\n")
    put(photos, "2.json", '{"caption": "two", "label": 7}')
    put(photos, "10.txt", b"\xef\xbb\xbfcaf\xc3\xa9")
    assert first_that_knows(photos) == "sidecar_text" and looks_like_sidecar_text(photos)
    reading = read_sidecar_text(photos)
    assert captions(reading) == {"1.png": ("one", "first"), "2.jpg": ("two",), "10.png": ("café",)}
    assert [item.id for item in reading.collection.items] == ["1.png", "2.jpg", "10.png"]
    assert items(reading)["2.jpg"].label == "7"


def test_texts_that_cannot_be_used_are_listed(photos):
    put(photos, "1.txt", "caf\xe9".encode("latin-1"))
    put(photos, "2.txt", "x" * (1 << 21))
    put(photos, "10.json", "[1")
    reading = read_sidecar_text(photos)
    assert captions(reading)["1.png"] == ("café",)
    assert told(reading) == {
        "1.txt": "is not UTF-8, and was read as Latin-1",
        "2.txt": "is too long for a caption",
        "10.json": "is not a JSON object",
    }


def test_a_folder_name_is_the_label_and_makes_the_caption(tmp_path):
    for name in ("big_cat/a.png", "big_cat/b.png", "train/dog/c.png"):
        put(tmp_path, name)
    assert first_that_knows(tmp_path) == "class_folders" and looks_like_class_folders(tmp_path)
    reading = read_class_folders(tmp_path, ReadOptions(template="{label}! {x}"))
    assert items(reading)["big_cat/a.png"].label == "big_cat"
    assert captions(reading)["big_cat/a.png"] == ("big cat! {x}",)
    assert items(reading)["train/dog/c.png"].label == "dog"


def test_every_label_is_split_in_halves(tmp_path):
    for name in ("a/1.png", "b/1.png", "b/2.png", "c/1.png", "a/2.png", "c/2.png", "b/3.png"):
        put(tmp_path, name)
    collection = read_class_folders(tmp_path).collection
    for half in ("calibrate", "evaluate"):
        labels = {collection.items[at].label for at in collection.splits[half]}
        assert labels == {"a", "b", "c"}


def test_files_in_an_order_are_split_at_random_and_always_alike(tmp_path):
    for n in range(36):
        put(tmp_path, f"{n:02}.png")
    splits = read_folder(tmp_path).collection.splits
    assert sorted([*splits["calibrate"], *splits["evaluate"]]) == list(range(36))
    assert len(splits["calibrate"]) == 18
    even = sum(at % 2 == 0 for at in splits["calibrate"])
    assert 4 < even < 14
    again = read_folder(tmp_path).collection.splits
    assert again["calibrate"].tolist() == splits["calibrate"].tolist()


def test_a_plain_folder_has_images_only(photos):
    assert first_that_knows(photos) == "plain_folder"
    assert captions(read_folder(photos)) == {"1.png": (), "2.jpg": (), "10.png": ()}


def test_broken_images_are_listed_and_the_others_load(photos, tmp_path):
    put(tmp_path, "secret.png")
    put(photos, "empty.png", b"")
    put(photos, "text.jpg", "hello")
    put(photos, "wide.png", wide_header(10**6, 10**6))
    put(photos, "many.png", wide_header(10**6, 60))
    (photos / "out.png").symlink_to(tmp_path / "secret.png")
    (photos / "loop.png").symlink_to(photos / "loop.png")
    (photos / "in.png").symlink_to("1.png")
    (photos / "away").symlink_to(tmp_path)
    os.mkfifo(photos / "pipe.png")
    reading = read_folder(photos)
    assert set(items(reading)) == {"1.png", "2.jpg", "10.png", "in.png"}
    assert told(reading) == {
        "away": "is a link that leads out of the folder",
        "empty.png": "is empty",
        "loop.png": "is a link that leads nowhere",
        "many.png": "has 1,000,000 × 60 pixels, which is too many",
        "out.png": "is a link that leads out of the folder",
        "pipe.png": "is not a file",
        "text.jpg": "is not an image",
        "wide.png": "unpacks to too many pixels",
    }


def wide_header(width, height):
    """A PNG whose header alone claims that size."""
    content = bytearray(picture())
    content[16:24] = width.to_bytes(4, "big") + height.to_bytes(4, "big")
    import zlib

    content[29:33] = zlib.crc32(content[12:29]).to_bytes(4, "big")
    return bytes(content)


def test_odd_names_are_read(tmp_path):
    names = ["ünï 你好 🐈.png", "x" * 250 + ".png", "openmoji:1.png", "a#b%20.png", "-1.png"]
    for name in names:
        put(tmp_path / "photos", name)
    reading = read_folder(tmp_path / "photos")
    assert set(items(reading)) == set(names)
    for item in reading.collection.items:
        assert opened(item.image, reading.collection.root).size == (8, 6)


def test_hidden_files_and_what_systems_leave_are_no_images(photos):
    put(photos, ".hidden.png")
    put(photos, "__MACOSX/._1.png", "x")
    assert read_folder(photos).skipped == ()


@pytest.mark.parametrize(
    "read", [read_folder, read_class_folders, read_imagefolder, read_sidecar_text]
)
def test_folders_without_images_are_refused(tmp_path, read):
    for path, why in ((tmp_path, "holds no images"), (tmp_path / "gone", "cannot be read")):
        with pytest.raises(GapvizError, match=why):
            read(path)
    put(tmp_path, "a.png", "x")
    with pytest.raises(GapvizError, match=r"the first of 1 skipped: a\.png is not an image"):
        read(tmp_path)


def test_one_image_is_a_collection(tmp_path):
    put(tmp_path, "a.png")
    assert read_folder(tmp_path).collection.n_items == 1


@pytest.mark.reference
def test_photos_are_read_with_the_captions_beside_them(reference, tmp_path):
    lines = (reference / "coco100" / "prompts.txt").read_text().splitlines()
    for number, line in enumerate(lines[:100]):
        photo = reference / "coco100" / "images" / f"{number}.jpg"
        put(tmp_path, f"{number}.jpg", photo.read_bytes())
        put(tmp_path, f"{number}.txt", line)
    reading = read_sidecar_text(tmp_path)
    assert reading.collection.n_items == 100 and reading.skipped == ()
    assert reading.collection.items[99].captions == (" ".join(lines[99].split()),)
