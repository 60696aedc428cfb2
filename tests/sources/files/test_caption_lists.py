"""Captions are read as data sets publish them, whatever the file is called and holds."""

import json

import pytest

from gapviz import GapvizError
from gapviz.sources.files import ReadOptions, read
from gapviz.sources.files.format import formats
from tests.sources.files.image_making import (
    captions,
    items,
    put,
    put_csv,
    put_json_lines,
    put_parquet,
    told,
)

N = 3
TEXTS = {f"p{i}.jpg": (f"red {i}, left", f"a {i}") for i in range(N)}
PLACED = {f"images/{name}": said for name, said in TEXTS.items()}


@pytest.fixture
def photos(tmp_path):
    for name in TEXTS:
        put(tmp_path, f"images/{name}")
    return tmp_path


def pairs():
    return [(name, said) for name, both in TEXTS.items() for said in both]


def quoted(rows, separator=","):
    return "\n".join(separator.join(f'"{cell}"' for cell in row) for row in rows)


JSON_SHAPES = {
    "list": [{"image": name, "caption": list(said)} for name, said in TEXTS.items()],
    "one entry a caption": [{"image": n, "caption": said} for n, said in pairs()],
    "neuraltalk": [{"file_path": f"images/{n}", "captions": said} for n, said in TEXTS.items()],
    "pairs": [[name, list(said)] for name, said in TEXTS.items()],
    "dict of lists": TEXTS,
    "dict of texts": {"version": "2", **{name: list(said) for name, said in TEXTS.items()}},
    "dict by stems": {name[:-4]: list(said) for name, said in TEXTS.items()},
    "dict of dicts": {f"images/{n}"[:-4]: {"caption": said} for n, said in TEXTS.items()},
    "karpathy": {
        "dataset": "x",
        "images": [
            {"filepath": "images", "filename": name, "imgid": at, "split": "test",
             "sentences": [{"raw": one, "tokens": one.split()} for one in said]}
            for at, (name, said) in enumerate(TEXTS.items())
        ],
    },
    "splits": {
        part: [{"image_path": [name], "images": [name], "sentences": said}]
        for part, (name, said) in zip(("train", "val", "test"), TEXTS.items(), strict=True)
    },
    "wrapped": {"data": [{"image_id": name[:-4], "captions": said} for name, said in TEXTS.items()],
                "info": {"version": 1}},
    "columns": {"image": list(TEXTS), "captions": list(TEXTS.values())},
    "pandas columns": {"image": dict(enumerate(TEXTS)),
                       "captions": dict(enumerate(TEXTS.values()))},
    "coco": {
        "images": [{"id": at, "file_name": name} for at, name in enumerate(TEXTS)],
        "annotations": [{"image_id": at, "caption": one}
                        for at, said in enumerate(TEXTS.values()) for one in said],
    },
}  # fmt: skip


@pytest.mark.parametrize("shape", JSON_SHAPES)
def test_a_json_of_any_shape_describes_the_images_around_it(photos, shape):
    put(photos, "dataset.json", json.dumps(JSON_SHAPES[shape]))
    reading = read(str(photos))
    assert {item.image: item.captions for item in reading.collection.items} == PLACED
    assert all("names 3 pictures" in why for why in told(reading).values())


TEXT_FILES = {
    "captions.txt": "image,caption\n" + quoted(pairs()),
    "CAPTIONS.TXT": "image,caption\n" + quoted(pairs()),
    "results.token": "\n".join(f"{name}#{i % 2}\t{said}" for i, (name, said) in enumerate(pairs())),
    "Flickr8k.token.txt": "\n".join(f"{name}#0\t{said}" for name, said in pairs()),
    "results.csv": "image_name| comment_number| comment\n"
    + "\n".join(f"{name}| {i % 2}| {said}" for i, (name, said) in enumerate(pairs())),
    "no_headings.csv": quoted(pairs()),
    "no_headings.tsv": "\n".join(f"{name}\t{said}" for name, said in pairs()),
    "spaces.txt": "\n".join(f"{name} {said}" for name, said in pairs()),
    "ids.csv": "image_id,caption\n" + quoted((name[:-4], said) for name, said in pairs()),
    "train.csv": "filepath;title\n"
    + "\n".join(f"D:\\set\\images\\{name.upper()};{said}" for name, said in pairs()),
}


@pytest.mark.parametrize("name", TEXT_FILES)
def test_a_text_file_of_any_form_describes_the_images_around_it(photos, name):
    put(photos, name, TEXT_FILES[name])
    reading = read(str(photos))
    assert {item.image: item.captions for item in reading.collection.items} == PLACED
    assert all("names 3 pictures" in why for why in told(reading).values())


@pytest.mark.parametrize("name", ["captions.txt", "results.token", "no_headings.csv"])
def test_the_list_itself_may_be_named_with_the_folder_of_the_images(photos, tmp_path, name):
    path = put(tmp_path, f"elsewhere/{name}", TEXT_FILES[name])
    assert captions(read(str(path), ReadOptions(image_folder=photos / "images"))) == TEXTS


def test_a_json_itself_may_be_named(photos):
    path = put(photos, "images/list.json", json.dumps(JSON_SHAPES["list"]))
    assert captions(read(str(path))) == TEXTS


@pytest.mark.parametrize("source", ["", "llava.json"])
def test_a_list_made_for_folders_of_other_names_finds_its_images(photos, source):
    entries = [{"image": f"coco/train2017/{name}", "caption": said} for name, said in TEXTS.items()]
    put(photos, "llava.json", json.dumps(entries))
    assert captions(read(str(photos / source))) == PLACED


@pytest.mark.parametrize("source", ["", "list.csv"])
def test_addresses_on_the_web_are_named_and_not_taken_for_files(photos, source):
    rows = [["image", "caption"], ["images/p0.jpg", "t"], ["http://x.org/p1.jpg", "u"]]
    put_csv(photos / "list.csv", rows)
    reading = read(str(photos / source))
    assert "u" not in str(captions(reading))
    why = "names 'http://x.org/p1.jpg', which is a web address, and is not fetched"
    assert told(reading)["list.csv, line 3"] == why


def test_the_parts_of_a_data_set_are_read_together(photos):
    for part, name in zip(("train", "val", "test"), TEXTS, strict=True):
        put_csv(photos / f"{part}.csv", [["image", "caption"], [name, part]])
    assert captions(read(str(photos))) == {
        f"images/{name}": (part,)
        for part, name in zip(("train", "val", "test"), TEXTS, strict=True)
    }


def test_the_same_captions_in_two_forms_are_taken_once_and_the_other_is_named(photos):
    put(photos, "captions.csv", TEXT_FILES["captions.txt"])
    put(photos, "Flickr8k.lemma.token.txt", TEXT_FILES["results.token"])
    put(photos, "results.token", TEXT_FILES["results.token"].replace("a ", "one "))
    reading = read(str(photos))
    assert captions(reading) == PLACED
    why = "was not read, as the captions come from captions.csv"
    assert told(reading)["results.token"] == told(reading)["Flickr8k.lemma.token.txt"] == why


def test_judgements_that_name_two_pictures_are_no_captions(photos):
    put(photos, "text/Flickr8k.token.txt", TEXT_FILES["Flickr8k.token.txt"])
    put(photos, "text/ExpertAnnotations.txt", "p0.jpg\tp1.jpg#2\t1\t1\t2\n")
    put(photos, "text/Flickr_8k.trainImages.txt", "p0.jpg\np1.jpg\n")
    reading = read(str(photos))
    assert captions(reading) == PLACED
    assert told(reading)["2 .txt files"].startswith("were not read, as the captions come from")


def test_a_list_of_other_images_is_named_and_not_taken(photos):
    put_csv(photos / "other.csv", [["image", "caption"], *([f"x{i}.jpg", "t"] for i in range(50))])
    put_parquet(photos / "numbers.parquet", {"a": [1.0]})
    put(photos, "broken.json", '[{"image": "p0.jpg", ')
    reading = read(str(photos))
    assert set(captions(reading)) == set(PLACED)
    assert told(reading) == {
        "other.csv": "was not read: it names no image of this folder",
        "broken.json": "was not read: it is no JSON, or cut short",
        "numbers.parquet": "was not read, with no captions found for these pictures",
    }


def test_every_file_that_no_caption_comes_from_is_counted(photos):
    put_csv(photos / "metadata.csv", [["file_name", "text"], ["images/p0.jpg", "t"]])
    for name in ("a.txt", "b.txt", "c/d.TXT", "notes.json", "x.heic", "table.xlsx", "README",
                 "README.md", "LICENSE.txt"):  # fmt: skip
        put(photos, name, "x")
    why = "not read, as the captions come from metadata.csv"
    assert told(read(str(photos))) == {
        "x.heic": "is a HEIC picture, which is not read (save it as JPEG or PNG)",
        "3 .txt files": f"were {why} (the first: a.txt)",
        "notes.json": f"was {why}",
        "table.xlsx": f"was {why}",
    }


def test_a_folder_of_pictures_that_are_not_read_says_which(tmp_path, refusal):
    put(tmp_path, "1.HEIC", "x")
    assert "1.HEIC is a HEIC picture, which is not read" in refusal(tmp_path)


@pytest.mark.parametrize("ending", [".txt", ".caption", ".TXT", ".Caption", ".text"])
@pytest.mark.parametrize("whole", [False, True])
def test_a_text_beside_each_image_may_have_any_of_these_endings(tmp_path, ending, whole):
    put(tmp_path, "a.b.png")
    put(tmp_path, f"a.b.png{ending}" if whole else f"a.b{ending}", "one\ntwo")
    assert captions(read(str(tmp_path))) == {"a.b.png": ("one", "two")}


def test_texts_beside_images_complete_a_table_without_captions(tmp_path):
    put(tmp_path, "a.png")
    put(tmp_path, "a.txt", "one")
    put_csv(tmp_path / "metadata.csv", [["file_name", "label"], ["a.png", "x"]])
    item = items(read(str(tmp_path)))["a.png"]
    assert (item.captions, item.label) == (("one",), "x")
    assert not told(read(str(tmp_path)))


def test_a_json_beside_each_image_is_enough(tmp_path):
    for number, said in enumerate(({"caption": "one", "key": "0"}, ["two", "three"], "four")):
        put(tmp_path, f"0/{number}.jpg")
        put(tmp_path, f"0/{number}.json", json.dumps(said))
    put(tmp_path, "0/3.jpg")
    put(tmp_path, "0/3.JSON", '{"key": "3", "url": "x"}')
    reading = read(str(tmp_path))
    assert list(captions(reading).values()) == [("one",), ("two", "three"), ("four",), ()]
    assert told(reading) == {"1 .JSON file": "beside a picture gave no captions"}


def test_class_folders_give_the_labels_that_no_column_gives(tmp_path):
    for name in ("cat/1.jpg", "cat/2.jpg", "dog/1.jpg"):
        put(tmp_path, name)
    rows = [["file_name", "text"], ["cat/1.jpg", "a cat"], ["dog/1.jpg", "a dog"]]
    put_csv(tmp_path / "metadata.csv", rows)
    found = items(read(str(tmp_path)))
    assert {name: item.label for name, item in found.items()} == {
        "cat/1.jpg": "cat", "cat/2.jpg": "cat", "dog/1.jpg": "dog"
    }  # fmt: skip
    assert found["cat/1.jpg"].captions == ("a cat",)
    put_csv(tmp_path / "metadata.csv", [["file_name", "label"], ["cat/1.jpg", "tiger"]])
    assert items(read(str(tmp_path)))["cat/1.jpg"].label == "tiger"
    assert items(read(str(tmp_path)))["dog/1.jpg"].label is None


@pytest.mark.parametrize("parts", [("train", "test"), ("00000", "00001"), ("images", ".")])
def test_parts_of_a_data_set_are_no_classes(tmp_path, parts):
    for part in parts:
        put(tmp_path, f"{part}/{part.strip('.')}1.jpg")
    put_csv(
        tmp_path / "metadata.csv", [["file_name", "text"], [f"{parts[0]}/{parts[0]}1.jpg", "t"]]
    )
    assert {item.label for item in read(str(tmp_path)).collection.items} == {None}


def test_json_lines_of_karpathys_rows_are_lists_too(photos):
    put_json_lines(
        photos / "data.jsonl",
        [{"filename": name, "sentences": [{"raw": one} for one in said]}
         for name, said in TEXTS.items()],
    )  # fmt: skip
    assert captions(read(str(photos))) == PLACED


@pytest.mark.parametrize("name", ["data.jsonl", "data.json"])
def test_lines_of_messages_about_one_image_are_lists_too(photos, name):
    put_json_lines(
        photos / name,
        [{"images": [name], "messages": [{"role": "user", "content": "<image>"},
                                         {"role": "assistant", "content": said[0]}]}
         for name, said in TEXTS.items()],
    )  # fmt: skip
    reading = read(str(photos))
    assert captions(reading) == {name: said[:1] for name, said in PLACED.items()}
    assert "has 3 conversations in messages, of which the first answer" in str(reading.skipped)


@pytest.mark.parametrize(
    ("image", "name"),
    [
        ({"id": 42}, "000000000042.jpg"),
        ({"id": 42}, "COCO_val2014_000000000042.jpg"),
        ({"id": 42, "coco_url": "http://x.org/val/000000000042.jpg"}, "000000000042.jpg"),
    ],
)
def test_coco_without_file_names_finds_images_by_their_numbers(tmp_path, image, name):
    put(tmp_path, f"val2014/{name}")
    annotations = [{"image_id": 42, "caption": "forty-two"}]
    content = json.dumps({"images": [image], "annotations": annotations})
    put(tmp_path, "annotations/captions_val2014.json", content)
    put(tmp_path, "annotations/instances_val2014.json", "{}")
    reading = read(str(tmp_path))
    assert captions(reading) == {"42": ("forty-two",)}
    why = "was not read, as the captions come from captions_val2014.json"
    assert told(reading)["annotations/instances_val2014.json"] == why


def test_what_a_server_may_read_holds_for_the_images_of_a_list_too(tmp_path):
    put(tmp_path, "images/000000000042.jpg")
    content = {"images": [{"id": 42, "file_name": "000000000042.jpg"}],
               "annotations": [{"image_id": 42, "caption": "x"}]}  # fmt: skip
    file = put(tmp_path, "offered/captions.json", json.dumps(content))
    assert read(str(file)).collection.n_items == 1
    with pytest.raises(GapvizError, match="usual folder"):
        read(str(file), ReadOptions(within=tmp_path / "offered"))


def test_links_out_of_the_folder_are_never_the_picture_that_is_meant(tmp_path):
    put(tmp_path, "secret/p0.jpg")
    put(tmp_path, "set/other.jpg")
    (tmp_path / "set/p0.jpg").symlink_to(tmp_path / "secret/p0.jpg")
    (tmp_path / "set/deep").symlink_to(tmp_path / "secret")
    rows = [["image", "caption"], ["P0.JPG", "t"], ["../secret/p0.jpg", "t"], ["other", "u"]]
    put_csv(tmp_path / "set/list.csv", rows)
    for source in ("set", "set/list.csv"):
        assert captions(read(str(tmp_path / source))) == {"other.jpg": ("u",)}


def test_the_list_is_asked_for_after_texts_beside_images():
    names = [one.name for one in formats()]
    assert names.index("imagefolder") < names.index("sidecar_text") < names.index("caption_list")
