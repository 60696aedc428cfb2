"""Sketches as one file: arrays as safetensors, the rest as JSON in its head; no pickle."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from gapviz.core.encoder_record import EncoderRecord
from gapviz.core.errors import GapvizError
from gapviz.core.plain_json import parsed_json
from gapviz.core.vectors import Float32
from gapviz.measures.geometry.sums import SecondMoments
from gapviz.measures.sketch.copies import CopySample
from gapviz.measures.sketch.item_marks import ItemMarks
from gapviz.measures.sketch.score_sums import ScalarSums, ScoreSums
from gapviz.measures.sketch.sketch import Sketch
from gapviz.storage.files import unreadable, write_output

HEAD = "gapviz-sketches"
FORMAT = 1
BASIS = "basis"
"""The directions that are kept of many dimensions, once for all sketches of a file."""

_Array = npt.NDArray[Any]


def sketches_content(sketches: Sequence[Sketch], basis: Float32 | None = None) -> bytes:
    """The bytes of a file of sketches; the same sketches give the same bytes.

    Args:
        sketches: one a modality and role.
        basis: the directions of their second moments, where those are not all dimensions.
    """
    arrays: dict[str, _Array] = {} if basis is None else {BASIS: basis}
    told = []
    for place, one in enumerate(sketches):
        plain, own = _taken_apart(one)
        told.append(plain)
        arrays |= {f"{place}.{name}": np.ascontiguousarray(a) for name, a in own.items()}
    head = json.dumps({"format": FORMAT, "sketches": told}, ensure_ascii=True, allow_nan=False)
    content: bytes = save(arrays, metadata={HEAD: head})
    return content


def save_sketches(sketches: Sequence[Sketch], path: Path, basis: Float32 | None = None) -> None:
    """Write sketches into one file; arguments as of `sketches_content`.

    Raises:
        GapvizError: a disk that cannot be written.
    """
    write_output(path, sketches_content(sketches, basis))


def load_sketches(path: Path) -> list[Sketch]:
    """The sketches of a file.

    Raises:
        GapvizError: it cannot be read, is damaged, or holds no sketches.
    """
    return load_with_basis(path)[0]


def load_with_basis(path: Path) -> tuple[list[Sketch], Float32 | None]:
    """The sketches of a file, and the directions of their second moments.

    Raises:
        GapvizError: as `load_sketches`.
    """
    try:
        with safe_open(path, framework="numpy") as file:
            head = (file.metadata() or {}).get(HEAD)
            if head is None:
                raise GapvizError(
                    "holds no sketches", where=str(path), hint="give what `--sketch` wrote"
                )
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        told = parsed_json(head)
        if told["format"] != FORMAT:
            raise GapvizError(
                "was written by another version of gapviz", where=str(path), hint="make it again"
            )
        found = [_put_together(one, place, arrays) for place, one in enumerate(told["sketches"])]
        if not found:
            raise ValueError("no sketches")
        return found, arrays.get(BASIS)
    except GapvizError:
        raise
    except OSError as error:
        raise unreadable(path, error) from error
    except (SafetensorError, ValueError, TypeError, KeyError, IndexError, AttributeError) as error:
        raise GapvizError(
            "is damaged, or no file of sketches", where=str(path), hint="make it again"
        ) from error


def is_sketch_file(path: Path) -> bool:
    """Whether a file is one of sketches, whatever else it may be."""
    if path.suffix.lower() != ".safetensors" or not path.is_file():
        return False
    try:
        with safe_open(path, framework="numpy") as file:
            return HEAD in (file.metadata() or {})
    except (OSError, SafetensorError):
        return False


def _taken_apart(one: Sketch) -> tuple[dict[str, Any], dict[str, _Array]]:
    moments = one.moments
    upper = np.triu_indices(len(moments.products))
    plain: dict[str, Any] = {
        "modality": one.modality,
        "role": one.role,
        "dim": one.dim,
        "n": moments.n,
        "directions": len(moments.products),
        # Whole numbers of steps, larger than 64 bits hold.
        "total": list(moments.total),
        "log_norms": asdict(one.log_norms),
        "scores": {name: list(sums.sums) for name, sums in one.scores.items()},
        "along": list(one.along),
        "marks": list(one.marks.rows),
        "encoder": one.encoder,
        "encoder_record": asdict(one.encoder_record),
        "reference": one.reference,
    }
    arrays: dict[str, _Array] = {
        "products": (moments.products + moments.lost)[upper],
        "copies.hashes": one.copies.hashes,
        "copies.counts": one.copies.counts,
        "copies.codes": one.copies.codes,
    }
    if one.marks.rows:
        arrays["marks"] = np.stack(list(one.marks.rows.values()))
    for place, sums in enumerate(one.scores.values()):
        arrays[f"scores.{place}"] = sums.histogram
    for place, counts in enumerate(one.along.values()):
        arrays[f"along.{place}"] = counts
    return plain, arrays


def _scores(sums: Sequence[float], counts: _Array) -> ScoreSums:
    n, f, q, ff, qq, fq = sums
    whole = counts.astype(np.int64)
    return ScoreSums(int(n), float(f), float(q), float(ff), float(qq), float(fq), whole)


def _put_together(told: dict[str, Any], place: int, arrays: dict[str, _Array]) -> Sketch:
    def own(name: str) -> _Array:
        return arrays[f"{place}.{name}"]

    size = int(told["directions"])
    products = np.zeros((size, size))
    products[np.triu_indices(size)] = own("products")
    products = np.triu(products) + np.triu(products, 1).T
    total = tuple(int(step) for step in told["total"])
    if len(total) != told["dim"]:
        raise ValueError("total")
    scores = {
        name: _scores(sums, own(f"scores.{k}"))
        for k, (name, sums) in enumerate(told["scores"].items())
    }
    return Sketch(
        modality=str(told["modality"]),
        role=str(told["role"]),
        dim=int(told["dim"]),
        moments=SecondMoments(int(told["n"]), total, products, np.zeros_like(products)),
        log_norms=ScalarSums(**told["log_norms"]),
        scores=scores,
        along={name: own(f"along.{k}").astype(np.int64) for k, name in enumerate(told["along"])},
        copies=CopySample(own("copies.hashes"), own("copies.counts"), own("copies.codes")),
        marks=ItemMarks({name: own("marks")[k] for k, name in enumerate(told["marks"])}),
        encoder=str(told["encoder"]),
        encoder_record=EncoderRecord.of(told["encoder_record"]),
        reference=str(told["reference"]),
    )
