import io
import json
import tarfile

import pytest

from gapviz import GapvizError
from gapviz.sources.files import read
from gapviz.sources.files.webdataset import looks_like_webdataset, read_webdataset
from gapviz.sources.images.references import image_bytes
from tests.sources.files.image_making import captions, items, opened, picture, put, put_tar, told

PASSED_OVER = (
    "with the endings .seg.png were passed over (first: 00000.tar, a/001.seg.png); by webdataset's "
    "rule an ending is all that follows the first dot of a name; pictures end in .jpg, .png, .webp "
    "and the like, captions in .txt or .json"
)
RED, BLUE = picture("red"), picture("blue", kind="JPEG")

MEMBERS = [
    ("000.jpg", BLUE),
    ("000.txt", b"a blue thing\nblue"),
    ("000.json", json.dumps({"caption": "blue", "key": "000"}).encode()),
    ("a/001.png", RED),
    ("a/001.cls", b"3"),
    ("a/001.seg.png", b"not looked into"),
    ("002.webp", picture(kind="WEBP")),
    ("002.json", b'{"caption": ["x", "y"], "label": "letters"}'),
]


@pytest.fixture
def shard(tmp_path):
    return put_tar(tmp_path / "00000.tar", MEMBERS)


def test_members_of_one_name_are_one_item(shard):
    assert looks_like_webdataset(shard)
    reading = read_webdataset(shard)
    assert captions(reading) == {
        "000": ("a blue thing", "blue"),
        "a/001": (),
        "002": ("x", "y"),
    }
    assert items(reading)["a/001"].label == "3"
    assert items(reading)["002"].label == "letters"
    assert told(reading) == {"1 member": PASSED_OVER}
    assert reading.collection.root == shard.parent


def test_a_picture_is_read_by_seeking(shard):
    reading = read_webdataset(shard)
    for item_id, content in (("000", BLUE), ("a/001", RED)):
        reference = items(reading)[item_id].image
        assert reference.startswith("tar:00000.tar#")
        assert image_bytes(reference, shard.parent) == content
    assert opened(items(reading)["002"].image, shard.parent).format == "WEBP"


def test_shards_of_a_folder_are_read_in_number_order(tmp_path):
    for number in (10, 2):
        put_tar(tmp_path / f"{number}.tar", [("same.png", RED), (f"{number}.png", RED)])
    assert looks_like_webdataset(tmp_path)
    assert list(items(read_webdataset(tmp_path))) == ["same", "2", "10/same", "10"]


def test_what_is_whole_of_a_cut_archive_is_read(shard):
    whole = shard.read_bytes()
    last = read_webdataset(shard).collection.items[-1].image
    offset, size = map(int, last.rpartition("#")[2].split(","))
    shard.write_bytes(whole[: offset + size - 1])
    reading = read_webdataset(shard)
    assert list(items(reading)) == ["000", "a/001"]
    assert told(reading) == {"1 member": PASSED_OVER, "00000.tar, 002.webp": "is cut short"}


@pytest.mark.parametrize("step", [97])
def test_an_archive_cut_anywhere_gives_what_is_whole_or_a_refusal(shard, step):
    whole = shard.read_bytes()
    content = 512 * 2 * len(MEMBERS)
    for length in range(0, content, step):
        shard.write_bytes(whole[:length])
        try:
            reading = read_webdataset(shard)
        except GapvizError as error:
            assert length < 2000, error
            continue
        assert reading.skipped
        for item in reading.collection.items:
            opened(item.image, shard.parent)


def test_links_and_devices_are_listed_and_never_followed(tmp_path):
    path = tmp_path / "x.tar"
    with tarfile.open(path, "w") as archive:
        for name, kind in (("a.png", tarfile.SYMTYPE), ("b.png", tarfile.LNKTYPE),
                           ("c.png", tarfile.CHRTYPE), ("d", tarfile.DIRTYPE)):  # fmt: skip
            header = tarfile.TarInfo(name)
            header.type, header.linkname = kind, "/etc/hostname"
            archive.addfile(header)
        header = tarfile.TarInfo("../../e.png")
        header.size = len(RED)
        archive.addfile(header, io.BytesIO(RED))
    reading = read_webdataset(path)
    assert list(items(reading)) == ["../../e"]
    assert sorted(told(reading)) == [f"x.tar, {name}.png" for name in "abc"]
    assert [file.name for file in tmp_path.iterdir()] == ["x.tar"]


def test_members_that_cannot_be_used_are_listed(tmp_path):
    put_tar(
        tmp_path / "x.tar",
        [("a.png", RED), ("a.jpg", BLUE), ("b.png", b"text"), ("b.txt", b"hello"),
         ("c.txt", b"alone"), ("d.png", RED), ("d.json", b"[]"), ("e.png", b""),
         ("d.txt", b"x" * (1 << 21))],
    )  # fmt: skip
    assert told(read_webdataset(tmp_path / "x.tar")) == {
        "x.tar, a.jpg": "is a second picture under one name",
        "x.tar, b.png": "is not an image",
        "x.tar, d.json": "is not a JSON object",
        "x.tar, d.txt": "is too long for a caption",
        "x.tar, e.png": "is empty",
        "x.tar, c": "has no picture",
    }


@pytest.mark.parametrize("content", [b"", b"hello" * 500, b"\x1f\x8b" + bytes(2000)])
def test_what_only_bears_the_name_is_refused(tmp_path, content):
    with pytest.raises(GapvizError, match="no image"):
        read_webdataset(put(tmp_path, "x.tar", content))


def test_a_shard_that_is_a_link_is_read_where_it_lies(shard, tmp_path):
    (tmp_path / "links").mkdir()
    (tmp_path / "links" / "train.tar").symlink_to(shard)
    collection = read_webdataset(tmp_path / "links" / "train.tar").collection
    assert collection.name == "train"
    assert image_bytes(collection.items[0].image, collection.root) == BLUE


def test_headers_without_end_are_no_endless_work(tmp_path):
    header = tarfile.TarInfo("h")
    header.type, header.size = tarfile.XHDTYPE, 12
    block = header.tobuf(tarfile.USTAR_FORMAT) + b"12 path=abc\n".ljust(512, b"\0")
    good = put_tar(tmp_path / "x.tar", [("a.png", RED)]).read_bytes()
    put(tmp_path, "x.tar", good[: 512 + 512] + block * 5000)
    reading = read_webdataset(tmp_path / "x.tar")
    assert list(items(reading)) == ["a"] and "damaged" in told(reading)["x.tar"]


def test_a_folder_without_shards_is_refused(tmp_path):
    assert not looks_like_webdataset(tmp_path)
    with pytest.raises(GapvizError, match=r"no \.tar"):
        read_webdataset(tmp_path)


def test_names_with_dots_are_taken_whole_and_the_rule_is_told(tmp_path):
    members = [
        (f"set.v1/235{i} take 2.{i} (clean){ending}", content)
        for i in range(3)
        for ending, content in ((".jpg", BLUE), (".txt", b"take"))
    ]
    reading = read_webdataset(put_tar(tmp_path / "a.tar", members))
    assert captions(reading) == {f"set.v1/235{i} take 2.{i} (clean)": ("take",) for i in range(3)}
    assert told(reading) == {
        "a.tar": "holds 3 names with further dots, taken up to the last one, where webdataset "
        "would end them at the first (first: set.v1/2350 take 2.0 (clean).jpg)"
    }


@pytest.mark.parametrize(
    ("endings", "named"),
    [
        ((".img", ".cap"), "with the endings .img, .cap were passed over (first: a.tar, 0.img)"),
        ((".left.jpg", ".right.jpg"), "an ending is all that follows the first dot of a name"),
    ],
)
def test_members_of_unknown_endings_are_named_with_the_rule(tmp_path, refusal, endings, named):
    members = [(f"{i}{ending}", BLUE) for i in range(2) for ending in endings]
    sentence = refusal(put_tar(tmp_path / "a.tar", members))
    assert "4 members" in sentence and named in sentence
    for ending in endings:
        assert ending in sentence
    members += [("9.jpg", BLUE), ("9.caption", b"nine"), ("0.json", b"{}")]
    reading = read_webdataset(put_tar(tmp_path / "a.tar", members))
    assert captions(reading) == {"9": ("nine",)}
    assert named in told(reading)["4 members"]


def test_what_lies_beside_the_shards_is_named(shard):
    put(shard.parent, "00000_stats.json", "{}")
    put(shard.parent, "00000.parquet", b"x")
    told_of_folder = told(read_webdataset(shard.parent))
    assert told_of_folder["00000_stats.json"].startswith("was not read, as the captions come from")
    assert "00000.parquet" in told_of_folder and "00000.tar" not in told_of_folder


@pytest.mark.parametrize(
    ("more", "labels"), [([], ("cat", "pet")), ([("1.cls", b"dog")], ("dog",))]
)
def test_all_labels_of_a_list_are_kept(tmp_path, more, labels):
    said = b'{"caption": "a cat", "label": ["cat", "pet"]}'
    put_tar(tmp_path / "a.tar", [("1.png", picture()), ("1.json", said), *more])
    (item,) = read(str(tmp_path)).collection.items
    assert item.labels == labels
