"""Which vectors on disk are read block by block, and what is said of the others."""

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from gapviz.core.errors import GapvizError
from gapviz.sources.files.format import ReadOptions
from gapviz.sources.on_disk import lance, npy
from gapviz.sources.on_disk import parquet as on_disk_parquet
from gapviz.sources.on_disk.opened import open_vectors

N, DIM = 50, 6


@pytest.fixture(autouse=True)
def _small_blocks(monkeypatch):
    for module in (npy, on_disk_parquet, lance):
        monkeypatch.setattr(module, "BLOCK_ROWS", 7)


@pytest.fixture
def rows():
    rng = np.random.default_rng(0)
    return {name: rng.standard_normal((N, DIM)).astype(np.float16) for name in ("image", "text")}


def vectors_table(rows, *, fixed=True):
    kind = pa.list_(pa.float16(), DIM) if fixed else pa.list_(pa.float16())
    columns = {f"{name}_vector": pa.array(list(one), kind) for name, one in rows.items()}
    return pa.table({"id": pa.array([str(i) for i in range(len(rows["image"]))]), **columns})


def write_folder(folder, rows):
    for name, one in rows.items():
        np.save(folder / f"{name}_emb.npy", one)
    return folder


def write_stack(folder, rows):
    np.save(folder / "both.npy", np.stack([rows["image"], rows["text"]]))
    return folder / "both.npy"


def write_clip_parts(folder, rows):
    for name, kind in (("image", "img_emb"), ("text", "text_emb")):
        (folder / kind).mkdir()
        for part, some in enumerate(np.split(rows[name], [3, 20])):
            np.save(folder / kind / f"{kind}_{part}.npy", some)
    return folder


def write_parquet(folder, rows):
    for part, some in enumerate(np.split(np.arange(N), [11, 30])):
        table = vectors_table({k: v[some] for k, v in rows.items()}, fixed=part != 1)
        parquet.write_table(table, folder / f"part-{part}.parquet", row_group_size=9)
    return folder


def write_lance(folder, rows):
    lancedb = pytest.importorskip("lancedb")
    table = vectors_table(rows)
    opened = lancedb.connect(str(folder)).create_table("pairs", table.slice(0, 23))
    opened.add(table.slice(23))
    return folder / "pairs.lance"


WRITERS = [write_folder, write_stack, write_clip_parts, write_parquet, write_lance]


@pytest.mark.parametrize("write", WRITERS)
def test_blocks_and_picked_rows_are_the_rows_that_were_written(tmp_path, rows, write):
    opened = open_vectors(str(write(tmp_path, rows)))
    assert (opened.modalities, opened.n_items, opened.dim) == (("image", "text"), N, DIM)
    picked = np.array([0, 2, 3, 19, 20, 48])
    for name, expected in rows.items():
        blocks = [stored[name] for _, stored in opened.stored(4, 41)]
        assert max(map(len, blocks)) <= 7
        np.testing.assert_array_equal(np.concatenate(blocks), expected[4:41])
        np.testing.assert_array_equal(opened.stored_rows(picked)[name], expected[picked])


def test_files_that_changed_are_other_content(tmp_path, rows):
    before = open_vectors(str(write_folder(tmp_path, rows))).fingerprint
    assert open_vectors(str(tmp_path)).fingerprint == before
    np.save(tmp_path / "text_emb.npy", rows["text"][::-1].astype(np.float32))
    assert open_vectors(str(tmp_path)).fingerprint != before


def test_a_bad_row_is_named_by_its_number(tmp_path, rows):
    rows["text"][33] = 0
    opened = open_vectors(str(write_folder(tmp_path, rows)))
    with pytest.raises(GapvizError) as error:
        list(opened.blocks())
    assert "length zero" in error.value.sentence and "rows from 28, row 5" in error.value.sentence


def test_modalities_can_be_named(tmp_path, rows):
    write_folder(tmp_path, rows | {"audio": rows["text"]})
    assert set(open_vectors(str(tmp_path)).modalities) == {"audio", "image", "text"}
    chosen = open_vectors(str(tmp_path), ReadOptions(modalities=("audio", "text")))
    assert chosen.modalities == ("audio", "text")


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda folder, rows: np.save(folder / "text_emb.npy", rows["text"][1:]), "50 × 6"),
        (lambda folder, rows: (folder / "text_emb.npy").unlink(), "1 modality"),
        (lambda folder, rows: np.save(folder / "text_ids.npy", np.arange(N)), "block by block"),
        (
            lambda folder, rows: (folder / "text_emb.npy").write_bytes(
                (folder / "text_emb.npy").read_bytes()[:-1]
            ),
            "cut short",
        ),
        (lambda folder, rows: np.save(folder / "text_emb.npy", np.asfortranarray(rows["text"])),
         "by columns"),
    ],
)  # fmt: skip
def test_rows_that_cannot_match_one_by_one_are_refused(tmp_path, rows, damage, said):
    write_folder(tmp_path, rows)
    damage(tmp_path, rows)
    with pytest.raises(GapvizError) as error:
        open_vectors(str(tmp_path))
    assert said in error.value.sentence


def test_a_cell_without_a_vector_is_refused(tmp_path, rows):
    table = vectors_table(rows, fixed=False).to_pylist()
    table[31]["text_vector"] = None
    parquet.write_table(pa.Table.from_pylist(table), tmp_path / "all.parquet")
    opened = open_vectors(str(tmp_path / "all.parquet"))
    with pytest.raises(GapvizError, match="no vector of one length"):
        list(opened.blocks())


def test_a_lance_table_that_grew_is_other_content(tmp_path, rows):
    path = write_lance(tmp_path, rows)
    before = open_vectors(str(path)).fingerprint
    import lancedb

    lancedb.connect(str(tmp_path)).open_table("pairs").add(vectors_table(rows))
    again = open_vectors(str(path))
    assert again.n_items == 2 * N and again.fingerprint != before


def test_a_folder_that_is_no_lance_table_is_refused(tmp_path):
    pytest.importorskip("lancedb")
    (tmp_path / "some.lance").mkdir()
    with pytest.raises(GapvizError, match="no Lance table"):
        open_vectors(str(tmp_path / "some.lance"))
