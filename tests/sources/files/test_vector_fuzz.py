"""Damaged and odd sources: a sound reading or one sentence, never anything else."""

import json

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyarrow import parquet
from safetensors.numpy import save_file

from gapviz.core.quantised import KINDS
from gapviz.sources.files import ReadOptions, read

N = 5

FUZZ = settings(
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]


def matrix(seed, n=N, dim=3):
    return np.random.default_rng(seed).standard_normal((n, dim)).astype(np.float32)


def npz(folder):
    path = folder / "x.npz"
    np.savez(path, image=matrix(0), text=matrix(1), ids=np.arange(N), captions=np.array(["é"] * N))
    return path, path


def stack(folder):
    np.save(folder / "x.npy", np.stack([matrix(0), matrix(1)]))
    return folder / "x.npy", folder / "x.npy"


def tensors(folder):
    path = folder / "x.safetensors"
    lists = {"ids": json.dumps(list("abcde")), "captions": json.dumps(["é"] * N)}
    save_file({"image": matrix(0), "text": matrix(1)}, path, metadata=lists)
    return path, path


def vector_table(folder):
    path = folder / "x.parquet"
    columns = {name: pa.array(list(matrix(seed))) for seed, name in enumerate(("a_emb", "b_emb"))}
    parquet.write_table(pa.table({"id": list("aabcd"), "caption": ["é"] * N} | columns), path)
    return path, path


def long_table(folder):
    rows = [
        {"item": item, "modality": name, "vector": row.tolist(), "labels": ["é", "b"]}
        for seed, name in enumerate(("IMG", "txt"))
        for item, row in zip("aabcd", matrix(seed), strict=True)
    ]
    parquet.write_table(pa.Table.from_pylist(rows), folder / "x.parquet")
    return folder / "x.parquet", folder / "x.parquet"


def text_table(folder):
    lines = [
        json.dumps(
            {"id": n, "caption": ["é", None], "image_emb": row.tolist(), "text_emb": str(row)}
        )
        for n, row in enumerate(matrix(0))
    ]
    (folder / "x.jsonl").write_text("\n".join(lines))
    return folder / "x.jsonl", folder / "x.jsonl"


def projector(folder):
    np.savetxt(folder / "tensors.tsv", matrix(0, 2 * N), delimiter="\t")
    lines = [f"{n}\t{name}" for name in ("IMG", "é") for n in range(N)]
    (folder / "metadata.tsv").write_text("\n".join(["id\tmodality", *lines]))
    return folder, folder / "metadata.tsv"


def json_beside(folder):
    entries = {f"p{n}": {"caption": ["é", None], "label": "x"} for n in range(N)}
    (folder / "captions.json").write_text(json.dumps(entries, ensure_ascii=False), "utf-8")
    return array_folder(folder, "captions.json")


def bytes_beside(folder):
    np.save(folder / "text_scale.npy", np.full(3, 0.1))
    np.save(folder / "text_zero_point.npy", np.float32(9))
    path, file = array_folder(folder, "text_scale.npy")
    np.save(folder / "text.npy", np.random.default_rng(0).integers(0, 255, (N, 3), np.uint8))
    return path, file


def cosines(folder):
    rows = matrix(0, 4)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    np.savetxt(folder / "x.csv", rows @ rows.T, delimiter=",", fmt="%.6f")
    return folder / "x.csv", folder / "x.csv"


def array_folder(folder, beside="image.npy"):
    for seed, name in enumerate(("image", "text")):
        np.save(folder / f"{name}.npy", matrix(seed))
    return folder, folder / beside


def csv_beside(folder):
    text = "id,caption\n" + "".join(f'p{n},"é, {n}"\n' for n in range(N))
    (folder / "metadata.csv").write_text(text, encoding="utf-8")
    return array_folder(folder, "metadata.csv")


def jsonl_beside(folder):
    lines = [json.dumps({"id": n, "caption": ["é", None]}, ensure_ascii=False) for n in range(N)]
    (folder / "metadata.jsonl").write_text("\n".join(lines), encoding="utf-8")
    return array_folder(folder, "metadata.jsonl")


def prompts_beside(folder):
    (folder / "prompts.txt").write_text("é\n" * N, encoding="utf-8")
    return array_folder(folder, "prompts.txt")


def clip_retrieval(folder):
    for seed, name in enumerate(("img_emb", "text_emb")):
        (folder / name).mkdir()
        for part in range(2):
            np.save(folder / name / f"{name}_{part}.npy", matrix(seed).astype(np.float16))
    (folder / "metadata").mkdir()
    table = pa.table({"image_path": ["a.jpg"] * N, "caption": ["é"] * N})
    parquet.write_table(table, folder / "metadata" / "metadata_0.parquet")
    return folder, folder / "metadata" / "metadata_0.parquet"


def amumo(folder):
    (folder / "similarities").mkdir()
    (folder / "prompts.txt").write_text("é\nb\n", encoding="utf-8")
    _, file = cosines(folder / "similarities")
    return folder, file


SOURCES = [
    npz, stack, tensors, vector_table, cosines, array_folder, csv_beside, jsonl_beside,
    prompts_beside, clip_retrieval, amumo, long_table, text_table, projector, json_beside,
    bytes_beside,
]  # fmt: skip


@pytest.fixture(params=SOURCES, ids=lambda source: source.__name__)
def source(request, tmp_path):
    """A sound source, the file of it to damage, and that file's bytes."""
    path, file = request.param(tmp_path)
    return path, file, file.read_bytes()


def test_the_sources_to_damage_are_sound(source, reads_or_refuses):
    assert reads_or_refuses(source[0]) is not None


def test_a_file_cut_short_at_any_byte(source, reads_or_refuses):
    path, file, whole = source
    for length in range(0, len(whole), max(1, len(whole) // 300)):
        file.write_bytes(whole[:length])
        reads_or_refuses(path)


@settings(FUZZ, max_examples=150)
@given(data=st.data())
def test_altered_bytes(source, reads_or_refuses, data):
    path, file, whole = source
    altered = bytearray(whole)
    places = st.integers(0, len(whole) - 1)
    for place in data.draw(st.lists(places, min_size=1, max_size=4)):
        altered[place] = data.draw(st.integers(0, 255))
    file.write_bytes(altered)
    reads_or_refuses(path)


@settings(FUZZ, max_examples=30)
@given(content=st.binary(max_size=200))
def test_any_bytes_at_all(source, reads_or_refuses, content):
    path, file, _ = source
    file.write_bytes(content)
    reads_or_refuses(path)


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16", "cp1252"])
def test_lines_of_captions_in_another_encoding_are_refused(tmp_path, refusal, encoding):
    path, file = prompts_beside(tmp_path)
    file.write_bytes(file.read_text("utf-8").encode(encoding))
    assert "is not UTF-8 text" in refusal(path)


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16", "utf-16-le", "cp1252"])
@pytest.mark.parametrize("beside", [csv_beside, jsonl_beside])
def test_tables_in_another_encoding_are_read_and_what_was_assumed_is_told(
    tmp_path, beside, encoding
):
    path, file = beside(tmp_path)
    expected = [item.captions for item in read(str(path)).collection.items]
    file.write_bytes(file.read_text("utf-8").encode(encoding))
    reading = read(str(path))
    assert [item.captions for item in reading.collection.items] == expected
    assert all("é" in captions[0] for captions in expected)
    assumed = [note.what for note in reading.skipped]
    assert assumed == ([] if encoding == "utf-16" else [file.name])


odd_numbers = st.sampled_from([0.0, -0.0, 1.0, np.nan, np.inf, -np.inf, 1e-300, 1e300, 6e4])
dtypes = st.sampled_from(
    [np.float16, np.float32, np.float64, np.longdouble, np.int8, np.uint64, bool, complex, "U3",
     "S2", "M8[s]", ">f4", np.uint8, "V1", "V2"]
)  # fmt: skip


@st.composite
def odd_arrays(draw):
    """Arrays of every kind: empty ones, single rows, odd numbers, odd dtypes."""
    shape = draw(st.sampled_from([(N, 3), (N, 3), (1, 3), (0, 3), (N, 0), (N,), (), (2, N, 3)]))
    array = np.random.default_rng(draw(st.integers(0, 9))).standard_normal(shape)
    if array.ndim == 2 and array.size:
        for _ in range(draw(st.integers(0, 3))):
            array[draw(st.integers(0, len(array) - 1))] = draw(odd_numbers)
    dtype = draw(st.one_of(st.just(np.float32), dtypes))
    return array.astype(dtype)


odd_ids = st.lists(
    st.one_of(st.integers(-1, 6), st.text(max_size=2), st.floats()), min_size=0, max_size=7
)


@st.composite
def odd_lists(draw):
    """Ids, captions or labels: repeated, empty, of mixed kinds, of another length."""
    values = draw(odd_ids)
    return np.array(values) if draw(st.booleans()) else np.array([str(v) for v in values])


@settings(FUZZ, max_examples=300)
@given(
    matrices=st.dictionaries(st.sampled_from(["image", "text", "audio"]), odd_arrays()),
    lists=st.dictionaries(
        st.sampled_from(["ids", "text_ids", "image.ids", "captions", "labels", "paths", "other"]),
        odd_lists(),
        max_size=3,
    ),
)
def test_odd_archives(tmp_path, reads_or_refuses, matrices, lists):
    np.savez(tmp_path / "x.npz", **matrices, **lists)
    reading = reads_or_refuses(tmp_path / "x.npz")
    if reading is not None:
        kept = sum(block.n_rows for block in reading.collection.modalities.values())
        given = sum(len(array) for array in matrices.values() if is_matrix(array))
        assert kept == given or reading.skipped


def is_matrix(array):
    return array.ndim == 2 and array.dtype.kind not in "US"


@settings(FUZZ, max_examples=150)
@given(
    array=odd_arrays(),
    names=st.sampled_from([(), ("a", "b"), ("a", "a"), ("a", "b", "c")]),
    stored=st.sampled_from([None, *KINDS, "uint8:3"]),
    dims=st.sampled_from([None, 1, 2]),
)
def test_odd_stacks(tmp_path, reads_or_refuses, array, names, stored, dims):
    np.save(tmp_path / "x.npy", array)
    options = ReadOptions(modalities=names, quantisation=stored, dims=dims)
    reads_or_refuses(tmp_path / "x.npy", options)


cells = st.one_of(
    st.none(),
    st.lists(
        st.one_of(st.none(), st.floats(width=32), st.sampled_from([0.0, 1.0])),
        min_size=0,
        max_size=4,
    ),
    st.just([1.0, 2.0, 3.0]),
)


@pytest.mark.slow
@settings(FUZZ, max_examples=200)
@given(data=st.data())
def test_odd_tables(tmp_path, reads_or_refuses, data):
    n_rows = data.draw(st.integers(0, 5))
    kind = data.draw(st.sampled_from([pa.list_(pa.float32()), pa.large_list(pa.float64())]))
    columns = {
        name: pa.array(data.draw(st.lists(cells, min_size=n_rows, max_size=n_rows)), type=kind)
        for name in data.draw(st.sets(st.sampled_from(["a_emb", "b_vector", "c"]), min_size=1))
    }
    texts = st.one_of(st.none(), st.sampled_from(["a", "b", "", " "]))
    for name in data.draw(st.sets(st.sampled_from(["id", "caption", "image_path"]))):
        columns[name] = pa.array(data.draw(st.lists(texts, min_size=n_rows, max_size=n_rows)))
    parquet.write_table(pa.table(columns), tmp_path / "x.parquet")
    reads_or_refuses(tmp_path / "x.parquet")


@pytest.mark.parametrize("name", ["x.npy", "x.npz"])
def test_python_objects_are_never_unpickled(tmp_path, refusal, name):
    objects = np.array([{"a": 1}], dtype=object)
    write = np.save if name.endswith("npy") else np.savez
    write(tmp_path / name, objects, allow_pickle=True)
    assert "unpickled" in refusal(tmp_path / name)
    (tmp_path / "folder").mkdir()
    np.save(tmp_path / "folder" / "image.npy", objects, allow_pickle=True)
    assert "unpickled" in refusal(tmp_path / "folder")
