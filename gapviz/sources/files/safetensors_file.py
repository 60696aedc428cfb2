"""A safetensors file of named modalities, with what is known of the items in its header."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError, safe_open

from gapviz.core.errors import GapvizError
from gapviz.core.quantised import widened_bfloat16, widened_float8
from gapviz.sources.files.columns import NAMES
from gapviz.sources.files.format import Format, Reading, ReadOptions, Skipped, has_ending
from gapviz.sources.files.item_metadata import NamedArray
from gapviz.sources.files.named_arrays import (
    ENCODER_NAME,
    OWNER_ENDINGS,
    STORED_NAMES,
    reading_of_arrays,
)
from gapviz.sources.files.texts import shown

OF_THE_FILE = frozenset({"comment", "description", "title"})
"""What other programs say of the whole file, where a list would be captions."""

OF_NUMPY = frozenset(
    ("F64", "F32", "F16", "I64", "I32", "I16", "I8", "U64", "U32", "U16", "U8", "BOOL")
)

NARROW: Mapping[str, Callable[[bytes], npt.NDArray[np.float32]]] = {
    "BF16": lambda content: widened_bfloat16(np.frombuffer(content, "<u2")),
    "F8_E4M3": lambda content: widened_float8(np.frombuffer(content, np.uint8), "float8_e4m3"),
    "F8_E5M2": lambda content: widened_float8(np.frombuffer(content, np.uint8), "float8_e5m2"),
}
"""Of a dtype that NumPy lacks, from bytes to floats."""


def read_safetensors(path: Path, options: ReadOptions = ReadOptions()) -> Reading:
    """A `.safetensors` with one (n, dim) tensor a modality, under the modality's name.

    The header's metadata may hold `ids`, `captions`, `labels`, `image_paths` and
    `<modality>_ids` as JSON lists, and `encoder` as a text; numbers may also be tensors.
    Without such lists they are looked for in a table `<stem>.csv`, `.tsv`, `.jsonl` or `.parquet`.

    bfloat16 and float8 are widened; a tensor of another dtype that NumPy lacks is left out.

    Raises:
        GapvizError: damaged, no tensor of a dtype that is read, a list under the name of a
            modality, or bad rows.
    """
    skipped: list[Skipped] = []
    arrays: dict[str, NamedArray] = {}
    try:
        with safe_open(path, framework="numpy") as tensors:
            metadata = tensors.metadata() or {}
            for name in tensors.keys():  # noqa: SIM118 - no mapping
                dtype = str(tensors.get_slice(name).get_dtype())
                if dtype in NARROW:
                    arrays[name] = _widened(path, name)
                elif dtype in OF_NUMPY:
                    arrays[name] = tensors.get_tensor(name)
                else:
                    where = f"{path.name}, {shown(name)}"
                    skipped.append(Skipped(where, f"holds {dtype}, which is not read"))
    except (SafetensorError, OSError, ValueError, TypeError, KeyError, MemoryError) as error:
        raise GapvizError(
            "is not a safetensors file, or is damaged or cut short",
            where=path.name,
            hint="save it again",
        ) from error
    if not arrays and skipped:
        raise GapvizError(
            skipped[0].why,
            where=skipped[0].what,
            hint="store the vectors as float32, float16 or bfloat16",
        )
    arrays |= _lists(metadata, arrays, options)
    return reading_of_arrays(
        path,
        arrays,
        options,
        encoder=metadata.get(ENCODER_NAME),
        stored=next((metadata[name] for name in STORED_NAMES if name in metadata), None),
        skipped=skipped,
    )


def _widened(path: Path, name: str) -> npt.NDArray[np.float32]:
    """A tensor of a dtype that NumPy lacks, from its bytes."""
    with path.open("rb") as file:
        (size,) = struct.unpack("<Q", file.read(8))
        described = json.loads(file.read(size))[name]
        start, end = described["data_offsets"]
        file.seek(8 + size + start)
        content = file.read(end - start)
    return NARROW[described["dtype"]](content).reshape(described["shape"])


def _lists(
    metadata: Mapping[str, str], tensors: Mapping[str, NamedArray], options: ReadOptions
) -> dict[str, NamedArray]:
    """The lists among the metadata, which other programs fill with words of their own."""
    names = {*options.caption_columns, *(name for usual in NAMES.values() for name in usual)}
    names |= set(filter(None, [options.id_column, options.label_column, options.image_column]))
    names |= {tensor + ending for tensor in tensors for ending in OWNER_ENDINGS}
    lists: dict[str, NamedArray] = {}
    for name, text in metadata.items():
        if name not in names or name in tensors:
            continue
        try:
            values = json.loads(text)
        except (ValueError, RecursionError):
            values = None
        if isinstance(values, list):
            lists[name] = values
        elif name not in OF_THE_FILE:
            raise GapvizError(
                f"the header's {name[:80]!r} is not a JSON list",
                where="safetensors metadata",
                hint="store one entry per row, as json.dumps([…])",
            )
    return lists


FORMAT = Format(
    "safetensors",
    "a .safetensors of named modalities",
    has_ending(".safetensors"),
    read_safetensors,
    priority=16,
    endings=(".safetensors",),
)
