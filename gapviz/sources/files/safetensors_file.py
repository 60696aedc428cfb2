"""A safetensors file of named modalities, with what is known of the items in its header."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from safetensors import SafetensorError, safe_open

from gapviz.core.errors import GapvizError
from gapviz.sources.files.columns import NAMES
from gapviz.sources.files.format import Format, Reading, ReadOptions, has_ending
from gapviz.sources.files.item_metadata import NamedArray
from gapviz.sources.files.named_arrays import ENCODER_NAME, OWNER_ENDINGS, reading_of_arrays

OF_THE_FILE = frozenset({"comment", "description", "title"})
"""What other programs say of the whole file, where a list would be captions."""


def read_safetensors(path: Path, options: ReadOptions = ReadOptions()) -> Reading:
    """A `.safetensors` with one (n, dim) tensor a modality, under the modality's name.

    The header's metadata may hold `ids`, `captions`, `labels`, `image_paths` and
    `<modality>_ids` as JSON lists, and `encoder` as a text; numbers may also be tensors.
    Without such lists they are looked for in a table `<stem>.csv`, `.tsv`, `.jsonl` or `.parquet`.

    Raises:
        GapvizError: damaged, a dtype that is no float16, float32 or float64, a list that
            describes nothing known, or bad rows.
    """
    try:
        with safe_open(path, framework="numpy") as tensors:
            metadata = tensors.metadata() or {}
            names = tensors.keys()
            arrays: dict[str, NamedArray] = {name: tensors.get_tensor(name) for name in names}
    except (TypeError, AttributeError, KeyError) as error:
        raise GapvizError(
            "holds a dtype that numpy does not know",
            where=path.name,
            hint="store the vectors as float16, float32 or float64",
        ) from error
    except (SafetensorError, OSError, ValueError, MemoryError) as error:
        raise GapvizError(
            "is not a safetensors file, or is damaged or cut short",
            where=path.name,
            hint="save it again",
        ) from error
    arrays |= _lists(metadata, arrays, options)
    return reading_of_arrays(path, arrays, options, encoder=metadata.get(ENCODER_NAME))


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
