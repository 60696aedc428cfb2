"""Queries and judgments beside a saved collection: words as JSON, numbers as safetensors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from gapviz.core.errors import GapvizError
from gapviz.core.evaluation import Evaluation, JudgedQuery, Judgments
from gapviz.core.modality_vectors import ModalityVectors
from gapviz.core.vectors import Indices
from gapviz.storage.cache import checksum

JUDGMENTS_FILE = "judgments.safetensors"

COLUMNS = ("query", "item", "grade")
"""Of the judgments, one tensor each; `OWN` and those of vectors and splits stand beside them."""
OWN = "own_item"

Tensors = dict[str, npt.NDArray[Any]]


def evaluation_tensors(evaluation: Evaluation) -> Tensors:
    """The numbers of an evaluation by name."""
    tensors: Tensors = {name: getattr(evaluation.judgments, name) for name in COLUMNS}
    if evaluation.own_item is not None:
        tensors[OWN] = evaluation.own_item
    for name, block in evaluation.vectors.items():
        tensors[f"vectors.{name}"] = block.vectors
        tensors[f"queries.{name}"] = block.item_index
    for name, members in evaluation.splits.items():
        tensors[f"split.{name}"] = np.asarray(members, dtype=np.int64)
    return {name: np.ascontiguousarray(tensor) for name, tensor in tensors.items()}


def described_evaluation(evaluation: Evaluation, tensors: Tensors) -> dict[str, Any]:
    """The words of an evaluation, with the checksum of its numbers, for JSON."""
    return {
        "name": evaluation.name,
        "unit": evaluation.unit,
        "notes": list(evaluation.notes),
        "queries": [asdict(query) for query in evaluation.queries],
        "modalities": list(evaluation.vectors),
        "splits": list(evaluation.splits),
        "checksum": checksum(tensors),
    }


def packed_evaluation(tensors: Tensors) -> bytes:
    """The content of `JUDGMENTS_FILE`."""
    packed: bytes = save(tensors)
    return packed


def load_evaluation(folder: Path, told: Mapping[str, Any]) -> Evaluation:
    """What `described_evaluation` told of the file in a folder.

    Raises:
        GapvizError: the file is cut short, or holds other numbers than were written.
        KeyError, TypeError, ValueError, OSError: something is missing, or of another kind.
    """
    path = folder / JUDGMENTS_FILE
    try:
        with safe_open(path, framework="numpy") as file:
            names = file.keys()
            tensors = {name: file.get_tensor(name) for name in names}
    except SafetensorError:
        tensors = {}
    if checksum(tensors) != told["checksum"]:
        raise GapvizError(
            f"{JUDGMENTS_FILE} is damaged or cut short",
            where=str(folder),
            hint="give queries and judgments again",
        )
    splits: dict[str, Indices] = {name: tensors[f"split.{name}"] for name in told["splits"]}
    return Evaluation(
        name=str(told["name"]),
        queries=tuple(JudgedQuery(**query) for query in told["queries"]),
        judgments=Judgments.of(*(tensors[name] for name in COLUMNS)),
        vectors={
            name: ModalityVectors.of(
                tensors[f"vectors.{name}"], tensors[f"queries.{name}"], where=f"{path}, {name}"
            )
            for name in told["modalities"]
        },
        splits=splits,
        unit="rows" if told["unit"] == "rows" else "items",
        own_item=tensors.get(OWN),
        notes=tuple(map(str, told["notes"])),
    )
