"""Names of modalities mean the same in every format, whatever their case."""

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet
from safetensors.numpy import save_file

from gapviz.core.modality_names import modality_name, modality_names
from gapviz.sources.files import ReadOptions, read

MEANT = {
    "image": ["image", "Image", "IMG", "img_emb", "image_embeds", "IMAGE_FEATURES", "vision",
              "visual-embedding", "imageEmbedding", "embedding_image", "image.vector",
              "image_embeds_int8", "photos"],
    "text": ["text", "TEXT_EMB", "txt", "txt_feats", "Text Vector", "caption_embedding",
             "embeddings_text", "text_ubinary"],
    "audio": ["audio", "AUDIO_EMBEDS"],
    "video": ["video_features", "vid"],
    # Names of one's own keep their spelling.
    "CLAP": ["CLAP", "CLAP_emb"],
    "protein": ["protein"],
    "emb": ["emb"],
}  # fmt: skip


@pytest.mark.parametrize("modality", MEANT)
def test_a_name_says_its_modality(modality):
    assert {modality_name(name) for name in MEANT[modality]} == {modality}


@pytest.mark.parametrize(
    ("names", "meant"),
    [
        (["clip_img_emb", "clip_txt_emb"], ["image", "text"]),
        (["clip_image_emb", "image_emb"], ["clip_image", "image"]),
        (["img_emb", "image_features"], ["image", "image_features"]),
        (["x_emb", "x", "y"], ["x_emb", "x", "y"]),
        (["text_to_image_emb"], ["text_to_image"]),
    ],
)
def test_no_two_names_are_one_modality(names, meant):
    assert list(modality_names(names).values()) == meant


def npz(folder, names, rows):
    np.savez(folder / "x.npz", **dict(zip(names, rows, strict=True)))
    return folder / "x.npz"


def safetensors(folder, names, rows):
    save_file(dict(zip(names, rows, strict=True)), folder / "x.safetensors")
    return folder / "x.safetensors"


def arrays(folder, names, rows):
    for name, matrix in zip(names, rows, strict=True):
        np.save(folder / f"{name}.npy", matrix)
    return folder


def table(folder, names, rows):
    columns = {name: list(matrix) for name, matrix in zip(names, rows, strict=True)}
    parquet.write_table(pa.table(columns), folder / "x.parquet")
    return folder / "x.parquet"


def long_table(folder, names, rows):
    cells = [
        {"item": str(item), "modality": name, "vector": row.tolist()}
        for name, matrix in zip(names, rows, strict=True)
        for item, row in enumerate(matrix)
    ]
    parquet.write_table(pa.Table.from_pylist(cells), folder / "x.parquet")
    return folder / "x.parquet"


def projector(folder, names, rows):
    for name, matrix in zip(names, rows, strict=True):
        np.savetxt(folder / f"{name}.tsv", matrix, delimiter="\t")
    return folder


def clip_retrieval(folder, names, rows):
    for name, matrix in zip(names, rows, strict=True):
        (folder / f"{name}_emb").mkdir()
        np.save(folder / f"{name}_emb" / "part_0.npy", matrix)
    return folder


@pytest.mark.parametrize(
    "write", [npz, safetensors, arrays, table, long_table, projector, clip_retrieval]
)
@pytest.mark.parametrize("names", [("image_embeds", "text_embeds"), ("IMG", "TXT_EMB")])
def test_every_format_knows_them(tmp_path, rows, unit, write, names):
    collection = read(str(write(tmp_path, names, rows))).collection
    assert set(collection.modality_names) == {"image", "text"}
    pairs = collection.pairs("image", "text")
    assert len(pairs) == 6
    text = collection.modality("text").vectors[pairs.rows_b]
    image = collection.modality("image").vectors[pairs.rows_a]
    np.testing.assert_allclose(np.sort(image, axis=0), np.sort(unit(rows[0]), axis=0), atol=1e-6)
    np.testing.assert_allclose(np.sort(text, axis=0), np.sort(unit(rows[1]), axis=0), atol=1e-6)


@pytest.mark.parametrize("named", ["text", "TEXT", "txt_embeds", "TXT_EMB"])
def test_modalities_may_be_named_by_array_or_meaning(tmp_path, rows, named):
    path = npz(tmp_path, ("IMG", "TXT_EMB"), rows)
    options = ReadOptions(modalities=(named,))
    assert read(str(path), options).collection.modality_names == ("text",)


def test_names_of_a_stack_mean_the_same(tmp_path, rows):
    np.save(tmp_path / "x.npy", rows)
    options = ReadOptions(modalities=("IMG", "caption"))
    assert read(str(tmp_path / "x.npy"), options).collection.modality_names == ("image", "text")
