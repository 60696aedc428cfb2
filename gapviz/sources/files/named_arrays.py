"""Arrays under names, as `.npz`, safetensors and folders of `.npy` files hold them.

A matrix is a modality. A list is a fact: `ids`, `captions`, `labels`, `image_paths`, or
`<modality>_ids`, which says the item of each row of that modality.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from gapviz.core.errors import GapvizError
from gapviz.sources.files.reading import Reading, ReadOptions
from gapviz.sources.files.rows import Facts, Rows, reading_of
from gapviz.sources.files.sidecar import (
    CAPTION_NAMES,
    ID_NAMES,
    IMAGE_NAMES,
    LABEL_NAMES,
    fact_columns,
    facts_of,
    text_of,
)

NamedArray = npt.NDArray[Any] | Sequence[object]

OWNER_ENDINGS = ("_ids", ".ids")

ENCODER_NAME = "encoder"

VECTOR_ENDINGS = (
    "_vectors", "_vector", "_vecs", "_vec", "_embeddings", "_embedding", "_embeds", "_embed",
    "_embs", "_emb", "_features", "_feature", "_feats", "_feat",
)  # fmt: skip

SHORT_NAMES = {"img": "image", "txt": "text"}


def modality_name(column: str) -> str:
    """The modality that a file or column of vectors is named for: `img_emb` → `image`."""
    stem = column
    for ending in VECTOR_ENDINGS:
        if column.lower().endswith(ending) and len(column) > len(ending):
            stem = column[: -len(ending)]
            break
    return SHORT_NAMES.get(stem.lower(), stem)


def reading_of_arrays(
    path: Path,
    arrays: Mapping[str, NamedArray],
    options: ReadOptions,
    *,
    root: Path,
    facts: Facts | None = None,
    encoder: str | None = None,
) -> Reading:
    """Tell modalities and facts apart, and pair them.

    Args:
        path: of the source; its stem names the collection.
        arrays: what the source holds, by name; a plain list counts as a fact.
        options: may name the arrays of facts, or the modalities to take.
        root: folder of the images.
        facts: from a table beside the source; the arrays' own replace them.
        encoder: what the source says made the vectors; the options overrule it.

    Raises:
        GapvizError: a list that is no fact, no matrix, lengths that do not fit.
    """
    lists = {name: values for name, values in arrays.items() if _is_list(values)}
    matrices = {name: np.asarray(values) for name, values in arrays.items() if name not in lists}
    if options.modalities and matrices:
        matrices = _chosen(matrices, options.modalities, where=path.name)
    owners = {
        name: next((name + end for end in OWNER_ENDINGS if name + end in lists), None)
        for name in matrices
    }
    blocks = {
        name: Rows(
            vectors=matrix,
            owners=_ids(lists[owner], where=f"{path.name}, {owner}") if owner else None,
            where=f"{path.name}, {name}",
        )
        for name, matrix in matrices.items()
        for owner in [owners[name]]
    }
    sides = {name: values for name, values in lists.items() if name not in owners.values()}
    return reading_of(
        path.stem,
        blocks,
        _facts(path, sides, options) if sides else facts,
        encoder=options.encoder or encoder,
        root=root,
    )


def _facts(path: Path, sides: Mapping[str, NamedArray], options: ReadOptions) -> Facts:
    chosen = fact_columns(sides, options, where=path.name)
    for name, values in sides.items():
        told_in_words = name in (*chosen.captions, chosen.image)
        if name not in chosen.all or (told_in_words and _is_numeric(values)):
            usual = ", ".join(group[1] for group in (ID_NAMES, CAPTION_NAMES, LABEL_NAMES))
            raise GapvizError(
                f"is a list of {len(values)} values, neither vectors nor a fact that has a name",
                where=f"{path.name}, {name}",
                hint=f"name it {usual}, {IMAGE_NAMES[1]} or <modality>_ids, or give one row "
                "of numbers per vector",
            )
    columns = {name: _plain(sides[name]) for name in chosen.all}
    return facts_of(columns, chosen, where=path.name)


def _ids(values: NamedArray, *, where: str) -> list[str | None]:
    return [text_of(value, where=where) for value in _plain(values)]


def _plain(values: NamedArray) -> list[object]:
    plain: list[object] = values.tolist() if isinstance(values, np.ndarray) else list(values)
    return plain


def _is_numeric(values: NamedArray) -> bool:
    return isinstance(values, np.ndarray) and values.dtype.kind not in "US"


def _is_list(values: NamedArray) -> bool:
    if not isinstance(values, np.ndarray):
        return isinstance(values, list)
    # A table of texts is several captions an item.
    return values.ndim == 1 or (values.ndim == 2 and values.dtype.kind in "US")


def _chosen(
    matrices: Mapping[str, npt.NDArray[Any]], names: Sequence[str], *, where: str
) -> dict[str, npt.NDArray[Any]]:
    for name in names:
        if name not in matrices:
            raise GapvizError(
                f"has no modality {name[:80]!r}",
                where=where,
                hint=f"choose among {', '.join(matrices)[:300]}",
            )
    return {name: matrices[name] for name in names}
