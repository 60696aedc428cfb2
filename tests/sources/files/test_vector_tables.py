"""Vectors in cells of any kind, long tables, shards, text tables, and the projector's files."""

import csv
import decimal
import json
from io import BytesIO

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image
from pyarrow import parquet

from gapviz.sources.files import ReadOptions, read
from gapviz.sources.images.references import image_bytes

N, DIM = 6, 16
IDS = [f"k{n}" for n in range(N)]
CAPTIONS = [f"caption {n}" for n in range(N)]


@pytest.fixture(scope="module")
def both():
    """`(2, N, DIM)`: image rows and text rows."""
    return np.random.default_rng(0).standard_normal((2, N, DIM)).astype(np.float32)


def holds(collection, both, unit):
    assert set(collection.modality_names) == {"image", "text"}
    for name, rows in zip(("image", "text"), both, strict=True):
        block = collection.modality(name)
        order = np.argsort([collection.items[at].id for at in block.item_index])
        np.testing.assert_allclose(block.vectors[order], unit(rows), atol=2e-3)
    assert len(collection.pairs("image", "text")) == N
    return True


def write(folder, name="x.parquet", **columns):
    parquet.write_table(pa.table(columns), folder / name)
    return folder / name


FLOATS = pa.list_(pa.float32())
CELLS = {
    "nested": lambda m: pa.array([[row.tolist()] for row in m]),
    "large nested": lambda m: pa.array(
        [[row.tolist()] for row in m], pa.large_list(pa.large_list(pa.float64()))
    ),
    "decimals": lambda m: pa.array(
        [[decimal.Decimal(f"{x:.6f}") for x in row] for row in m],
        pa.list_(pa.decimal128(12, 6)),
    ),
    "bytes of float32": lambda m: pa.array([row.tobytes() for row in m]),
    "bytes of float64": lambda m: pa.array([row.astype(np.float64).tobytes() for row in m]),
    "bytes of float16": lambda m: pa.array(
        [row.astype(np.float16).tobytes() for row in m], pa.binary(2 * DIM)
    ),
    "JSON": lambda m: pa.array([json.dumps(row.tolist()) for row in m]),
    "large text": lambda m: pa.array([str(row.tolist()) for row in m], pa.large_string()),
    "printed": lambda m: pa.array([str(row) for row in m]),
    "printed by name": lambda m: pa.array([repr(row) for row in m]),
    "commas": lambda m: pa.array([",".join(map(str, row)) for row in m]),
    "texts": lambda m: pa.array([[str(x) for x in row] for row in m]),
    "struct of numbers": lambda m: pa.array(
        [{f"d{at}": float(x) for at, x in enumerate(row)} for row in m]
    ),
    "struct of values": lambda m: pa.array([{"values": row.tolist(), "dim": DIM} for row in m]),
    "tensor": lambda m: pa.FixedShapeTensorArray.from_numpy_ndarray(np.ascontiguousarray(m)),
}


@pytest.mark.parametrize("kind", CELLS)
def test_vectors_are_read_from_cells_of_any_kind(tmp_path, both, unit, kind):
    image, text = map(CELLS[kind], both)
    path = write(tmp_path, id=IDS, image_emb=image, text_emb=text, caption=CAPTIONS)
    reading = read(str(path))
    assert reading.skipped == ()
    assert holds(reading.collection, both, unit)
    assert reading.collection.items[2].captions == ("caption 2",)


@pytest.mark.parametrize("names", [("image", "text"), ("image_vector", "text_vector")])
def test_a_struct_may_hold_one_vector_a_modality(tmp_path, both, unit, names):
    cells = [
        dict(zip(names, (a.tolist(), b.tolist()), strict=True)) for a, b in zip(*both, strict=True)
    ]
    assert holds(read(str(write(tmp_path, id=IDS, vector=cells))).collection, both, unit)
    lines = [json.dumps({"id": one, "emb": cell}) for one, cell in zip(IDS, cells, strict=True)]
    (tmp_path / "x.jsonl").write_text("\n".join(lines))
    assert holds(read(str(tmp_path / "x.jsonl")).collection, both, unit)


def test_cells_that_hold_something_else_are_listed_by_row(tmp_path, both, refusal):
    cells = [json.dumps(row.tolist()) for row in both[0]]
    cells[1], cells[2], cells[4] = "[0.1, 0.2]", "not a vector", None
    reading = read(str(write(tmp_path, image_emb=cells)))
    assert [(note.what, note.why) for note in reading.skipped if ", row " in note.what] == [
        ("x.parquet, image_emb, row 2", "is a text that is no list of numbers"),
        ("x.parquet, image_emb, row 1", "has 2 numbers instead of 16"),
    ]
    assert reading.collection.modality("image").n_rows == 3
    nested = [[row.tolist()] for row in both[0]]
    nested[3] = nested[3] * 2
    (note, _) = read(str(write(tmp_path, image_emb=nested))).skipped
    assert (note.what, note.why) == ("x.parquet, image_emb, row 3", "holds 2 lists instead of one")
    printed = [np.array2string(np.ones(2000)) for _ in IDS]
    assert "was printed with dots in place of numbers" in refusal(write(tmp_path, emb=printed))


def test_a_box_is_left_out_by_name(tmp_path, both, unit):
    boxes = pa.array([[0.0, 1.0, 2.0, 3.0]] * N)
    path = write(tmp_path, id=IDS, image_emb=list(both[0]), text_emb=list(both[1]), bbox=boxes)
    reading = read(str(path))
    assert holds(reading.collection, both, unit)
    (note,) = reading.skipped
    assert note.what == "x.parquet, bbox" and note.why.startswith("holds 4 numbers a row beside")


def test_names_of_ones_own_have_to_be_told_from_a_box(tmp_path, both, refusal):
    boxes = pa.array([[0.0, 1.0]] * N)
    path = write(tmp_path, id=IDS, a=list(both[0]), b=list(both[1]), box=boxes)
    assert "name the modalities to take" in refusal(path)
    options = ReadOptions(modalities=("a", "b"))
    assert read(str(path), options).collection.modality_names == ("a", "b")


def test_whole_numbers_are_vectors_where_they_are_named(tmp_path, both, refusal):
    cells = [[int(x * 40) for x in row] for row in both[0]]
    path = write(tmp_path, id=IDS, mine=cells)
    assert "its columns: id: string, mine: list<element: int64>" in refusal(path)
    assert read(str(path), ReadOptions(modalities=("mine",))).collection.dim == DIM


def png(colour):
    content = BytesIO()
    Image.new("RGB", (20, 20), colour).save(content, "PNG")
    return content.getvalue()


@pytest.mark.parametrize("whole", [True, False])
def test_pictures_in_cells_beside_vectors_are_shown(tmp_path, both, whole):
    pictures = [png((n, 0, 0)) for n in range(N)]
    cells = [{"bytes": one, "path": f"{n}.png"} if whole else one for n, one in enumerate(pictures)]
    cells[4] = None
    collection = read(str(write(tmp_path, image=cells, image_emb=list(both[0])))).collection
    shown = [item.image for item in collection.items]
    assert shown[0] == "parquet:x.parquet#0,image" and shown[4] is None
    assert image_bytes(shown[5], collection.root) == pictures[5]


def test_a_table_of_pictures_with_boxes_is_no_table_of_vectors(tmp_path):
    path = write(tmp_path, image=[png((9, 9, 9))] * 2, bbox=[[0.0, 1.0, 2.0, 3.0]] * 2)
    collection = read(str(path)).collection
    assert collection.modality_names == () and collection.n_items == 2
    path = write(tmp_path, mine=[png((9, 9, 9))] * 2, bbox=[[0.0, 1.0, 2.0, 3.0]] * 2)
    collection = read(str(path), ReadOptions(image_column="mine")).collection
    assert collection.modality_names == () and collection.n_items == 2


def long_rows(both, **more):
    return [
        {"item": one, "modality": name, "vector": row.tolist(), **more}
        for name, rows in zip(("image", "text"), both, strict=True)
        for one, row in zip(IDS, rows, strict=True)
    ]


def test_a_long_table_is_paired_by_the_item_of_each_row(tmp_path, both, unit):
    rows = [{"id": f"row {n}", **row} for n, row in enumerate(long_rows(both))]
    for row, text in zip(rows[N:], CAPTIONS, strict=True):
        row["text"] = text
    np.random.default_rng(1).shuffle(rows)
    parquet.write_table(pa.Table.from_pylist(rows), tmp_path / "x.parquet")
    (tmp_path / "x.jsonl").write_text("\n".join(map(json.dumps, rows)))
    for ending in ("parquet", "jsonl"):
        collection = read(str(tmp_path / f"x.{ending}")).collection
        assert holds(collection, both, unit)
        captions = {item.id: item.captions for item in collection.items}
        assert captions == {one: (text,) for one, text in zip(IDS, CAPTIONS, strict=True)}


def test_a_long_table_without_shared_ids_says_that_nothing_is_paired(tmp_path, both):
    rows = [{**row, "item": f"{n}"} for n, row in enumerate(long_rows(both))]
    parquet.write_table(pa.Table.from_pylist(rows), tmp_path / "x.parquet")
    reading = read(str(tmp_path / "x.parquet"))
    assert len(reading.collection.pairs("image", "text")) == 0
    assert any("names no item of two modalities" in note.why for note in reading.skipped)


def test_a_long_table_without_any_ids_is_paired_by_place_and_says_so(tmp_path, both):
    rows = long_rows(both)
    for row in rows:
        del row["item"]
    parquet.write_table(pa.Table.from_pylist(rows), tmp_path / "x.parquet")
    reading = read(str(tmp_path / "x.parquet"))
    assert len(reading.collection.pairs("image", "text")) == N
    assert any("row i of each modality was taken for item i" in one.why for one in reading.skipped)
    parquet.write_table(pa.Table.from_pylist(rows[1:]), tmp_path / "x.parquet")
    reading = read(str(tmp_path / "x.parquet"))
    assert len(reading.collection.pairs("image", "text")) == 0
    assert any("differing numbers of rows" in note.why for note in reading.skipped)


@pytest.mark.parametrize("below", ["", "data"])
@pytest.mark.parametrize("named", [True, False])
def test_shards_of_one_set_are_one_collection(tmp_path, both, unit, below, named):
    (tmp_path / below).mkdir(exist_ok=True)
    for part, few in enumerate((slice(0, 4), slice(4, N))):
        ids = {"id": IDS[few]} if named else {}
        write(
            tmp_path / below, f"part-{part}.parquet", **ids, caption=CAPTIONS[few],
            image_emb=list(both[0][few]), text_emb=list(both[1][few]),
        )  # fmt: skip
    collection = read(str(tmp_path)).collection
    assert holds(collection, both, unit)
    assert collection.items[5].captions == ("caption 5",)
    assert collection.items[5].id == ("k5" if named else "5")


def test_shards_of_two_encoders_are_refused_and_one_without_vectors_is_listed(
    tmp_path, both, refusal
):
    write(tmp_path, "a.parquet", text_emb=list(both[0]))
    write(tmp_path, "b.parquet", caption=CAPTIONS)
    assert ("b.parquet", "has no column of vectors") in {
        (note.what, note.why) for note in read(str(tmp_path)).skipped
    }
    write(tmp_path, "c.parquet", text_emb=list(both[0][:, :3]))
    assert "text vectors of differing dimensions (3, 16)" in refusal(tmp_path)


@pytest.mark.parametrize("ending", ["csv", "tsv", "jsonl"])
def test_text_tables_of_vectors_are_read(tmp_path, both, unit, ending):
    rows = [
        {"id": one, "text": caption, "image_embedding": a.tolist(), "text_embedding": b.tolist()}
        for one, caption, a, b in zip(IDS, CAPTIONS, *both, strict=True)
    ]
    path = tmp_path / f"x.{ending}"
    if ending == "jsonl":
        path.write_text("\n".join(map(json.dumps, rows)))
    else:
        with path.open("w", newline="") as file:
            table = csv.DictWriter(file, list(rows[0]), delimiter="\t" if ending == "tsv" else ",")
            table.writeheader()
            table.writerows(rows)
    collection = read(str(path)).collection
    assert holds(collection, both, unit)
    assert collection.items[1].captions == ("caption 1",)


def test_a_row_of_a_text_table_that_cannot_be_read_is_refused(tmp_path, refusal):
    (tmp_path / "x.jsonl").write_text('{"emb": [0.1, 0.2]}\n[1]\n')
    assert "x.jsonl: line 2 is not a JSON object" in refusal(tmp_path / "x.jsonl")


def test_the_projectors_files_are_read_by_the_column_of_modalities(tmp_path, both, unit):
    np.savetxt(tmp_path / "tensors.tsv", both.reshape(2 * N, DIM), delimiter="\t")
    lines = [f"{one}\t{name}\t{text}" for name in ("IMG", "txt")
             for one, text in zip(IDS, CAPTIONS, strict=True)]  # fmt: skip
    (tmp_path / "metadata.tsv").write_text("\n".join(["id\tmodality\ttext", *lines]))
    for path in (tmp_path, tmp_path / "tensors.tsv"):
        collection = read(str(path)).collection
        assert holds(collection, both, unit)
        assert collection.items[3].captions == ("caption 3",)


@pytest.mark.parametrize("heading", ["", "word\n"])
def test_one_column_of_metadata_is_a_caption_a_line(tmp_path, both, heading):
    np.savetxt(tmp_path / "tensors.tsv", both[0], delimiter="\t")
    (tmp_path / "metadata.tsv").write_text(heading + "\n".join(CAPTIONS))
    collection = read(str(tmp_path)).collection
    assert collection.modality_names == ("vector",)
    assert [item.captions for item in collection.items] == [(one,) for one in CAPTIONS]


def test_what_does_not_fit_beside_the_projectors_vectors_is_refused(tmp_path, both, refusal):
    np.savetxt(tmp_path / "tensors.tsv", both[0], delimiter="\t")
    (tmp_path / "metadata.tsv").write_text("a\tb\n1\t2\n")
    assert "metadata.tsv: describes 1 vectors, but there are 6" in refusal(tmp_path)
    (tmp_path / "tensors.tsv").write_text("1\t2\n3\tx\n")
    assert "tensors.tsv: is not a table of numbers" in refusal(tmp_path)
