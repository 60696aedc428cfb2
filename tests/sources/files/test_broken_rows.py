"""One broken row costs that row, in every format of vectors."""

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet
from safetensors.numpy import save_file

from gapviz.sources.files import read


def npy(folder, image, text):
    np.save(folder / "x.npy", np.stack([image, text]))
    return folder / "x.npy"


def npz(folder, image, text):
    np.savez(folder / "x.npz", image=image, text=text)
    return folder / "x.npz"


def safetensors(folder, image, text):
    save_file({"image": image, "text": text}, folder / "x.safetensors")
    return folder / "x.safetensors"


def arrays(folder, image, text):
    for name, matrix in {"image": image, "text": text}.items():
        np.save(folder / f"{name}.npy", matrix)
    return folder


def table(folder, image, text):
    columns = {"image_vector": list(image), "text_vector": list(text)}
    parquet.write_table(pa.table(columns), folder / "x.parquet")
    return folder / "x.parquet"


def clip_retrieval(folder, image, text):
    for name, matrix in {"img_emb": image, "text_emb": text}.items():
        (folder / name).mkdir()
        np.save(folder / name / f"{name}_0.npy", matrix)
    return folder


@pytest.mark.parametrize("write", [npy, npz, safetensors, arrays, table, clip_retrieval])
@pytest.mark.parametrize(("broken", "why"), [(np.nan, "NaN"), (0, "length zero")])
def test_one_broken_row_is_left_out_by_name(tmp_path, rows, unit, write, broken, why):
    image, text = rows.copy()
    text[3] = broken
    reading = read(str(write(tmp_path, image, text)))
    (note,) = [note for note in reading.skipped if ", row " in note.what]
    assert "text" in note.what and note.what.endswith("row 3") and why in note.why
    collection = reading.collection
    assert collection.n_items == 6
    pairs = collection.pairs("image", "text")
    np.testing.assert_allclose(
        collection.modality("text").vectors[pairs.rows_b], unit(rows[1][[0, 1, 2, 4, 5]]), atol=1e-6
    )
    assert pairs.rows_a.tolist() == [0, 1, 2, 4, 5]
