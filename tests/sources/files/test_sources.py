import io
import pickle
import zipfile
from contextlib import suppress

import numpy as np
import pytest
from numpy.lib import format as npy

from gapviz import GapvizError
from gapviz.core.fused import FUSED
from gapviz.sources.files import ReadOptions, read
from gapviz.storage.saved_collection import save_collection

ROWS = np.random.default_rng(0).standard_normal((2, 6, 4))


@pytest.fixture
def npy_file(tmp_path):
    np.save(tmp_path / "rows.npy", ROWS)
    return tmp_path / "rows.npy"


@pytest.fixture
def npz_file(tmp_path):
    np.savez_compressed(tmp_path / "rows.npz", image=ROWS[0], text=ROWS[1])
    return tmp_path / "rows.npz"


def refusal(path):
    with pytest.raises(GapvizError) as caught:
        read(str(path))
    sentence = caught.value.sentence
    assert sentence.endswith(".") and "\n" not in sentence
    return sentence


def test_a_stack_is_image_then_text_with_alternate_splits(npy_file):
    collection = read(str(npy_file)).collection
    assert collection.modality_names == ("image", "text")
    assert collection.name == "rows"
    assert collection.splits["calibrate"].tolist() == [0, 2, 4]
    assert collection.splits["evaluate"].tolist() == [1, 3, 5]
    expected = ROWS[1] / np.linalg.norm(ROWS[1], axis=1, keepdims=True)
    np.testing.assert_allclose(collection.modality("text").vectors, expected, atol=1e-6)


def test_an_archive_gives_the_same_as_a_stack(npy_file, npz_file):
    assert (
        read(str(npz_file)).collection.content_hash == read(str(npy_file)).collection.content_hash
    )


def test_an_archive_may_have_any_modalities_of_any_length(tmp_path):
    np.savez(tmp_path / "x.npz", audio=ROWS[0][:3], video=ROWS[1])
    collection = read(str(tmp_path / "x.npz")).collection
    assert collection.n_items == 6
    assert collection.modality("audio").item_index.tolist() == [0, 1, 2]


def test_a_saved_collection_is_read_from_its_folder(npy_file, tmp_path):
    collection = read(str(npy_file)).collection
    save_collection(collection, tmp_path / "saved")
    assert read(str(tmp_path / "saved")).collection.content_hash == collection.content_hash


@pytest.mark.parametrize("dtype", [np.float16, np.float64, np.int32, ">f4"])
def test_any_numeric_dtype_is_read(tmp_path, dtype):
    np.save(tmp_path / "x.npy", (ROWS * 50).astype(dtype))
    assert read(str(tmp_path / "x.npy")).collection.modality("image").vectors.dtype == np.float32


@pytest.mark.parametrize(
    "array",
    [np.ones((3, 4, 5)), np.ones((4, 5)), np.ones(3), np.array(1.0), np.ones((2, 0, 4)),
     np.ones((2, 3, 0)), np.full((2, 3, 4), np.nan), np.zeros((2, 3, 4)),
     np.full((2, 3, 4), "a"), np.ones((2, 3, 4), dtype=bool),
     np.zeros((2, 3, 4), dtype="M8[s]"), np.ones((2, 3, 4), dtype=complex)],
    ids=lambda a: f"{a.dtype}{a.shape}",
)  # fmt: skip
def test_arrays_of_another_shape_or_kind_are_refused(tmp_path, array):
    np.save(tmp_path / "x.npy", array)
    assert refusal(tmp_path / "x.npy").startswith("x.npy")


def test_python_objects_are_never_unpickled(tmp_path):
    class Trap:
        def __reduce__(self):
            return (open, (str(tmp_path / "sprung"), "w"))

    np.save(tmp_path / "object.npy", np.array([Trap()], dtype=object), allow_pickle=True)
    np.savez(tmp_path / "object.npz", image=np.array([Trap()], dtype=object))
    (tmp_path / "pickle.npy").write_bytes(pickle.dumps(Trap()))
    (tmp_path / "sprung").unlink(missing_ok=True)
    for name in ("object.npy", "object.npz", "pickle.npy"):
        assert "unpickled" in refusal(tmp_path / name)
    assert not (tmp_path / "sprung").exists()


@pytest.mark.parametrize("name", ["x.npy", "x.npz"])
@pytest.mark.parametrize("content", [b"", b"hello, I am text\n" * 9, b"PK\x03\x04", b"\x93NUMPY"])
def test_files_that_only_bear_the_name_are_refused(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    assert "not a NumPy file, or is cut short" in refusal(tmp_path / name)


@pytest.mark.parametrize("kind", ["npy_file", "npz_file"])
def test_a_file_cut_short_anywhere_is_refused(request, kind):
    path = request.getfixturevalue(kind)
    whole = path.read_bytes()
    for length in range(0, len(whole), 5):
        path.write_bytes(whole[:length])
        refusal(path)


@pytest.mark.parametrize("kind", ["npy_file", "npz_file"])
@pytest.mark.filterwarnings("ignore")
def test_altered_bytes_never_cause_anything_but_a_refusal(request, kind):
    path = request.getfixturevalue(kind)
    whole = path.read_bytes()
    rng = np.random.default_rng(0)
    for _ in range(400):
        altered = bytearray(whole)
        for place in rng.integers(0, min(len(whole), 500), rng.integers(1, 5)):
            altered[place] = rng.integers(256)
        path.write_bytes(altered)
        with suppress(GapvizError):
            read(str(path))


@pytest.mark.parametrize("shape", [(2, 10**9, 10**6), (2, -3, 4)])
def test_a_header_that_promises_too_much_is_refused(tmp_path, shape):
    buffer = io.BytesIO()
    header = {"descr": "<f8", "fortran_order": False, "shape": shape}
    npy.write_array_header_1_0(buffer, header)
    (tmp_path / "x.npy").write_bytes(buffer.getvalue() + bytes(100))
    refusal(tmp_path / "x.npy")


def test_an_archive_of_other_files_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "x.npz", "w") as archive:
        archive.writestr("image.txt", "hello")
    assert "instead of numbers" in refusal(tmp_path / "x.npz")


def test_an_archive_of_nothing_is_refused(tmp_path):
    np.savez(tmp_path / "x.npz")
    assert "holds no arrays" in refusal(tmp_path / "x.npz")


def test_modalities_of_different_dimension_are_refused(tmp_path):
    np.savez(tmp_path / "x.npz", image=ROWS[0], text=ROWS[1][:, :3])
    assert "different dimensions" in refusal(tmp_path / "x.npz")


def test_a_wrong_ending_says_which_is_right(npy_file, npz_file, tmp_path):
    swapped = tmp_path / "swapped.npz", tmp_path / "swapped.npy"
    swapped[0].write_bytes(npy_file.read_bytes())
    swapped[1].write_bytes(npz_file.read_bytes())
    assert "rename it to .npy" in refusal(swapped[0])
    assert "rename it to .npz" in refusal(swapped[1])
    (tmp_path / "x.csv").write_text("1,2")
    assert ".npy or .npz" in refusal(tmp_path / "x.csv")


def test_paths_that_lead_nowhere_are_refused(tmp_path):
    assert "no such file" in refusal(tmp_path / "nothing.npy")
    assert "collection.json" in refusal(tmp_path)
    assert "cannot be read" in refusal("a" * 5000)
    assert "cannot be read" in refusal("a\0b")
    (tmp_path / "file").write_text("")
    assert "cannot be read" in refusal(tmp_path / "file" / "x.npy")
    (tmp_path / "dangling.npy").symlink_to(tmp_path / "gone")
    assert "no such file" in refusal(tmp_path / "dangling.npy")


def test_text_and_picture_of_an_item_are_one_row_where_that_is_asked_for(npz_file):
    found = read(str(npz_file), ReadOptions(fuse=0.5)).collection
    assert found.modality_names == (FUSED,) and found.modality(FUSED).n_rows == 6
