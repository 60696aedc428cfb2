"""The checks of a watch, each from the sketches of today and of the calibration items alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import inf, log, nan, sqrt

import numpy as np

from gapviz.core.lazy import cached_property
from gapviz.core.vectors import Float32, Float64
from gapviz.measures.sketch.check import (
    FLOOR_COSINE,
    FLOOR_LEVEL,
    FLOOR_SHAPE,
    FLOOR_SPREAD,
    SAME_ENCODER,
    SERIOUS,
    Check,
)
from gapviz.measures.sketch.copies import design_effect
from gapviz.measures.sketch.reference import coordinates
from gapviz.measures.sketch.score_sums import ScoreSums
from gapviz.measures.sketch.sketch import Sketch
from gapviz.measures.sketch.tails import (
    Spectrum,
    below,
    kolmogorov_tail,
    normal_quantile,
    quadratic_tail,
    two_sided,
)

POWER = 0.8
SMALLEST_GAP = 0.1
"""A gap below this is no unit; shifts are then told in units of it."""


@dataclass(frozen=True, eq=False)
class Compared:
    """One modality of today beside that of the calibration items."""

    today: Sketch
    before: Sketch
    level: float
    """Chance of a false alarm that one check may have, for how much it can see."""
    basis: Float32 | None = None
    """The kept directions; None for all."""

    @property
    def name(self) -> str:
        return self.today.modality

    @cached_property
    def copies_today(self) -> float:
        """Design effect of near copies among today's rows."""
        return design_effect(
            self.today.copies, self.today.n, self.before.copies, exact=self.far_apart
        )

    @cached_property
    def copies_before(self) -> float:
        """The same of the calibration rows."""
        return design_effect(
            self.before.copies, self.before.n, self.today.copies, exact=self.far_apart
        )

    @property
    def far_apart(self) -> bool:
        """Whether today's rows all lie on one side of the calibration centroid.

        Two of them then look alike from there, and are no copies. Their centroid must lie further
        off than they spread: what ten clusters leave to chance is a tenth of that.
        """
        mean = self.today.mean
        return float(self.shift @ self.shift) > 1 - float(mean @ mean)

    @property
    def n_today(self) -> float:
        """Rows that today's count as."""
        return self.today.n / self.copies_today

    @property
    def n_before(self) -> float:
        """Rows that those of the calibration count as."""
        return self.before.n / self.copies_before

    @property
    def per_row(self) -> float:
        """1/n + 1/n: of the variance of a difference of means."""
        return 1 / self.n_today + 1 / self.n_before

    @cached_property
    def shift(self) -> Float64:
        """Of the centroid, `(dim,)`."""
        return self.today.mean - self.before.mean

    @cached_property
    def covariance(self) -> Float64:
        """Pooled within both, along the kept directions."""
        today, before = self.today.n, self.before.n
        summed = today * self.covariance_of(self.today) + before * self.covariance_of(self.before)
        pooled: Float64 = summed / (today + before)
        return pooled

    @cached_property
    def beyond(self) -> float:
        """Variance beyond the kept directions; 0 where all are kept."""
        if self.today.full:
            return 0.0
        parts = [(one.n, 1 - float(one.mean @ one.mean)) for one in (self.today, self.before)]
        whole = sum(n * part for n, part in parts) / (self.today.n + self.before.n)
        return max(whole - float(np.trace(self.covariance)), 0.0)

    @cached_property
    def spectrum(self) -> Spectrum:
        """Of Σ."""
        further = self.today.dim - len(self.covariance)
        return Spectrum.of(self.covariance, self.n_today + self.n_before, self.beyond, further)

    def covariance_of(self, sketch: Sketch) -> Float64:
        """Unbiased, along the kept directions."""
        mean = self.kept(sketch.mean)
        n = sketch.n
        found: Float64 = (sketch.second - np.outer(mean, mean)) * (n / max(n - 1, 1))
        return found

    def kept(self, vector: Float64) -> Float64:
        """A vector `(dim,)` along the kept directions."""
        along: Float64 = coordinates(vector[None], self.basis)[0]
        return along

    def rows_for(self, per_row: float) -> float:
        """Rows of today at which 1/n + 1/n falls to `per_row`; infinite where it cannot."""
        left = per_row - 1 / self.n_before
        return self.copies_today / left if left > 0 else inf


def seen(level: float) -> float:
    """Standard errors of a change that is found `POWER` of the time at a level."""
    return normal_quantile(1 - level / 2) + normal_quantile(POWER)


def centroid_check(one: Compared, unit: float, floor: float) -> Check:
    """‖μ̂ − μ̂₀‖² against what chance gives two samples of one cloud."""
    square = float(one.shift @ one.shift)
    chance = quadratic_tail(square, one.spectrum, one.per_row)
    length = sqrt(max(square - one.spectrum.trace * one.per_row, 0.0)) / unit
    noise = seen(one.level) * sqrt(2 * one.spectrum.square)
    return Check(
        "centroid",
        f"centroid:{one.name}",
        f"place of {one.name}",
        "distance of the two centroids, less what chance gives",
        0.0,
        length,
        length,
        floor,
        "of the gap",
        chance,
        smallest=sqrt(noise * one.per_row) / unit,
        needed=one.rows_for((SERIOUS * floor * unit) ** 2 / noise) if noise else 1.0,
    )


def spread_checks(one: Compared) -> Iterator[Check]:
    """The mean cosine within the modality, and the distribution about its centroid."""
    cosines, abouts = [], []
    for sketch in (one.today, one.before):
        mean, n = sketch.mean, sketch.n
        within = float(mean @ mean)
        counted = one.n_today if sketch is one.today else one.n_before
        cosines.append(within - (1 - within) / max(counted - 1, 1))
        kept = one.kept(mean)
        abouts.append(n * max(float(kept @ sketch.second @ kept) - within**2, 0.0))
    about = sum(abouts) / (one.today.n + one.before.n)
    own = 1 / one.n_today**2 + 1 / one.n_before**2
    error = sqrt(4 * about * one.per_row + 2 * one.spectrum.square * own)
    change = cosines[0] - cosines[1]
    degrees = one.n_today + one.n_before - 2
    per = error / sqrt(one.per_row)
    yield Check(
        "spread",
        f"spread:{one.name}:cosine",
        f"mean cosine within {one.name}",
        "difference of the mean cosine of two rows, in standard errors",
        cosines[1],
        cosines[0],
        change,
        FLOOR_COSINE,
        "cosine",
        two_sided(change / error, degrees) if error else 1.0,
        smallest=seen(one.level) * error,
        needed=one.rows_for((SERIOUS * FLOOR_COSINE / (seen(one.level) * per)) ** 2) if per else 1,
    )
    today, before = (_shares(s.scores[one.name]) for s in (one.today, one.before))
    distance = float(np.abs(today - before).max())
    rows = 1 / one.per_row
    # Kolmogorov's bound at the level: √(ln(2/level)/2).
    bound = sqrt(log(2 / one.level) / 2) + normal_quantile(POWER) / 2
    yield Check(
        "spread",
        f"spread:{one.name}:shape",
        f"cosines of {one.name} to its centroid",
        "largest difference of the two distributions (Kolmogorov and Smirnov)",
        nan,
        distance,
        distance,
        FLOOR_SHAPE,
        "of the rows",
        kolmogorov_tail(distance, rows),
        smallest=bound / sqrt(rows),
        needed=one.rows_for((SERIOUS * FLOOR_SHAPE / bound) ** 2),
    )


def _shares(scores: ScoreSums) -> Float64:
    shares: Float64 = np.cumsum(scores.histogram) / max(scores.n, 1)
    return shares


def score_checks(one: Compared) -> Iterator[Check]:
    """Mean and standard deviation of scores with the calibration rows of every modality.

    The variance between rows is pooled, since nothing has moved where a false alarm would be
    one; that of few skewed rows alone is too small whenever their mean is low.
    """
    degrees = one.n_today + one.n_before - 2
    for other, before in one.before.scores.items():
        today = one.today.scores[other]
        pair = f"{one.name}->{other}"
        spread = before.spread
        if not spread > 0:
            continue
        parts = ((today, today.n), (before, before.n))
        rows = today.n + before.n
        middle = (today.f + before.f) / rows
        error = sqrt(one.per_row * sum(n * part.variance_of_mean for part, n in parts) / rows)
        change = today.mean - before.mean
        per = error / spread / sqrt(one.per_row)
        yield Check(
            "scores",
            f"scores:{pair}:mean",
            f"mean score {one.name} → {other}",
            "difference of the means, in standard errors",
            before.mean,
            today.mean,
            change / spread,
            FLOOR_LEVEL,
            "standard deviations",
            two_sided(change / error, degrees) if error else 1.0,
            smallest=seen(one.level) * error / spread,
            needed=_needed(one, per, FLOOR_LEVEL),
        )
        pooled = sum(n * part.variance_about(middle) for part, n in parts) / rows
        variance = sum(n * part.spread**2 for part, n in parts) / rows
        # A variance changes by twice as much as its root.
        error = sqrt(one.per_row * pooled) / variance / 2
        ratio = today.spread / spread
        yield Check(
            "scores",
            f"scores:{pair}:spread",
            f"spread of scores {one.name} → {other}",
            "ratio of the standard deviations, its logarithm in standard errors",
            spread,
            today.spread,
            ratio - 1,
            FLOOR_SPREAD,
            "of it",
            two_sided(log(max(ratio, 1e-12)) / error, degrees) if error else 1.0,
            smallest=seen(one.level) * error,
            needed=_needed(one, error / sqrt(one.per_row), FLOOR_SPREAD),
        )


def _needed(one: Compared, per: float, floor: float) -> float:
    return one.rows_for((SERIOUS * floor / (seen(one.level) * per)) ** 2) if per else 1.0


def likeness_check(one: Compared) -> Check | None:
    """Whether today's rows score with the calibration rows as those do among themselves.

    Mean squared score across, over the geometric mean of those within: 1 of one encoder on one
    subject, 1/d over the geometric mean for axes that have nothing in common. None where that is
    no lower than `SAME_ENCODER`: rows that lie in no direction more than in another.
    """
    own = one.today.scores[one.name]
    n = one.today.n
    total = float((one.today.second**2).sum())
    if not one.today.full:
        left = max(1 - float(np.trace(one.today.second)), 0.0)
        total += left**2 / (one.today.dim - len(one.today.second))
    within = [
        (n * total - 1) / (n - 1) if n > 1 else total,
        one.before.scores[one.name].mean_square,
    ]
    scale = sqrt(max(within[0], 1e-12) * max(within[1], 1e-12))
    if 1 / (one.today.dim * scale) >= SAME_ENCODER:
        return None
    likeness = own.mean_square / scale
    error = sqrt(max(own.variance_of_square, 0.0) / one.n_today) / scale if n > 1 else inf
    chance = below((likeness - SAME_ENCODER) / error, one.n_today - 1) if error else nan
    if not error:
        chance = 0.0 if likeness < SAME_ENCODER else 1.0
    return Check(
        "encoder",
        f"encoder:{one.name}:likeness",
        f"{one.name} looks as if the same model made it",
        "mean squared score with the calibration rows, over that within each",
        1.0,
        likeness,
        likeness,
        SAME_ENCODER,
        "of 1",
        chance,
        lower=True,
    )
