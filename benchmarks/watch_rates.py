"""How often `gapviz watch` alarms where nothing has moved, and where something has.

`python -m benchmarks.watch_rates [--replications 400] [--first-seed 0] [--workers 1]
[--reference FOLDER]` draws
calibration items and rows of another day from populations whose truth is known, and prints as
Markdown the shares with their 95 % intervals. With a folder of reference embeddings random
halves of real ones are held against each other, too.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache, partial
from itertools import product
from pathlib import Path

import numpy as np

from gapviz.core.collection import Collection
from gapviz.core.estimate import wilson
from gapviz.core.item import items_of_rows
from gapviz.core.modality_vectors import ModalityVectors
from gapviz.core.vectors import Float32, Float64, unit_rows
from gapviz.measures.sketch.calibration import Calibration
from gapviz.measures.sketch.drift import Drift, drift_of
from gapviz.measures.sketch.sketch import Sketch
from gapviz.sources.builtin import builtin_collection

SIZES = (50, 500, 5_000)
"""Rows of a modality today."""
CALIBRATED = 500
"""Items of the calibration."""
DIM = 64
GAP, SPREAD = 0.85, 0.68
"""Of CLIP ViT-B/32 on COCO: the gap, and the distance of rows to their centroid."""
COPIES = 5
TOPICS = 20

Rows = Mapping[str, Float32]
Generator = np.random.Generator


@dataclass(frozen=True)
class Population:
    """Two cones of unit rows, `image` and `text`, whose items share what they mean."""

    title: str
    isotropic: bool = False
    heavy: bool = False
    topics: bool = False
    copies: bool = False
    """Whether today's rows are near copies of a fifth of them, in any order."""

    def drawn(self, n: int, rng: Generator, *, today: bool = False) -> Rows:
        """Rows `(n, DIM)` of each modality."""
        owner = np.arange(n)
        if self.copies and today:
            owner = rng.permutation(np.arange(n) // COPIES)
        meaning = self._noise(int(owner.max()) + 1, rng)[owner]
        found = {}
        for name, side in (("image", 0.5), ("text", -0.5)):
            own = self._noise(int(owner.max()) + 1, rng)[owner]
            slight = 0.05 * self._noise(n, rng) if self.copies and today else 0.0
            rows = 0.6 * meaning + 0.8 * own + slight
            # Before they are brought to length 1 the rows are longer by 1/√(1 − SPREAD²).
            rows *= SPREAD / np.sqrt(1 - SPREAD**2)
            rows[:, 0] += 1
            rows[:, 1] += side * GAP / np.sqrt(1 - SPREAD**2 - GAP**2 / 4)
            found[name] = unit_rows(rows)
        return found

    def _noise(self, n: int, rng: Generator) -> Float64:
        scale = np.ones(DIM) if self.isotropic else np.arange(1.0, DIM + 1) ** -0.5
        scale /= np.linalg.norm(scale)
        rows: Float64 = rng.standard_normal((n, DIM)) * scale
        if self.topics:
            centres = np.random.default_rng(7).standard_normal((TOPICS, DIM)) * scale
            chances = np.arange(1.0, TOPICS + 1) ** -1
            chosen = rng.choice(TOPICS, n, p=chances / chances.sum())
            rows = 0.8 * centres[chosen] + 0.6 * rows
        if self.heavy:
            rows *= np.sqrt(1 / rng.gamma(1.5, 2 / 3, n))[:, None] / np.sqrt(3)
        return rows


@dataclass(frozen=True)
class RealHalves:
    """Random halves of the same items of a real set: nothing has moved."""

    title: str
    read: Callable[[], Mapping[str, Float32]]

    def split(self, rng: Generator) -> tuple[Rows, Rows]:
        """Two halves of the items."""
        rows = self.read()
        order = rng.permutation(len(next(iter(rows.values()))))
        half = order.size // 2
        return ({k: v[order[:half]] for k, v in rows.items()},
                {k: v[order[half:]] for k, v in rows.items()})  # fmt: skip


POPULATIONS = (
    Population("cones, spread falls as in CLIP"),
    Population("cones, spread alike in all directions", isotropic=True),
    Population("heavy tails (Student's t, 3 degrees)", heavy=True),
    Population("20 topics of unequal size", topics=True),
    Population("near copies, 5 of each row, shuffled", copies=True),
)


def centroid_moved(rows: Rows, rng: Generator) -> Rows:
    """The images lie 5 % of the gap further in a random direction."""
    direction: Float64 = rng.standard_normal((rows["image"].shape[1],))
    direction *= 0.05 * GAP / float(np.linalg.norm(direction))
    return {**rows, "image": unit_rows(rows["image"], shift=direction)}


def gap_longer(rows: Rows, rng: Generator) -> Rows:
    """The gap is a fifth longer, so that the fitted λ takes out too little."""
    shift = np.zeros(rows["image"].shape[1])
    shift[1] = 0.1 * GAP
    return {
        "image": unit_rows(rows["image"], shift=shift),
        "text": unit_rows(rows["text"], shift=-shift),
    }


def mix_changed(rows: Rows, rng: Generator) -> Rows:
    """Four of five rows are images, and were one of two."""
    return {**rows, "text": rows["text"][: max(1, len(rows["image"]) // 4)]}


def other_checkpoint(rows: Rows, rng: Generator) -> Rows:
    """The same geometry in a space that is turned at random, as another run of training has it."""
    turned = np.linalg.qr(rng.standard_normal((rows["image"].shape[1],) * 2))[0]
    return {name: unit_rows(part @ turned) for name, part in rows.items()}


SHIFTS: Mapping[str, Callable[[Rows, Generator], Rows]] = {
    "centroid of the images moved by 5 % of the gap": centroid_moved,
    "gap 20 % longer (λ too small)": gap_longer,
    "share of images 50 → 80 %": mix_changed,
    "another checkpoint": other_checkpoint,
}


def calibration_of(rows: Rows) -> Calibration:
    """Of rows, of which those of one number are one item."""
    n = len(next(iter(rows.values())))
    blocks = {name: ModalityVectors.of(part) for name, part in rows.items()}
    return Calibration.of(Collection("made", items_of_rows(n), blocks))


def watched(before: Rows, today: Rows) -> Drift:
    """What a watch says of rows of another day."""
    calibration = calibration_of(before)
    reference = calibration.reference
    return drift_of([Sketch.of(part, k, reference) for k, part in today.items()], calibration)


@dataclass(frozen=True)
class Case:
    """A population or a real set, the rows of today, and what has moved."""

    subject: Population | RealHalves
    n: int
    shift: str = ""

    def drift(self, seed: int) -> Drift:
        """One replication."""
        rng = np.random.default_rng([seed, self.n, len(self.shift)])
        if isinstance(self.subject, RealHalves):
            before, today = self.subject.split(rng)
        else:
            before = self.subject.drawn(CALIBRATED, rng)
            today = self.subject.drawn(self.n, rng, today=True)
        if self.shift:
            today = SHIFTS[self.shift](today, rng)
        return watched(before, today)

    def rates(self, replications: int, first: int = 0) -> list[tuple[float, ...]]:
        """A row of numbers a replication; see `_numbers`. A third of them where something moved."""
        n = replications // 3 if self.shift else replications
        return [_numbers(self.drift(seed)) for seed in range(first, first + n)]


def _numbers(drift: Drift) -> tuple[float, ...]:
    """Alarm; significant at 1 % and at 10 % whatever the floor; the verdicts; rows as counted."""
    tested = [one for one in drift.checks if not one.certain and one.kind != "encoder"]
    lowest = min((one.adjusted for one in tested), default=1.0)
    return (
        drift.verdict in ("drifted", "another encoder"),
        lowest <= 0.01,
        lowest <= 0.1,
        drift.verdict == "another encoder",
        drift.verdict == "too few",
        float(np.mean(list(drift.effective_rows.values()))),
    )


def cases(reference: Path | None) -> Iterator[Case]:
    """Where nothing has moved, and where something has."""
    for population, n in product(POPULATIONS, SIZES):
        yield Case(population, n)
    yield Case(RealHalves("built-in collection, halves", _builtin_rows), 404)
    if reference is not None:
        clip = RealHalves("CLIP ViT-B/32 on COCO, halves", partial(_clip_rows, reference))
        yield Case(clip, 250)
    for population, shift, n in product(POPULATIONS[:1], SHIFTS, SIZES):
        yield Case(population, n, shift)


@cache
def _builtin_rows() -> dict[str, Float32]:
    whole = builtin_collection()
    held = np.concatenate([whole.splits["calibrate"], whole.splits["evaluate"]])
    return {k: block.corpus.vectors for k, block in whole.subset(held).modalities.items()}


@cache
def _clip_rows(reference: Path) -> dict[str, Float32]:
    image, text = np.load(reference / "liang2022" / "features_clip.npy")
    return {"image": unit_rows(image), "text": unit_rows(text)}


def _cell(values: Float64) -> str:
    found = wilson(float(values.mean()), values.size)
    return f"{found.value:.3f} [{found.low:.3f}, {found.high:.3f}]"


def _line(case: Case, found: Float64) -> str:
    alarms, strict, wide, other, few = (_cell(found[:, place]) for place in range(5))
    counted = f"{found[:, 5].mean():,.0f}"
    n = f"{case.n:,}"
    if case.shift:
        return f"| {case.shift} | {n} | {alarms} | {other} | {few} |"
    return f"| {case.subject.title} | {n} | {counted} | {alarms} | {strict} | {wide} | {few} |"


HEADS = {
    False: "| nothing has moved | rows | count as | alarm | p ≤ .01, any shift | p ≤ .10, any shift"
    " | too few to say |\n| --- | --- | --- | --- | --- | --- | --- |",
    True: "\n| what has moved | rows | alarm | called another encoder | too few to say |\n"
    "| --- | --- | --- | --- | --- |",
}


def main() -> None:
    """Print the two tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--replications", type=int, default=400)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--reference", type=Path)
    options = parser.parse_args()
    shifted = None
    every = list(cases(options.reference))
    with ProcessPoolExecutor(options.workers) as pool:
        rates = pool.map(
            partial(Case.rates, replications=options.replications, first=options.first_seed), every
        )
        for case, found in zip(every, rates, strict=True):
            if bool(case.shift) != shifted:
                shifted = bool(case.shift)
                print(HEADS[shifted])
            print(_line(case, np.array(found)), flush=True)


if __name__ == "__main__":
    main()
