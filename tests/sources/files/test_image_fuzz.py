"""Whatever stands in a source: a valid reading that lists what it skipped, or one sentence."""

import json
import math
import shutil

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gapviz import GapvizError
from gapviz.sources.files.caption_list import read_caption_list
from gapviz.sources.files.coco import read_coco
from gapviz.sources.files.format import ReadOptions, formats
from gapviz.sources.files.image_table import read_image_table
from gapviz.sources.files.imagefolder import read_imagefolder
from gapviz.sources.files.sidecar_text import read_sidecar_text
from gapviz.sources.files.webdataset import read_webdataset
from gapviz.sources.images.references import image_bytes
from gapviz.storage.saved_collection import load_collection, save_collection
from tests.sources.files.image_making import (
    picture,
    put,
    put_csv,
    put_json_lines,
    put_parquet,
    put_tar,
)

pytestmark = pytest.mark.slow

IMAGE_NAMES = {
    "webdataset", "coco", "imagefolder", "image_table", "sidecar_text", "caption_list",
    "class_folders", "plain_folder",
}  # fmt: skip
IMAGE_FORMATS = [one for one in formats() if one.name in IMAGE_NAMES]

fuzz = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))

JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30)
    | st.sampled_from(["a.png", "b.jpg", "../a.png", "/a.png", "NaN", "", "\ud800", "a\0b"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)  # fmt: skip


@pytest.fixture(scope="module")
def fresh(tmp_path_factory):
    """`fresh()`: an empty folder that exists until the next call."""
    folder = tmp_path_factory.mktemp("fuzz") / "source"

    def make():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        return folder

    return make


def read_or_refuse(read, path, scratch):
    """Read; check that a reading is whole, and that a refusal is one sentence."""
    try:
        reading = read(path, ReadOptions())
    except GapvizError as error:
        assert error.sentence.endswith(".") and "\n" not in error.sentence
        error.sentence.encode()
        return None
    collection = reading.collection
    assert not collection.modalities and collection.n_items > 0
    assert sorted(i for half in collection.splits.values() for i in half) == list(
        range(collection.n_items)
    )
    for item in collection.items:
        image_bytes(item.image, collection.root)
        assert all(caption and caption == " ".join(caption.split()) for caption in item.captions)
    for skipped in reading.skipped:
        assert skipped.what.isprintable() or skipped.what.strip()
        (skipped.what + skipped.why).encode()
    save_collection(collection, scratch)
    assert load_collection(scratch).items == collection.items
    return reading


def sources(folder):
    """Each format once, each a folder of its own below `folder`: reader name → (path, files)."""
    small, photo = picture(size=(3, 2)), picture(size=(3, 2), kind="JPEG")
    for place in (
        "imagefolder",
        "table",
        "coco/images",
        "texts",
        "listed",
        "classes/x",
        "classes/y",
    ):
        put(folder, f"{place}/a.png", small)
        put(folder, f"{place}/b.jpg", photo)
    rows = [["file_name", "text", "label"], ["a.png", "é, one", "x"], ["b.jpg", "two", "y"]]
    put_csv(folder / "imagefolder/metadata.csv", rows)
    put_csv(folder / "table/t.csv", rows, "utf-16")
    put_parquet(
        folder / "stored/x.parquet",
        {"image": [{"bytes": small, "path": "a.png"}, {"bytes": photo, "path": None}]},
    )
    put_tar(
        folder / "s.tar",
        [("a.png", small), ("a.json", b'{"caption": "a"}'), ("b.jpg", photo), ("b.txt", b"b")],
    )
    coco = {
        "images": [{"id": 1, "file_name": "a.png"}, {"id": 2, "file_name": "b.jpg"}],
        "annotations": [{"image_id": 1, "caption": "a"}, {"image_id": 2, "caption": "b"}],
    }
    put(folder, "coco/captions_x.json", json.dumps(coco))
    put(folder, "listed/d.json", json.dumps([{"image": "a.png", "caption": ["a", "b"]}]))
    put(folder, "listed/captions.csv", "image,caption\na.png,['a' 'b']\nb.jpg,\"b, c\"\n")
    put(folder, "texts/a.txt", "a\nb")
    put(folder, "texts/b.json", '{"caption": "b", "label": "x"}')
    return {
        "imagefolder": (folder / "imagefolder", ["metadata.csv", "a.png"]),
        "image_table": (folder / "table/t.csv", [""]),
        "webdataset": (folder / "s.tar", [""]),
        "coco": (folder / "coco/captions_x.json", [""]),
        "sidecar_text": (folder / "texts", ["a.txt", "b.json", "b.jpg"]),
        "caption_list": (folder / "listed", ["captions.csv", "d.json", "a.png"]),
        "class_folders": (folder / "classes", ["x/a.png", "y/b.jpg"]),
        "stored": (folder / "stored/x.parquet", [""]),
        "plain_folder": (folder / "classes", ["x/a.png"]),
    }


@pytest.mark.parametrize("name", [*(reader.name for reader in IMAGE_FORMATS), "stored"])
def test_a_source_cut_or_altered_anywhere_is_read_or_refused(fresh, tmp_path, name):
    readers = {reader.name: reader for reader in IMAGE_FORMATS}
    reader = readers.get(name, readers["image_table"])
    path, files = sources(fresh())[name]
    whole = {file: (path / file if file else path).read_bytes() for file in files}
    assert reader.recognises(path)
    skipped = read_or_refuse(reader.read, path, tmp_path).skipped
    # The second list of the folder, and the list that Python printed.
    assert len(skipped) == 2 * (name == "caption_list")

    @fuzz
    @given(st.data())
    def alter(data):
        file = data.draw(st.sampled_from(files))
        content = bytearray(whole[file])
        if data.draw(st.booleans()):
            content = content[: data.draw(st.integers(0, len(content)))]
        for _ in range(data.draw(st.integers(0, 6)) if content else 0):
            content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
        target = path / file if file else path
        target.write_bytes(content)
        try:
            reader.recognises(path)
            read_or_refuse(reader.read, path, tmp_path)
        finally:
            target.write_bytes(whole[file])

    alter()


@fuzz
@given(rows=st.lists(st.fixed_dictionaries({}, optional={
    "file_name": JSON_VALUES, "text": JSON_VALUES, "label": JSON_VALUES}), max_size=5))  # fmt: skip
def test_json_values_of_any_type_are_read_or_listed(fresh, tmp_path_factory, rows):
    folder = fresh()
    put(folder, "a.png")
    put(folder, "b.jpg")
    put_json_lines(folder / "metadata.jsonl", rows)
    scratch = tmp_path_factory.getbasetemp() / "scratch"
    read_or_refuse(read_imagefolder, folder, scratch)
    read_or_refuse(read_image_table, folder / "metadata.jsonl", scratch)


@fuzz
@given(
    images=JSON_VALUES
    | st.lists(st.fixed_dictionaries({"id": JSON_VALUES, "file_name": JSON_VALUES}), max_size=4),
    annotations=JSON_VALUES
    | st.lists(
        st.fixed_dictionaries({"image_id": JSON_VALUES, "caption": JSON_VALUES}), max_size=4
    ),
)
def test_coco_values_of_any_type_are_read_or_listed(fresh, tmp_path_factory, images, annotations):
    folder = fresh()
    put(folder, "images/a.png")
    content = {"images": images, "annotations": annotations}
    path = put(folder, "captions_x.json", json.dumps(content))
    read_or_refuse(read_coco, path, tmp_path_factory.getbasetemp() / "scratch")


ENTRIES = st.dictionaries(
    st.sampled_from(["image", "caption", "captions", "sentences", "conversations", "filename",
                     "filepath", "images", "id", "image_id", "a.png", "annotations", "label"])
    | st.text(max_size=4),
    JSON_VALUES | st.sampled_from([
        [{"from": "gpt", "value": 1}], [{"raw": None}], [{"role": 5}], "['a', 'b'", '["a", 1]'
    ]),
    max_size=4,
)  # fmt: skip


@fuzz
@given(content=JSON_VALUES | ENTRIES | st.lists(ENTRIES, max_size=4)
       | st.dictionaries(st.sampled_from(["images", "annotations", "train", "a.png"]),
                         st.lists(ENTRIES, max_size=3) | ENTRIES | JSON_VALUES))  # fmt: skip
def test_a_json_list_of_any_shape_is_read_or_listed(fresh, tmp_path_factory, content):
    folder = fresh()
    put(folder, "a.png")
    put(folder, "b.jpg")
    path = put(folder, "a.json", json.dumps(content))
    scratch = tmp_path_factory.getbasetemp() / "scratch"
    read_or_refuse(read_image_table, path, scratch)
    assert read_or_refuse(read_caption_list, folder, scratch)
    assert read_or_refuse(read_sidecar_text, folder, scratch)


LINES = st.lists(st.text(st.characters(codec="utf-8"), max_size=40)
                 | st.sampled_from(["a.png", "#0", "\t", ",", '"', "\n", "image,caption", "B.JPG",
                                    "x/a.png#1\t", "C:\\a.png|", "['a' \"b\"]"]))  # fmt: skip


@fuzz
@given(parts=LINES, name=st.sampled_from(["captions.txt", "results.token", "t.csv", "t.tsv"]))
def test_lines_of_any_text_are_read_or_listed(fresh, tmp_path_factory, parts, name):
    folder = fresh()
    put(folder, "x/a.png")
    put(folder, "b.jpg")
    path = put(folder, name, "".join(parts))
    scratch = tmp_path_factory.getbasetemp() / "scratch"
    read_or_refuse(read_image_table, path, scratch)
    assert read_or_refuse(read_caption_list, folder, scratch)


TEXTS = st.text(st.characters(codec="utf-8"), max_size=60)


@fuzz
@given(
    rows=st.lists(
        st.tuples(st.sampled_from(["a.png", "./b.jpg", "x/../a.png"]) | TEXTS, TEXTS), max_size=6
    ),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32"]),
    delimiter=st.sampled_from(",;\t|"),
)
def test_any_text_in_any_encoding_is_read_or_listed(
    fresh, tmp_path_factory, rows, encoding, delimiter
):
    folder = fresh()
    put(folder, "a.png")
    put(folder, "b.jpg")
    path = put_csv(folder / "t.csv", [("path", "caption"), *rows], encoding, delimiter)
    read_or_refuse(read_image_table, path, tmp_path_factory.getbasetemp() / "scratch")


@fuzz
@given(
    texts=st.lists(st.none() | TEXTS, min_size=2, max_size=2),
    labels=st.lists(st.none() | st.integers(-5, 5) | st.just(math.nan), min_size=2, max_size=2),
    cells=st.lists(st.none() | st.binary(max_size=9) | st.just(picture()), min_size=2, max_size=2),
)
def test_parquet_cells_of_any_value_are_read_or_listed(
    fresh, tmp_path_factory, texts, labels, cells
):
    columns = {
        "image": cells,
        "text": texts,
        "label": [None if x is None else float(x) for x in labels],
    }
    path = put_parquet(fresh() / "x.parquet", columns)
    read_or_refuse(read_image_table, path, tmp_path_factory.getbasetemp() / "scratch")


@fuzz
@given(
    members=st.lists(
        st.tuples(
            st.text(st.characters(codec="utf-8"), min_size=1, max_size=150),
            st.sampled_from([".png", ".jpg", ".txt", ".json", ".cls", ".seg.png", "", ".2.jpg",
                             ".2.txt", ".caption"]),
            st.sampled_from([picture(), b"", b"[]", b'{"caption": [1, null, "x"]}', b"\xff\xfe"])
            | st.binary(max_size=20),
        ),
        max_size=6,
    )
)  # fmt: skip
def test_tar_members_of_any_name_are_read_or_listed(fresh, tmp_path_factory, members):
    folder = fresh()
    named = [(name.replace("\0", "") + ending, content) for name, ending, content in members]
    path = put_tar(folder / "s.tar", [("good.png", picture()), *named])
    assert read_or_refuse(read_webdataset, path, tmp_path_factory.getbasetemp() / "scratch")
    assert [file.name for file in folder.iterdir()] == ["s.tar"]


@pytest.mark.parametrize("reader", IMAGE_FORMATS, ids=lambda reader: reader.name)
def test_paths_that_lead_nowhere_are_refused(fresh, reader):
    folder = fresh()
    (folder / "loop.tar").symlink_to(folder / "loop.tar")
    (folder / "gone.csv").symlink_to(folder / "nothing")
    (folder / "file.json").write_text("")
    (folder / "empty").mkdir()
    for name in ("loop.tar", "gone.csv", "file.json", "file.json/x.csv", "empty"):
        assert not reader.recognises(folder / name)
        with pytest.raises(GapvizError):
            reader.read(folder / name, ReadOptions())
