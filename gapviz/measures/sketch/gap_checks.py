"""The checks of a watch that look at several modalities: their gap, and their mix."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import inf, sqrt

import numpy as np

from gapviz.core.vectors import Float64
from gapviz.measures.sketch.calibration import Calibration
from gapviz.measures.sketch.check import FLOOR_MIX, SERIOUS, Check
from gapviz.measures.sketch.checks import SMALLEST_GAP, Compared, seen
from gapviz.measures.sketch.tails import Spectrum, chi_square_tail, quadratic_tail, two_sided


def gap_checks(
    compared: Mapping[str, Compared], calibration: Calibration, pair: tuple[str, str], floor: float
) -> Iterator[Check]:
    """The direction and the length of the gap of two modalities, of which today has one or both."""
    a, b = pair
    reference = calibration.reference
    fitted = reference.gap(a, b)
    unit = max(fitted, SMALLEST_GAP)
    parts = [compared[name] for name in pair if name in compared]
    signs = [1.0 if name == a else -1.0 for name in pair if name in compared]
    moved: Float64 = sum(
        (sign * part.shift for sign, part in zip(signs, parts, strict=True)),
        start=np.zeros(reference.dim),
    )
    u = reference.direction(a, b)
    along = float(moved @ u)
    across = moved - along * u
    level = parts[0].level
    kept = parts[0].kept(u)
    # Rows that are paired vary together, which only makes the difference of means vary less.
    square, cube, trace, variance, noise_before = 0.0, 0.0, 0.0, 0.0, 0.0
    covariances = np.zeros_like(parts[0].covariance)
    beyond = 0.0
    for part in parts:
        lateral = part.covariance - np.outer(kept, part.covariance @ kept)
        lateral = lateral - np.outer(lateral @ kept, kept)
        covariances = covariances + part.per_row * lateral
        beyond += part.per_row * part.beyond
        variance += part.per_row * float(kept @ part.covariance @ kept)
        noise_before += part.spectrum.trace / part.n_before
    n = sum(part.n_today + part.n_before for part in parts)
    spectrum = Spectrum.of(covariances, n, beyond, reference.dim - len(kept))
    trace, square, cube = spectrum.trace, spectrum.square, spectrum.cube
    size = float(across @ across)
    lateral_shift = sqrt(max(size - trace, 0.0))
    noise = seen(level) * sqrt(2 * square)
    name = f"{a}-{b}"
    angle = float(np.degrees(np.arctan2(lateral_shift, max(fitted + along, 1e-12))))
    yield Check(
        "direction",
        f"gap:{name}:direction",
        f"direction of the gap {a} – {b} (turned by {angle:.0f}°)",
        "length of the new gap beside the fitted direction, less what chance gives",
        0.0,
        lateral_shift / unit,
        lateral_shift / unit,
        floor,
        "of the gap",
        quadratic_tail(size, Spectrum(trace, square, cube), 1.0),
        smallest=sqrt(noise) / unit,
        needed=_gap_rows(parts, (SERIOUS * floor * unit) ** 2 / noise) if noise else 1.0,
    )
    # The fitted length is too long, and today's along it too short, by what noise lies across.
    change = along + (noise_before / fitted if fitted > 0 else 0.0)
    error = sqrt(variance)
    degrees = min(min(part.n_today, part.n_before) for part in parts) - 1
    ratio = SERIOUS * floor * unit / (seen(level) * error) if error else inf
    yield Check(
        "direction",
        f"gap:{name}:length",
        f"length of the gap {a} – {b}",
        "difference along the fitted direction, in standard errors",
        fitted,
        fitted + change,
        change / unit,
        floor,
        "of the gap",
        two_sided(change / error, degrees) if error else 1.0,
        smallest=seen(level) * error / unit,
        needed=_gap_rows(parts, ratio**2),
    )


def _gap_rows(parts: Sequence[Compared], times: float) -> float:
    """Rows a modality at which the variance is what it is now times `times`."""
    return max(part.rows_for(part.per_row * times) for part in parts)


def mix_check(compared: Sequence[Compared]) -> Check | None:
    """Shares of the rows by modality, today and at calibration (χ²); None of one modality."""
    if len(compared) < 2:
        return None
    counted = np.array([[one.today.n, one.before.n] for one in compared], dtype=np.float64)
    # Copies lessen what rows say, and not which share of them a modality has.
    table = counted / np.array(
        [max(one.copies_today for one in compared), max(one.copies_before for one in compared)]
    )
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / table.sum()
    value = float(((table - expected) ** 2 / expected).sum())
    shares = counted / counted.sum(axis=0)
    change = float(np.abs(shares[:, 0] - shares[:, 1]).sum() / 2)
    first = compared[0].name
    error = sqrt(float((0.25 / table.sum(axis=0)).sum()))
    return Check(
        "mix",
        "mix",
        f"share of {first} among the rows",
        "χ² of the counts by modality",
        float(shares[0, 1]),
        float(shares[0, 0]),
        change,
        FLOOR_MIX,
        "of the rows",
        chi_square_tail(value, len(compared) - 1),
        smallest=seen(compared[0].level) * error,
    )
