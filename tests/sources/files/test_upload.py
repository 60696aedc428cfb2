"""Uploads: everything harmless loads, everything else is refused by name."""

import errno
import io
import stat
import struct
import zipfile

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gapviz import GapvizError
from gapviz.sources.files.sidecar_text import read_sidecar_text
from gapviz.sources.files.upload import safe_base_name, store_vectors_upload, unpack_upload
from tests.sources.files.image_making import captions, picture, put, told

RED = picture("red")


def zipped(members, compression=zipfile.ZIP_DEFLATED):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return buffer


def files_in(folder):
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


def left_behind(tmp_path):
    return sorted(path.name for path in tmp_path.iterdir())


def of_kind(name, mode):
    header = zipfile.ZipInfo(name)
    header.external_attr = (mode | 0o777) << 16
    return header


def test_images_and_captions_are_unpacked_without_their_top_folder(tmp_path):
    content = zipped([("set/", b""), ("set/a.png", RED), ("set/a.txt", "red"),
                      ("set/in/b.png", RED), ("__MACOSX/set/._a.png", b"x"),
                      ("set/.DS_Store", b"x")])  # fmt: skip
    upload = unpack_upload(content, tmp_path / "new")
    assert files_in(tmp_path / "new") == ["a.png", "a.txt", "in/b.png"]
    assert upload.skipped == () and left_behind(tmp_path) == ["new"]
    assert captions(read_sidecar_text(tmp_path / "new")) == {"a.png": ("red",), "in/b.png": ()}


def test_vectors_do_as_well(tmp_path):
    buffer = io.BytesIO()
    np.save(buffer, np.ones((2, 3, 4)))
    unpack_upload(zipped([("v.npy", buffer.getvalue())]), tmp_path / "made" / "new")
    assert np.load(tmp_path / "made" / "new" / "v.npy").shape == (2, 3, 4)


@pytest.mark.parametrize(
    ("member", "why"),
    [
        ("../evil.png", "leads out of the folder"),
        ("x/../../evil.png", "leads out of the folder"),
        ("..\\evil.png", "leads out of the folder"),
        ("/evil.png", "has an absolute path"),
        ("\\\\host\\evil.png", "has an absolute path"),
        ("C:\\evil.png", "names a drive, or has a colon in its name"),
        ("c:evil.png", "names a drive, or has a colon in its name"),
        ("a.png:stream.png", "names a drive, or has a colon in its name"),
        ("e\nvil.png", "has control characters in its name"),
        ("con.png", "has the name of a device"),
        ("x/NUL.tar.png", "has the name of a device"),
        ("Lpt1 .txt", "has the name of a device"),
        ("com¹.png", "has the name of a device"),
        ("x./evil.png", "has a name that ends in a space or dot"),
        ("y" * 300 + ".png", "has too long a name"),
        ("z/" * 40 + "evil.png", "has too long a name"),
        (of_kind("link.png", stat.S_IFLNK), "is a symbolic link"),
        (of_kind("pipe.png", stat.S_IFIFO), "is a device"),
        (of_kind("disk.png", stat.S_IFBLK), "is a device"),
        ("more.zip", "is an archive within the archive"),
        ("more.tar.gz", "is an archive within the archive"),
        ("run.exe", "is neither an image nor captions nor vectors"),
        ("README", "is neither an image nor captions nor vectors"),
        ("phone.HEIC", "is a HEIC picture, which is not read (save it as JPEG or PNG)"),
        ("text.png", "is not an image"),
        ("good.png", "appears twice"),
        ("Good.PNG", "differs from 'good.png' only in case or in how accents are written"),
        ("good.png/x.png", "is a file and a folder at once"),
    ],
)
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_each_evil_member_is_refused_by_name_and_the_rest_loads(tmp_path, member, why):
    content = zipped([("good.png", RED), (member, b"evil"), ("last.png", RED)])
    upload = unpack_upload(content, tmp_path / "new")
    assert files_in(tmp_path) == ["new/good.png", "new/last.png"]
    assert [skipped.why for skipped in upload.skipped] == [why]
    assert (tmp_path / "new" / "good.png").read_bytes() == RED


def test_names_that_differ_only_in_how_accents_are_written_are_one(tmp_path):
    content = zipped([("e\u0301.png", RED), ("\u00c9.png", RED)])
    unpack_upload(content, tmp_path / "new")
    assert len(files_in(tmp_path / "new")) == 1


@pytest.mark.parametrize("name", [b"evil\0.png", b"\0vilX.png"])
def test_a_name_with_a_zero_byte_is_refused(tmp_path, name):
    content = zipped([("goodX.png", RED), ("evilX.png", RED)]).getvalue()
    content = io.BytesIO(content.replace(b"evilX.png", name))
    upload = unpack_upload(content, tmp_path / "new")
    assert files_in(tmp_path / "new") == ["goodX.png"]
    assert upload.skipped[0].why == "has control characters in its name"


def test_encrypted_members_are_refused(tmp_path):
    content = bytearray(zipped([("good.png", RED), ("evil.png", RED)]).getvalue())
    at = content.rfind(b"PK\x01\x02")
    content[at + 8] |= 1
    upload = unpack_upload(io.BytesIO(content), tmp_path / "new")
    assert told(upload) == {"evil.png": "is encrypted"}


def with_sizes(content, unpacked, packed=None):
    """The archive with other sizes declared for its last member."""
    content = bytearray(content)
    for mark, at_packed in ((b"PK\x01\x02", 20), (b"PK\x03\x04", 18)):
        at = content.rfind(mark) + at_packed
        if packed is not None:
            content[at : at + 4] = struct.pack("<I", packed)
        content[at + 4 : at + 8] = struct.pack("<I", unpacked)
    return io.BytesIO(content)


def test_a_bomb_is_refused_by_its_declared_ratio(tmp_path):
    content = zipped([("good.png", RED), ("bomb.txt", bytes(20_000_000))])
    upload = unpack_upload(content, tmp_path / "new")
    assert told(upload) == {"bomb.txt": "unpacks to far more than it holds"}
    assert files_in(tmp_path) == ["new/good.png"]


@pytest.mark.parametrize("declared", [10, 900_000, 4_000_000_000])
def test_a_bomb_that_lies_of_its_size_is_refused(tmp_path, declared):
    content = zipped([("good.png", RED), ("bomb.txt", bytes(20_000_000))]).getvalue()
    upload = unpack_upload(with_sizes(content, declared), tmp_path / "new")
    assert list(told(upload)) == ["bomb.txt"]
    assert files_in(tmp_path) == ["new/good.png"]


def test_real_bytes_count_where_packed_and_unpacked_sizes_both_lie(tmp_path):
    content = zipped([("good.png", RED), ("bomb.txt", bytes(20_000_000))]).getvalue()
    content = with_sizes(content, 4_000_000_000, packed=len(content) - 300)
    upload = unpack_upload(content, tmp_path / "new")
    assert list(told(upload)) == ["bomb.txt"]


def test_an_image_that_unpacks_to_too_many_pixels_is_refused(tmp_path):
    from PIL import Image

    buffer = io.BytesIO()
    Image.new("1", (9000, 9000)).save(buffer, "PNG")
    upload = unpack_upload(zipped([("a.png", RED), ("b.png", buffer.getvalue())]), tmp_path / "new")
    assert told(upload) == {"b.png": "has 9,000 × 9,000 pixels, which is too many"}


@pytest.mark.parametrize(
    ("limit", "value", "why"),
    [
        ("MAX_BYTES", 500, r"more than the 0\.0 MB allowed"),
        ("MAX_FILES", 19, "more than 19 files"),
        ("MAX_UNPACKED_BYTES", 5000, "unpacks to more than 0 MB"),
    ],
)
def test_whole_limits_refuse_and_leave_nothing(tmp_path, monkeypatch, limit, value, why):
    monkeypatch.setattr(f"gapviz.sources.files.upload.{limit}", value)
    rng = np.random.default_rng(0)
    content = zipped([(f"{i}.npy", rng.bytes(1000)) for i in range(20)])
    with pytest.raises(GapvizError, match=why):
        unpack_upload(content, tmp_path / "new")
    assert left_behind(tmp_path) == []


def test_a_list_of_members_too_long_to_read_is_refused_unread(tmp_path):
    content = zipped([("a.png", RED)]).getvalue()
    at = content.rfind(b"PK\x05\x06") + 12
    for size in (10**9, 0xFFFFFFFF):
        lying = content[:at] + struct.pack("<I", size) + content[at + 4 :]
        with pytest.raises(GapvizError, match="more than 20,000 files"):
            unpack_upload(io.BytesIO(lying), tmp_path / "new")


@pytest.mark.parametrize(
    ("members", "why"),
    [
        ([], "holds no files"),
        ([("../x.png", b"")], r"x\.png leads out"),
        ([("x.png", b"")], "empty"),
    ],
)
def test_an_upload_of_nothing_usable_is_refused(tmp_path, members, why):
    with pytest.raises(GapvizError, match=why):
        unpack_upload(zipped(members), tmp_path / "new")
    assert left_behind(tmp_path) == []


def test_what_is_there_is_never_overwritten(tmp_path):
    put(tmp_path, "new/mine.png")
    with pytest.raises(GapvizError, match="already something of that name"):
        unpack_upload(zipped([("a.png", RED)]), tmp_path / "new")
    assert left_behind(tmp_path) == ["new"] and files_in(tmp_path) == ["new/mine.png"]


def test_a_full_disk_is_no_fault_of_the_archive(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("gapviz.sources.files.upload.file_flaw", full)
    with pytest.raises(GapvizError, match=r"cannot be written \(No space left"):
        unpack_upload(zipped([("a.png", RED)]), tmp_path / "new")
    assert left_behind(tmp_path) == []


ARCHIVE = zipped([("a/x.png", RED), ("a/x.txt", "red"), ("a/y.png", RED)]).getvalue()


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_altered_or_cut_archives_give_an_upload_or_a_refusal(tmp_path_factory, data):
    place = tmp_path_factory.mktemp("fuzz")
    content = bytearray(ARCHIVE[: data.draw(st.integers(0, len(ARCHIVE)))])
    if data.draw(st.booleans()):
        content = bytearray(ARCHIVE)
    for _ in range(data.draw(st.integers(0, 4))):
        if content:
            content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    try:
        unpack_upload(io.BytesIO(content), place / "new")
    except GapvizError as error:
        assert error.sentence.endswith(".")
        assert left_behind(place) == []
    else:
        assert files_in(place / "new") and left_behind(place) == ["new"]


# zipfile itself stumbles over a name that begins with a zero byte when it writes one.
LETTERS = st.characters(codec="utf-8", exclude_characters="\0") | st.sampled_from("./\\:")


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(names=st.lists(st.text(LETTERS, min_size=1, max_size=40), max_size=5))
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_no_name_ever_leads_out(tmp_path_factory, names):
    place = tmp_path_factory.mktemp("names")
    members = [("good.png", RED), *((f"{name}.png", RED) for name in names)]
    upload = unpack_upload(zipped(members), place / "deep" / "new")
    assert left_behind(place) == ["deep"] and left_behind(place / "deep") == ["new"]
    hidden = sum(f"/{name}.png".replace("\\", "/").find("/.") >= 0 for name in names)
    assert len(files_in(place)) + len(upload.skipped) >= len(members) - hidden


@pytest.mark.parametrize(
    ("given_name", "kept"),
    [("vectors.npz", "vectors.npz"), ("../../etc/Mine.NPY", "Mine.npy"), ("c:\\x\\v.csv", "v.csv"),
     (".parquet", "upload.parquet"), ("nul.npy", "_nul.npy"), ("a b\0ü.csv", "a_b_ü.csv"),
     ("x" * 400 + ".npy", "x" * 80 + ".npy")],
)  # fmt: skip
def test_vectors_are_kept_under_a_safe_name(tmp_path, given_name, kept):
    path = store_vectors_upload(given_name, io.BytesIO(b"content"), tmp_path / "kept")
    assert path == tmp_path / "kept" / kept and path.read_bytes() == b"content"
    assert left_behind(tmp_path) == ["kept"] and left_behind(tmp_path / "kept") == [kept]


@given(st.text())
def test_a_safe_name_is_one_short_part(name):
    safe = safe_base_name(name)
    assert safe and not set(safe) & set('/\\:\0\n<>"|?*') and safe[0] != "." and len(safe) < 120


def test_vectors_of_another_kind_or_size_are_refused(tmp_path, monkeypatch):
    with pytest.raises(GapvizError, match="ending"):
        store_vectors_upload("x.pkl", io.BytesIO(b"x"), tmp_path)
    with pytest.raises(GapvizError, match="is empty"):
        store_vectors_upload("x.npy", io.BytesIO(), tmp_path)
    with monkeypatch.context() as patch, pytest.raises(GapvizError, match="more than the"):
        patch.setattr("gapviz.sources.files.upload.MAX_UNPACKED_BYTES", 98)
        store_vectors_upload("x.npy", io.BytesIO(bytes(99)), tmp_path)
    put(tmp_path, "file")
    with pytest.raises(GapvizError, match=r"cannot be written|already something"):
        store_vectors_upload("x.npy", io.BytesIO(b"x"), tmp_path / "file")
    assert left_behind(tmp_path) == ["file"]
