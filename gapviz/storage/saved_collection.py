"""A collection on disk: what it is as JSON, its vectors as safetensors."""

from __future__ import annotations

import json
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from gapviz.core.collection import Collection, Item, ModalityVectors
from gapviz.core.errors import GapvizError
from gapviz.storage.files import replace_folder, unreadable, write_atomically

ITEMS_FILE = "collection.json"
VECTORS_FILE = "vectors.safetensors"
SAVED_COLLECTION = "a saved collection"


def save_collection(collection: Collection, folder: Path) -> None:
    """Write `collection.json` and `vectors.safetensors`, each atomically."""
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {}
    for name, block in collection.modalities.items():
        tensors[f"{name}.vectors"] = np.ascontiguousarray(block.vectors)
        tensors[f"{name}.item_index"] = np.ascontiguousarray(block.item_index)
        tensors[f"{name}.query_only"] = block.query_only.astype(np.uint8)
    description = {
        "format": 1,
        "name": collection.name,
        "encoder": collection.encoder,
        "attribution": collection.attribution,
        "rotated": collection.rotated,
        "modalities": list(collection.modalities),
        "splits": {name: [int(i) for i in members] for name, members in collection.splits.items()},
        "items": [asdict(item) for item in collection.items],
    }
    write_atomically(folder / VECTORS_FILE, save(tensors))
    text = json.dumps(description, ensure_ascii=False, indent=0)
    write_atomically(folder / ITEMS_FILE, text.encode())


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
        GapvizError: a file is missing, cut short, or not what `save` writes.
    """
    where = str(folder)
    hint = "save the collection again"
    try:
        description: dict[str, Any] = json.loads((folder / ITEMS_FILE).read_text("utf-8"))
        with safe_open(folder / VECTORS_FILE, framework="numpy") as tensors:
            modalities = {
                name: ModalityVectors.of(
                    tensors.get_tensor(f"{name}.vectors"),
                    tensors.get_tensor(f"{name}.item_index"),
                    tensors.get_tensor(f"{name}.query_only"),
                    where=f"{where}, modality {name}",
                )
                for name in description["modalities"]
            }
        return Collection(
            name=description["name"],
            items=tuple(
                Item(
                    entry["id"],
                    entry["label"],
                    tuple(entry["captions"]),
                    entry["image"],
                    tuple(entry.get("other_labels", ())),
                )
                for entry in description["items"]
            ),
            modalities=modalities,
            splits={
                name: np.array(members, dtype=np.int64)
                for name, members in description["splits"].items()
            },
            encoder=description["encoder"],
            attribution=description["attribution"],
            root=root,
            rotated=bool(description.get("rotated", False)),
        )
    except FileNotFoundError as error:
        raise GapvizError(
            f"{Path(error.filename or VECTORS_FILE).name} is missing",
            where=where,
            hint="give the folder of a saved collection",
        ) from error
    except (json.JSONDecodeError, UnicodeDecodeError, SafetensorError) as error:
        raise GapvizError("is damaged or cut short", where=where, hint=hint) from error
    except OSError as error:
        raise unreadable(folder, error, hint=hint) from error
    except GapvizError:
        raise
    except (KeyError, TypeError, AttributeError, ValueError, OverflowError) as error:
        raise GapvizError(
            "is not a collection that gapviz saved", where=where, hint=hint
        ) from error
