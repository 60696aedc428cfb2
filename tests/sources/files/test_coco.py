import json

import pytest

from gapviz import GapvizError
from gapviz.sources.files.coco import looks_like_coco, read_coco
from gapviz.sources.files.format import ReadOptions
from tests.sources.files.image_making import captions, put, told


def description(n=3):
    return {
        "info": {},
        "images": [{"id": 100 + i, "file_name": f"{i:012d}.jpg"} for i in range(n)],
        "annotations": [
            {"id": 5 * i + k, "image_id": 100 + i, "caption": f"picture {i}, said {k}.\n"}
            for k in range(5)
            for i in range(n)
        ],
    }


@pytest.fixture
def coco(tmp_path):
    for i in range(3):
        put(tmp_path, f"val2017/{i:012d}.jpg")
    return put(tmp_path, "annotations/captions_val2017.json", json.dumps(description()))


def test_each_image_has_its_five_captions(coco):
    reading = read_coco(coco)
    assert list(captions(reading)) == ["100", "101", "102"]
    assert captions(reading)["101"] == tuple(f"picture 1, said {k}." for k in range(5))
    assert reading.collection.root == coco.parent.parent / "val2017"
    assert reading.collection.items[0].image == "000000000000.jpg"
    assert reading.skipped == ()


def test_the_folder_around_it_does_as_well(coco):
    assert looks_like_coco(coco) and looks_like_coco(coco.parent.parent)
    assert captions(read_coco(coco.parent.parent)) == captions(read_coco(coco))
    put(coco.parent, "captions_train2017.json", "{}")
    with pytest.raises(GapvizError, match="several captions files"):
        read_coco(coco.parent.parent)


@pytest.mark.parametrize("place", ["images", "annotations", "images/val2017", "train2014", "."])
def test_images_are_found_in_the_usual_places(coco, place):
    base = coco.parent.parent
    for photo in (base / "val2017").iterdir():
        (base / place).mkdir(parents=True, exist_ok=True)
        photo.rename(base / place / photo.name)
    assert read_coco(coco).collection.root.resolve() == (base / place).resolve()


def test_the_image_folder_can_be_named(coco, tmp_path):
    (tmp_path / "val2017").rename(tmp_path / "elsewhere")
    with pytest.raises(GapvizError, match="say where the images lie"):
        read_coco(coco)
    options = ReadOptions(image_folder=tmp_path / "elsewhere")
    assert read_coco(coco, options).collection.n_items == 3


def test_what_does_not_fit_is_listed(coco, tmp_path):
    content = description(4)
    content["images"] += [
        {"id": 100, "file_name": "x.jpg"},
        {"id": 200},
        "text",
        {"id": 201, "file_name": "../annotations/captions_val2017.json"},
        {"id": 202, "file_name": "/etc/hostname"},
    ]
    content["annotations"] += [
        {"image_id": 100, "caption": 5},
        {"image_id": 100},
        {"image_id": 999, "caption": "x"},
        None,
    ]
    coco.write_text(json.dumps(content))
    reading = read_coco(coco)
    assert len(reading.collection.items) == 3
    assert told(reading) == {
        "captions_val2017.json, image 4": "has the id 100 of an image before it",
        "200": "is an id without a file name",
        "captions_val2017.json, image 6": "has no id",
        "captions_val2017.json, annotation 20": "has a caption that is no text (int)",
        "captions_val2017.json, annotation 21": "has no caption",
        "captions_val2017.json": "2 annotations belong to no image that the file lists",
        "000000000003.jpg": "is missing",
        "../annotations/captions_val2017.json": (
            "leads out of the collection's folder, and is not read"
        ),
        "/etc/hostname": "leads out of the collection's folder, and is not read",
    }


@pytest.mark.parametrize(
    "content",
    ["", "[]", "{", "3", '{"images": 3, "annotations": []}', '{"images": []}', "[" * 100_000,
     '{"images": [], "annotations": []}', '{"images": [1], "annotations": {}}'],
    ids=lambda text: text[:12],
)  # fmt: skip
def test_other_json_is_refused(tmp_path, content):
    path = put(tmp_path, "captions.json", content)
    with pytest.raises(GapvizError):
        read_coco(path)


def test_other_json_is_not_taken_for_it(tmp_path):
    assert not looks_like_coco(put(tmp_path, "a.json", "{}"))
    assert not looks_like_coco(put(tmp_path, "b.json", ""))
    assert not looks_like_coco(tmp_path / "gone.json")
    assert not looks_like_coco(tmp_path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(GapvizError, match=r"gone\.json: cannot be read"):
        read_coco(tmp_path / "gone.json")
