"""A collection on disk: what it is as JSON, its vectors as safetensors."""

from __future__ import annotations

from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from gapviz.core.collection import Collection
from gapviz.core.encoder_record import EncoderRecord
from gapviz.core.errors import GapvizError
from gapviz.core.item import Item
from gapviz.core.modality_vectors import ModalityVectors
from gapviz.core.store_origin import StoreOrigin
from gapviz.storage.cache import checksum
from gapviz.storage.files import replace_folder, unreadable, write_atomically
from gapviz.storage.leftovers import recover
from gapviz.storage.saved_evaluation import (
    JUDGMENTS_FILE,
    described_evaluation,
    evaluation_tensors,
    load_evaluation,
    packed_evaluation,
)
from gapviz.storage.sealed_json import opened_json, sealed_json

ITEMS_FILE = "collection.json"
VECTORS_FILE = "vectors.safetensors"
SAVED_COLLECTION = "a saved collection"

PARTS = ("vectors", "item_index", "query_only")
"""Of each modality one tensor, `MODALITY.PART`."""
EVALUATION = "evaluation"
"""Key of the queries of one's own, where there are some."""
STORE = "store"
"""Key of the vector store that the items were read from, where they were."""
CHECKSUMS = "checksums"
"""Of each tensor, by its name."""


def save_collection(collection: Collection, folder: Path, *, half: bool = False) -> None:
    """Write `collection.json`, `vectors.safetensors` and what queries and judgments there are.

    Each atomically, with checksums.

    Args:
        collection: what to write.
        folder: where; made where it is missing.
        half: write vectors as float16, in half the room; they are read as float32 unit rows.
    """
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {}
    for name, block in collection.modalities.items():
        tensors[f"{name}.vectors"] = np.ascontiguousarray(
            block.vectors.astype(np.float16) if half else block.vectors
        )
        tensors[f"{name}.item_index"] = np.ascontiguousarray(block.item_index)
        tensors[f"{name}.query_only"] = block.query_only.astype(np.uint8)
    description: dict[str, Any] = {
        "format": 1,
        "name": collection.name,
        "encoder": collection.encoder,
        "attribution": collection.attribution,
        "rotated": collection.rotated,
        "encoder_record": asdict(collection.encoder_record),
        "modalities": list(collection.modalities),
        "splits": {name: [int(i) for i in members] for name, members in collection.splits.items()},
        "items": list(map(_described_item, collection.items)),
        CHECKSUMS: {name: checksum({name: tensor}) for name, tensor in tensors.items()},
    }
    if collection.store is not None:
        description[STORE] = asdict(collection.store)
    if collection.evaluation is not None:
        judged = evaluation_tensors(collection.evaluation)
        description[EVALUATION] = described_evaluation(collection.evaluation, judged)
        write_atomically(folder / JUDGMENTS_FILE, packed_evaluation(judged))
    write_atomically(folder / VECTORS_FILE, save(tensors))
    write_atomically(folder / ITEMS_FILE, sealed_json(description, indent=0))


def replace_collection(collection: Collection, folder: Path) -> None:
    """Write the whole of a collection, or nothing, over an empty folder or a saved collection.

    Raises:
        GapvizError: a folder that holds something else, or a disk that is full or cannot be
            written.
    """
    write = partial(save_collection, collection)
    replace_folder(folder, write, marker=ITEMS_FILE, what=SAVED_COLLECTION)


def load_collection(folder: Path, *, root: Path | None = None) -> Collection:
    """Read what `save` wrote; `root` is the folder that its images lie in, if any.

    Raises:
        GapvizError: a file is missing, cut short, or not what `save` writes; what is damaged is
            named.
    """
    where = str(folder)
    hint = "save the collection again"
    recover(folder)
    try:
        description = _described(folder)
        tensors = _tensors(folder, description)
        modalities = {
            name: ModalityVectors.of(
                *(tensors[f"{name}.{part}"] for part in PARTS), where=f"{where}, modality {name}"
            )
            for name in description["modalities"]
        }
        names = (description[key] for key in ("name", "encoder", "attribution"))
        _refuse_other_than_texts([*names, *modalities])
        return Collection(
            name=description["name"],
            items=tuple(map(_item, description["items"])),
            modalities=modalities,
            splits={
                name: np.array(members, dtype=np.int64)
                for name, members in description["splits"].items()
            },
            encoder=description["encoder"],
            attribution=description["attribution"],
            root=root,
            rotated=bool(description.get("rotated", False)),
            encoder_record=EncoderRecord.of(description.get("encoder_record", {})),
            evaluation=(
                load_evaluation(folder, description[EVALUATION])
                if EVALUATION in description
                else None
            ),
            store=StoreOrigin.of(description[STORE]) if STORE in description else None,
        )
    except FileNotFoundError as error:
        raise GapvizError(
            f"{Path(error.filename or VECTORS_FILE).name} is missing",
            where=where,
            hint="give the folder of a saved collection",
        ) from error
    except OSError as error:
        raise unreadable(folder, error, hint=hint) from error
    except GapvizError:
        raise
    except (KeyError, TypeError, AttributeError, ValueError, OverflowError) as error:
        raise GapvizError(
            "is not a collection that gapviz saved", where=where, hint=hint
        ) from error


def _described(folder: Path) -> dict[str, Any]:
    content = (folder / ITEMS_FILE).read_bytes()
    try:
        return opened_json(content)
    except ValueError as error:
        raise GapvizError(
            f"{ITEMS_FILE} is damaged or cut short ({error})",
            where=str(folder),
            hint="items, captions and splits may be wrong: save the collection again",
        ) from error


def _tensors(folder: Path, description: dict[str, Any]) -> dict[str, npt.NDArray[Any]]:
    """The tensors of all modalities, each checked where its checksum was written."""
    names = [f"{name}.{part}" for name in description["modalities"] for part in PARTS]
    told = description.get(CHECKSUMS, {})
    hint = "encode the items again, or save the collection again"
    try:
        with safe_open(folder / VECTORS_FILE, framework="numpy") as file:
            tensors = {name: file.get_tensor(name) for name in names}
    except SafetensorError as error:
        raise GapvizError(
            f"{VECTORS_FILE} is damaged or cut short", where=str(folder), hint=hint
        ) from error
    bad = [
        name for name in names if told.get(name, "") not in ("", checksum({name: tensors[name]}))
    ]
    if bad:
        damaged = dict.fromkeys(name.rpartition(".")[0] for name in bad)
        raise GapvizError(
            f"the vectors of {', '.join(damaged)} are damaged (their checksum differs)",
            where=f"{folder}, {VECTORS_FILE}",
            hint=hint,
        )
    return tensors


def _described_item(item: Item) -> dict[str, Any]:
    told = asdict(item)
    if not item.other_pictures:
        del told["other_pictures"]
    return told


def _item(entry: dict[str, Any]) -> Item:
    item = Item(
        entry["id"],
        entry["label"],
        tuple(entry["captions"]),
        entry["image"],
        tuple(entry.get("other_labels", ())),
        tuple((modality, reference) for modality, reference in entry.get("other_pictures", ())),
    )
    optional = (value for value in (item.label, item.image) if value is not None)
    pictures = (part for picture in item.other_pictures for part in picture)
    _refuse_other_than_texts([item.id, *item.captions, *item.other_labels, *optional, *pictures])
    return item


def _refuse_other_than_texts(values: list[Any]) -> None:
    for value in values:
        if not isinstance(value, str):
            raise TypeError(f"{value!r:.80} is no text")
