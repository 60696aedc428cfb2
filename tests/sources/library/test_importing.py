"""What a visitor hands in becomes a collection of the workspace, or one sentence."""

import json
import zipfile
from io import BytesIO
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image
from pyarrow import parquet

from gapviz import GapvizError
from gapviz.sources.files import ReadOptions, read
from gapviz.sources.library import importing
from gapviz.sources.library.importing import Incoming, add_path, add_upload
from gapviz.sources.library.stored import Workspace
from gapviz.storage.background_process import Allowance
from tests.sources.files.image_making import opened


@pytest.fixture(autouse=True)
def in_this_process(request, monkeypatch):
    """Reading takes place here, but where a test is of the other process."""

    def here(function, arguments, *, progress, **_):
        return function(progress=progress, **json.loads(json.dumps(arguments)))

    if "in_a_process" not in request.fixturenames:
        monkeypatch.setattr(importing, "confined", here)


@pytest.fixture
def in_a_process():
    """Of tests that start one."""


@pytest.fixture
def workspace(tmp_path):
    return Workspace(tmp_path / "home")


def picture(shade):
    buffer = BytesIO()
    Image.new("RGB", (12, 12), (shade, 0, 0)).save(buffer, "PNG")
    return buffer.getvalue()


def zipped(**files):
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    buffer.seek(0)
    return buffer


def photos(**more):
    csv = "file_name,text\n" + "".join(f"{n}.png,number {n}\n" for n in range(6))
    images = {f"set/{n}.png": picture(40 * n) for n in range(6)}
    return zipped(**{"set/metadata.csv": csv, **images, **more})


def nothing_left_over(workspace):
    return not list(workspace.home.rglob(".landing-*"))


def test_a_zip_of_images_and_captions_is_kept_with_its_pictures(workspace):
    stored = add_upload(workspace, "C:\\mine\\set.zip", photos(), Incoming())
    assert (stored.title, stored.n_items, stored.origin) == ("set", 6, "upload set.zip")
    collection = workspace.load(stored.id)
    assert collection.items[3].captions == ("number 3",)
    assert opened(collection.items[3].image, collection.root).getpixel((0, 0)) == (120, 0, 0)
    assert nothing_left_over(workspace)


def test_what_is_unsafe_or_broken_is_listed_and_the_rest_loads(workspace):
    content = photos(**{"set/../../evil.png": picture(1), "set/broken.png": b"no picture"})
    stored = add_upload(workspace, "set.zip", content, Incoming())
    assert stored.n_items == 6
    names = " ".join(one.what for one in stored.skipped)
    assert "evil.png" in names
    assert "broken.png" in names


WRONG = {
    "text.csv": "name,age\nAda,36\n".encode("utf-16"),
    "table.csv": b"file_name,text\na.png,x\n",
    "square.csv": b"1,2\n2,1\n3,3\n",
    "letter.zip": b"not a zip at all",
    "nothing.zip": {},
    "readme.zip": {"readme.txt": "read me"},
    "alone.zip": {"metadata.csv": "file_name,text\na.png,x"},
    "captions.zip": {"captions.json": "{}"},
    "two.zip": {"a.txt": "a", "b.txt": "b"},
    "saved.zip": {"collection.json": "{}", "vectors.safetensors": b"1"},
    "arrays.zip": {"image.npy": b"\x93NUMPY", "text.npy": b"1"},
    "cosines.zip": {"similarities/A.csv": "1,2\n", "prompts.txt": "x"},
    "vectors.parquet": b"PAR1",
    "vectors.safetensors": b"123",
    "empty.npy": b"",
    "program.exe": b"MZ",
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_told_by_the_names_that_the_visitor_knows(workspace, name):
    content = WRONG[name]
    file = zipped(**content) if isinstance(content, dict) else BytesIO(content)
    with pytest.raises(GapvizError) as caught:
        add_upload(workspace, f"C:\\mine\\{name}", file, Incoming())
    sentence = caught.value.sentence
    assert "landing" not in sentence and str(workspace.home) not in sentence, sentence
    known = [name, Path(name).stem, *(content if isinstance(content, dict) else ())]
    assert sentence.startswith(tuple(Path(one).stem for one in known)), sentence
    assert len(sentence) < 330


def test_a_csv_that_is_none_of_ours_says_what_it_must_be(workspace):
    with pytest.raises(GapvizError) as caught:
        add_upload(workspace, "text.csv", BytesIO(WRONG["text.csv"]), Incoming())
    assert caught.value.sentence.startswith(
        "text.csv: is neither a square matrix of cosines (.csv) nor a table of vectors "
    )


TABLES = {
    "set/metadata.csv": "file_name,text\na.png,one\nbroken.png,two\n",
    "set/captions_a.json": json.dumps(
        {
            "images": [{"id": 1, "file_name": "a.png"}, {"id": 2, "file_name": "broken.png"}],
            "annotations": [{"image_id": 1, "caption": "one"}, {"image_id": 2, "caption": "two"}],
        }
    ),
}


@pytest.mark.parametrize("table", TABLES)
def test_a_broken_picture_counts_once_as_it_does_in_a_folder(workspace, tmp_path, table):
    files = {"set/a.png": picture(9), "set/broken.png": b"no picture", table: TABLES[table]}
    stored = add_upload(workspace, "set.zip", zipped(**files), Incoming())
    for name, content in files.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    in_folder = read(str(tmp_path / "set")).skipped
    assert len(stored.skipped) == len(in_folder) == 1
    assert stored.skipped[0].what == "set/broken.png"
    assert stored.n_items == 1


def test_a_file_of_vectors_is_kept_with_its_encoder(workspace):
    buffer = BytesIO()
    vectors = np.random.default_rng(0).standard_normal((2, 9, 4)).astype(np.float16)
    np.save(buffer, vectors)
    buffer.seek(0)
    incoming = Incoming("Mine", ReadOptions(modalities=("audio", "video"), encoder="CLAP"))
    stored = add_upload(workspace, "features.npy", buffer, incoming)
    assert stored.title == "Mine"
    assert [(one.encoder, dict(one.rows)) for one in stored.encodings] == [
        ("CLAP", {"audio": 9, "video": 9})
    ]


def test_one_file_of_vectors_in_a_zip_is_found(workspace):
    buffer = BytesIO()
    np.savez(buffer, image=np.eye(4), text=np.eye(4))
    content = zipped(**{"out/vectors.npz": buffer.getvalue()})
    stored = add_upload(workspace, "out.zip", content, Incoming())
    assert stored.encodings[0].rows == {"image": 4, "text": 4}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("x.zip", b"not a zip"),
        ("x.npy", b"\x93NUMPY"),
        ("x.exe", b"MZ"),
        ("../../x.npz", b"PK"),
        ("x.zip", zipped(**{"readme.md": "no images"}).getvalue()),
    ],
)
def test_what_cannot_be_read_is_told_and_leaves_nothing(workspace, name, content):
    with pytest.raises(GapvizError) as error:
        add_upload(workspace, name, BytesIO(content), Incoming())
    assert str(workspace.home) not in error.value.sentence
    assert workspace.collections() == ()
    assert nothing_left_over(workspace)


def test_cancelling_leaves_nothing(workspace):
    def stop(share, stage):
        if stage == "reading":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        add_upload(workspace, "set.zip", photos(), Incoming(), stop)
    assert workspace.collections() == ()
    assert nothing_left_over(workspace)


def test_a_folder_of_this_machine_is_read_where_it_is_allowed(workspace, tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    for n in range(4):
        (folder / f"{n}.png").write_bytes(picture(n))
        (folder / f"{n}.txt").write_text(f"number {n}")
    stored = add_path(workspace, str(folder), (tmp_path,), Incoming())
    assert (stored.title, stored.n_items) == ("photos", 4)
    assert workspace.load(stored.id).root == folder
    with pytest.raises(GapvizError, match="not in a folder that may be read"):
        add_path(workspace, str(folder), (tmp_path / "home",), Incoming())


def bomb():
    """A table of a few kB, whose two columns of vectors are 200 MB."""
    vectors = pa.FixedSizeListArray.from_arrays(pa.array(np.zeros(25_000_000, np.float32)), 2_000)
    buffer = BytesIO()
    parquet.write_table(pa.table({"image_vector": vectors, "text_vector": vectors}), buffer)
    return buffer.getvalue()


@pytest.mark.slow
@pytest.mark.usefixtures("in_a_process")
def test_an_upload_is_read_in_a_process_of_its_own(workspace):
    options = ReadOptions(caption_columns=("text",), template="a {label}", encoder="CLIP")
    stored = add_upload(workspace, "set.zip", photos(), Incoming("Mine", options))
    assert (stored.title, stored.n_items) == ("Mine", 6)
    assert workspace.load(stored.id).items[3].captions == ("number 3",)
    for path in (workspace.home, *workspace.home.rglob("*")):
        assert path.stat().st_mode & 0o077 == 0, path
    content = BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("in/vectors.parquet", bomb())
    with pytest.raises(
        GapvizError, match=r"^vectors\.parquet: unpacks to at least .* gapviz serve"
    ):
        add_upload(workspace, "bomb.zip", content, Incoming())
    assert [one.title for one in workspace.collections()] == ["Mine"]
    assert nothing_left_over(workspace)


@pytest.mark.usefixtures("in_a_process")
def test_an_upload_that_takes_too_long_is_one_sentence(workspace, monkeypatch):
    monkeypatch.setattr(importing, "ALLOWANCE", Allowance(memory=10**9, seconds=1e-3))
    with pytest.raises(GapvizError, match=r"set\.zip: takes longer than .* allowed; upload less"):
        add_upload(workspace, "set.zip", photos(), Incoming())
    assert nothing_left_over(workspace)
