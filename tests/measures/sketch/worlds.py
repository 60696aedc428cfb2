"""Two cones whose gap and spread are known."""

import numpy as np

from gapviz.core.collection import Collection
from gapviz.core.item import items_of_rows
from gapviz.core.modality_vectors import ModalityVectors
from gapviz.core.vectors import unit_rows
from gapviz.measures.sketch.calibration import Calibration
from gapviz.measures.sketch.drift import drift_of
from gapviz.measures.sketch.sketch import Sketch

DIM = 24


def cones(n, seed, *, gap=0.8, dim=DIM, moved=0.0):
    """Rows of `image` and `text`; the images lie `moved` further along the third dimension."""
    rng = np.random.default_rng(seed)
    scale = 0.25 * np.arange(1.0, dim + 1) ** -0.5
    found = {}
    for name, side in (("image", 0.5), ("text", -0.5)):
        rows = rng.standard_normal((n, dim)) * scale
        rows[:, 0] += 1
        rows[:, 1] += side * gap
        rows[:, 2] += moved * (name == "image")
        found[name] = unit_rows(rows)
    return found


def collection_of(rows, name="made"):
    n = len(rows["image"])
    blocks = {k: ModalityVectors.of(part) for k, part in rows.items()}
    return Collection(name, items_of_rows(n), blocks)


def calibration_of(rows):
    return Calibration.of(collection_of(rows))


def watched(calibration, rows, **options):
    reference = calibration.reference
    today = [Sketch.of(part, name, reference) for name, part in rows.items()]
    return drift_of(today, calibration, **options)
