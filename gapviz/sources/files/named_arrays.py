"""Arrays under names, as `.npz`, safetensors and folders of `.npy` files hold them.

A matrix is a modality. A list describes items: `ids`, `captions`, `labels`, `image_paths`, or
`<modality>_ids`, which says the item of each row of that modality.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

import numpy as np

from gapviz.core.errors import GapvizError
from gapviz.sources.files.columns import Columns, choose_columns
from gapviz.sources.files.format import Reading, ReadOptions
from gapviz.sources.files.item_metadata import (
    ItemMetadata,
    NamedArray,
    find_metadata,
    list_metadata,
)
from gapviz.sources.files.pairing import VectorRows, reading_of

Chosen = TypeVar("Chosen")

USUAL_MODALITIES = ("image", "text")

OWNER_ENDINGS = ("_ids", ".ids")

ENCODER_NAME = "encoder"

VECTOR_ENDING = re.compile(r"_(vector|vec|embedding|embed|emb|feature|feat)s?\Z", re.IGNORECASE)

SHORT_NAMES = {"img": "image", "txt": "text"}


def modality_name(column: str) -> str:
    """The modality that a file or column of vectors is named for: `img_emb` → `image`."""
    stem = VECTOR_ENDING.sub("", column) or column
    return SHORT_NAMES.get(stem.lower(), stem)


def reading_of_arrays(
    path: Path,
    arrays: Mapping[str, NamedArray],
    options: ReadOptions,
    *,
    metadata: ItemMetadata | None = None,
    encoder: str | None = None,
) -> Reading:
    """Tell modalities and lists apart, and pair them.

    Args:
        path: of the source; its stem names the collection.
        arrays: what the source holds, by name; a plain list describes items.
        options: may name the lists, or the modalities to take.
        metadata: of a folder of arrays; of a file it is looked for in a table beside it. Lists
            among the arrays replace it.
        encoder: what the source says made the vectors; the options overrule it.

    Raises:
        GapvizError: a list that describes nothing known, no matrix, lengths that do not fit.
    """
    lists = {name: values for name, values in arrays.items() if _is_list(values)}
    matrices = {name: np.asarray(values) for name, values in arrays.items() if name not in lists}
    if matrices:
        matrices = chosen_modalities(matrices, options, where=path.name)
    others = dict(lists)
    blocks = {}
    for name, matrix in matrices.items():
        owners = None
        listed = next((name + end for end in OWNER_ENDINGS if name + end in lists), None)
        if listed is not None:
            own = {listed: others.pop(listed)}
            owners = list_metadata(own, Columns(id=listed), where=listed).ids
        blocks[name] = VectorRows(matrix, owners, where=f"{path.name}, {name}")
    folder = path if path.is_dir() else path.parent
    if others:
        metadata = _metadata(path, others, options)
    elif path.is_file():
        metadata = find_metadata(folder, path.stem, options)
    return reading_of(
        path.stem,
        blocks,
        metadata,
        encoder=options.encoder or encoder,
        root=options.image_folder or folder,
    )


def chosen_modalities(
    found: Mapping[str, Chosen], options: ReadOptions, *, where: str
) -> dict[str, Chosen]:
    """What was found of each modality, or of those alone that the options name, in their order.

    Raises:
        GapvizError: one that the options name is not there.
    """
    for name in options.modalities:
        if name not in found:
            raise GapvizError(
                f"has no modality {name[:80]!r}",
                where=where,
                hint=f"choose among {', '.join(found)[:300]}",
            )
    return {name: found[name] for name in options.modalities or found}


def _metadata(path: Path, lists: Mapping[str, NamedArray], options: ReadOptions) -> ItemMetadata:
    columns = choose_columns(list(lists), options, where=path.name)
    for name, values in lists.items():
        holds_texts = name in (*columns.captions, columns.image)
        numeric = isinstance(values, np.ndarray) and values.dtype.kind not in "US"
        if name not in columns.all or (holds_texts and numeric):
            raise GapvizError(
                f"is a list of {len(values)} values, neither vectors nor a list that is known",
                where=f"{path.name}, {name}",
                hint="name it ids, captions, labels, image_paths or <modality>_ids, or give one "
                "row of numbers per vector",
            )
    return list_metadata(lists, columns, where=path.name)


def _is_list(values: NamedArray) -> bool:
    if not isinstance(values, np.ndarray):
        return isinstance(values, list)
    # A table of texts is several captions an item.
    return values.ndim == 1 or (values.ndim == 2 and values.dtype.kind in "US")
