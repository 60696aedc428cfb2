"""The sketch of the calibration items that an export holds, for `gapviz watch`."""

from __future__ import annotations

import hashlib
from pathlib import Path

from gapviz.core.collection import Collection
from gapviz.core.errors import GapvizError
from gapviz.export.card import ExportCard
from gapviz.measures.sketch.calibration import Calibration
from gapviz.measures.sketch.sketch import load_with_basis, sketches_content
from gapviz.storage.files import unreadable

SKETCH_FILE = "sketch.safetensors"


def sketch_content(calibration_items: Collection) -> bytes:
    """The file of the sketches of calibration items, one a modality."""
    made = Calibration.of(calibration_items)
    return sketches_content(made.sketches, made.basis)


def load_calibration(folder: Path, card: ExportCard) -> Calibration:
    """What an export keeps of its calibration items.

    Args:
        folder: of the export.
        card: that of the export.

    Raises:
        GapvizError: it was exported without, or the file is missing, damaged or another one.
    """
    if not card.sketch:
        raise GapvizError(
            "holds no sketch of the calibration items, so that nothing can be held against them",
            where=str(folder),
            hint="export the strategy again with this version of gapviz",
        )
    path = folder / SKETCH_FILE
    try:
        found = hashlib.sha256(path.read_bytes()).hexdigest()
    except FileNotFoundError as error:
        raise GapvizError(
            f"{SKETCH_FILE} is missing", where=str(folder), hint="export the strategy again"
        ) from error
    except OSError as error:
        raise unreadable(path, error) from error
    if found != card.sketch_hash:
        raise GapvizError(
            f"{SKETCH_FILE} is not the file that the card tells of",
            where=str(folder),
            hint="export the strategy again",
        )
    return Calibration(*load_with_basis(path))
