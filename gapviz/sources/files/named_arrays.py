"""Arrays under names, as `.npz`, safetensors and folders of `.npy` files hold them.

A matrix is a modality. A list describes items: `ids`, `captions`, `labels`, `image_paths`, or
`<modality>_ids`, which says the item of each row of that modality. `<modality>_scale`,
`_zero_point`, `_offset` and `_ranges` say what quantised numbers mean. What is none of these is
left out by name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from gapviz.core.errors import GapvizError
from gapviz.core.modality_names import (
    ALIASES,
    modality_name,
    modality_names,
    says_modality,
    says_vectors,
    stored_as,
)
from gapviz.core.quantised import dequantised
from gapviz.sources.files.columns import NAMES, Columns, choose_columns
from gapviz.sources.files.format import Reading, ReadOptions, Skipped
from gapviz.sources.files.item_metadata import (
    ItemMetadata,
    NamedArray,
    find_metadata,
    list_metadata,
)
from gapviz.sources.files.pairing import VectorRows, reading_of
from gapviz.sources.files.texts import shown

USUAL_MODALITIES = ("image", "text")

OWNER_ENDINGS = ("_ids", ".ids")

ENCODER_NAME = "encoder"

STORED_NAMES = ("quantisation", "quantization", "precision")
"""Under which a source says how its vectors are stored."""

PART_NAMES: Mapping[str, tuple[str, ...]] = {
    "scale": ("scale", "scales"),
    "zero_point": ("zero_point", "zero_points", "zero"),
    "offset": ("offset", "offsets"),
    "ranges": ("ranges",),
}
"""What belongs to quantised vectors, as `dequantised` takes it, and its names."""


def reading_of_arrays(
    path: Path,
    arrays: Mapping[str, NamedArray],
    options: ReadOptions,
    *,
    metadata: ItemMetadata | None = None,
    encoder: str | None = None,
    stored: str | None = None,
    skipped: Iterable[Skipped] = (),
) -> Reading:
    """Tell modalities and lists apart, and pair them.

    Args:
        path: of the source; its stem names the collection.
        arrays: what the source holds, by name; a plain list describes items.
        options: may name the lists, or the modalities to take.
        metadata: of a folder of arrays; of a file it is looked for in a table beside it. Lists
            among the arrays replace it.
        encoder: what the source says made the vectors; the options overrule it.
        stored: how the source says that its vectors are stored.
        skipped: what was left out already.

    Raises:
        GapvizError: a list under the name of a modality, no matrix, lengths that do not fit.
    """
    notes = list(skipped)
    lists = {name: values for name, values in arrays.items() if _is_list(values)}
    matrices = {
        name: _flat(np.asarray(values)) for name, values in arrays.items() if name not in lists
    }
    names = modality_names(_vector_names(path.name, matrices, options, notes))
    parts = {name: _parts_of(name, names, arrays) for name in names}
    for taken in {one for found in parts.values() for one in found.values()}:
        lists.pop(taken, None)
        names.pop(taken, None)
        notes[:] = [note for note in notes if note.what != f"{path.name}, {shown(taken)}"]
    chosen = {names[name]: name for name in names}
    if chosen:
        chosen = chosen_modalities(chosen, options, where=path.name)
    others = dict(lists)
    blocks = {}
    for modality, name in chosen.items():
        owners = None
        listed = next((one for one in lists if _owner_of(one) in (name, modality)), None)
        if listed is not None:
            own = {listed: others.pop(listed)}
            owners = list_metadata(own, Columns(id=listed), where=listed).ids
        where = f"{path.name}, {name}"
        matrix = matrices[name]
        if parts[name]:
            values = {part: np.asarray(arrays[one]) for part, one in parts[name].items()}
            matrix = dequantised(matrix, where=where, **values)
        blocks[modality] = VectorRows(matrix, owners, where=where, stored=stored_as(name) or stored)
    folder = path if path.is_dir() else path.parent
    if others:
        metadata = _metadata(path, others, options, notes)
    elif path.is_file() and metadata is None:
        metadata = find_metadata(folder, path.stem, options, source=path)
    if metadata is None:
        notes += unused_columns(options)
    return reading_of(
        path.stem,
        blocks,
        metadata,
        encoder=options.encoder or encoder,
        root=options.image_folder or folder,
        skipped=notes,
        options=options,
    )


def unused_columns(options: ReadOptions) -> list[Skipped]:
    """The columns that the options name, where no list and no table describes the vectors."""
    why = "was named, but no list and no table describes the items"
    return [Skipped(f"the column {shown(name)!r}", why) for name in options.named_columns]


def chosen_modalities(
    found: Mapping[str, str], options: ReadOptions, *, where: str
) -> dict[str, str]:
    """What was found of each modality, or of those alone that the options name, in their order.

    Args:
        found: by modality, the name of its array or column.
        options: may name modalities, or the arrays or columns themselves.
        where: what to call the source in an error.

    Raises:
        GapvizError: one that the options name is not there.
    """
    if not options.modalities:
        return dict(found)
    by_name = {name: modality for modality, name in found.items()}
    chosen = {}
    for name in options.modalities:
        meant = next(
            (one for one in (name, by_name.get(name), modality_name(name)) if one in found), None
        )
        if meant is None:
            raise GapvizError(
                f"has no modality {name[:80]!r}",
                where=where,
                hint=f"choose among {', '.join(found)[:300]}",
            )
        chosen[meant] = found[meant]
    return chosen


def other_sizes(dims: Mapping[str, int], options: ReadOptions) -> dict[str, str]:
    """Names that are no modality's, of another dimension than all that are, and why they are out.

    Boxes, key points and the like are lists of numbers too.

    Args:
        dims: by name of the array or column.
        options: where they name modalities, nothing is left out.
    """
    wanted = {dim for name, dim in dims.items() if says_modality(name)}
    if options.modalities or not wanted:
        return {}
    told = " and ".join(str(dim) for dim in sorted(wanted))
    return {
        name: f"holds {dim} numbers a row beside vectors of {told}, and is left out (name what to "
        "take as the modalities)"
        for name, dim in dims.items()
        if dim not in wanted
    }


def _vector_names(
    source: str,
    matrices: Mapping[str, npt.NDArray[Any]],
    options: ReadOptions,
    notes: list[Skipped],
) -> list[str]:
    """The matrices that are vectors; the others are listed."""
    out = {
        name: f"is an array of shape {matrix.shape}, and is left out"
        for name, matrix in matrices.items()
        if matrix.ndim != 2 and not says_modality(name) and name not in options.modalities
    }
    out |= {
        name: f"holds {matrix.shape[1]} numbers a row, and is left out (give labels as a list)"
        for name, matrix in matrices.items()
        if matrix.ndim == 2 and name in NAMES["label"] and name not in options.modalities
    }
    if len(out) == len(matrices):
        # Whatever they are, they are refused in its own words.
        return list(matrices)
    rest = {name: matrix for name, matrix in matrices.items() if name not in out}
    out |= other_sizes({n: m.shape[1] for n, m in rest.items() if m.ndim == 2}, options)
    notes += [Skipped(f"{source}, {shown(name)}", why) for name, why in out.items()]
    return [name for name in rest if name not in out]


def _parts_of(
    name: str, names: Mapping[str, str], arrays: Mapping[str, NamedArray]
) -> dict[str, str]:
    """By part of `PART_NAMES`, the array that says it of the vectors `name`."""
    if not isinstance(vectors := arrays[name], np.ndarray) or vectors.dtype.kind not in "iu":
        return {}
    heads = ("", *(f"{head}{mark}" for head in {name, names[name]} for mark in "_."))
    return {
        part: found
        for part, endings in PART_NAMES.items()
        for found in [next((h + e for h in heads[::-1] for e in endings if h + e in arrays), None)]
        if found is not None
    }


def _owner_of(name: str) -> str | None:
    """The modality whose rows a list of ids is of, by its name; None where it is no such list."""
    for ending in OWNER_ENDINGS:
        if name.lower().endswith(ending) and len(name) > len(ending):
            return modality_name(name[: -len(ending)])
    return None


def _metadata(
    path: Path, lists: Mapping[str, NamedArray], options: ReadOptions, notes: list[Skipped]
) -> ItemMetadata | None:
    """What the lists say; those that say nothing known are left out."""
    columns = choose_columns(list(lists), options, where=path.name)
    known = {}
    for name, values in lists.items():
        where = f"{path.name}, {shown(name)}"
        kind = str(values.dtype) if isinstance(values, np.ndarray) else "list"
        numeric = isinstance(values, np.ndarray) and values.dtype.kind not in "US"
        if (name in ALIASES or says_vectors(name)) and (numeric or name not in columns.all):
            raise GapvizError(
                f"is a list of {len(values)} values, neither vectors nor a list that is known",
                where=where,
                hint="name it ids, captions, labels, image_paths or <modality>_ids, or give one "
                "row of numbers per vector",
            )
        if name not in columns.all:
            notes.append(Skipped(where, f"is a list of {len(values)} values ({kind}), not read"))
        elif numeric and name in (*columns.captions, columns.image):
            notes.append(Skipped(where, f"holds {kind} instead of texts, and is not read"))
        else:
            known[name] = values
    if not known:
        return None
    columns = replace(
        columns,
        captions=tuple(name for name in columns.captions if name in known),
        image=columns.image if columns.image in known else None,
    )
    return list_metadata(known, columns, where=path.name)


def _flat(matrix: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """A matrix of `(n, 1, dim)` as `(n, dim)`."""
    return matrix[:, 0] if matrix.ndim == 3 and matrix.shape[1] == 1 else matrix


def _is_list(values: NamedArray) -> bool:
    if not isinstance(values, np.ndarray):
        return isinstance(values, list)
    # A table of texts is several captions an item.
    return values.ndim == 1 or (values.ndim == 2 and values.dtype.kind in "US")
