"""`Drift`: whether today's vectors are still those that a fix was fitted on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import combinations
from math import isfinite, isnan, nan
from typing import Any, Literal

import numpy as np

from gapviz.core.collection import UNNAMED_MODEL
from gapviz.core.errors import GapvizError
from gapviz.core.plain_json import plain_json
from gapviz.core.vectors import Float64
from gapviz.measures.sketch.calibration import Calibration
from gapviz.measures.sketch.check import FLOOR_GAP, Check, Kind
from gapviz.measures.sketch.checks import (
    SMALLEST_GAP,
    Compared,
    centroid_check,
    likeness_check,
    score_checks,
    spread_checks,
)
from gapviz.measures.sketch.gap_checks import gap_checks, mix_check
from gapviz.measures.sketch.sketch import Sketch
from gapviz.measures.sketch.tails import holm, two_sided

LEVEL = 0.01
"""Chance of a false alarm, over all checks together."""
FEWEST = 10
"""Rows below which nothing is said."""
SAME_LENGTH = 0.1
"""Of log₂ of the lengths: less is worth no alarm."""

Verdict = Literal["fine", "drifted", "another encoder", "too few"]


@dataclass(frozen=True, eq=False)
class Drift:
    """What a watch finds."""

    verdict: Verdict
    checks: Sequence[Check]
    level: float
    rows: Mapping[str, int]
    """Today, by modality."""
    effective_rows: Mapping[str, float]
    """What those count as, near copies apart."""
    calibration_rows: Mapping[str, int]
    needed_rows: float
    """A modality, to see a serious change of every kind; infinite where the calibration items are
    too few for that."""
    residual: Mapping[str, float]
    """By pair, the gap that centring by the calibration items leaves today, in units of theirs."""
    notes: Sequence[str]
    """What could not be looked at, and why, a sentence each."""

    @property
    def alarms(self) -> list[Check]:
        """The checks that say no."""
        return [one for one in self.checks if one.alarm]

    def of(self, kind: Kind) -> list[Check]:
        """The checks of one kind."""
        return [one for one in self.checks if one.kind == kind]

    def to_json(self) -> dict[str, Any]:
        """Plain values, the checks by name."""
        told = {
            "verdict": self.verdict,
            "alarm": self.verdict in ("drifted", "another encoder"),
            "alarms": [one.name for one in self.alarms],
            "level": self.level,
            "rows": self.rows,
            "effective_rows": self.effective_rows,
            "calibration_rows": self.calibration_rows,
            "needed_rows": self.needed_rows,
            "residual_gap": self.residual,
            "checks": {one.name: asdict(one) for one in self.checks},
            "notes": list(self.notes),
        }
        plain: dict[str, Any] = plain_json(told)
        return plain


def drift_of(
    today: Sequence[Sketch],
    calibration: Calibration,
    *,
    level: float = LEVEL,
    floor: float = FLOOR_GAP,
) -> Drift:
    """Hold sketches against the calibration items.

    Args:
        today: one a modality, made against `calibration.reference`, or of another dimension.
        calibration: of the fix.
        level: the chance of a false alarm, over all checks together.
        floor: the smallest shift worth an alarm, in units of the fitted gap.

    Raises:
        GapvizError: no sketch, two of one modality, one of a modality that was not calibrated, or
            one that was made against other calibration items; a level or floor out of range.
    """
    _refuse_bad(today, calibration, level, floor)
    notes: list[str] = []
    found = [_dimension_check(sketch, calibration) for sketch in today]
    certain = [check for check in found if check is not None]
    if certain:
        return _told(certain, today, (), calibration, level, notes)
    n = len(calibration.corpus)
    n_checks = len(today) * (5 + 2 * n) + 2 * (n * (n - 1) // 2) + 1
    basis = calibration.basis
    compared = [
        Compared(one, calibration.held_against(one), level / n_checks, basis) for one in today
    ]
    checks: list[Check] = []
    if min(one.n_today for one in compared) >= FEWEST:
        checks = _all_checks(compared, calibration, floor, notes)
    for one in compared:
        certain += _facts(one, notes)
    return _told([*certain, *checks], today, compared, calibration, level, notes)


def _all_checks(
    compared: Sequence[Compared], calibration: Calibration, floor: float, notes: list[str]
) -> list[Check]:
    checks: list[Check] = []
    by_name = {one.name: one for one in compared}
    for pair in combinations(calibration.reference.names, 2):
        if by_name.keys() & set(pair):
            checks += gap_checks(by_name, calibration, pair, floor)
    for one in compared:
        others = [name for name in calibration.reference.names if name != one.name]
        gaps = [calibration.reference.gap(one.name, name) for name in others]
        unit = max([SMALLEST_GAP, *gaps])
        checks.append(centroid_check(one, unit, floor))
        checks += spread_checks(one)
        checks += score_checks(one)
        likeness = likeness_check(one)
        if likeness is None:
            notes.append(
                f"{one.name}: the rows lie in all directions alike, so that moments cannot tell "
                "one encoder from another."
            )
        else:
            checks.append(likeness)
        length = _length_check(one)
        if length is not None:
            checks.append(length)
    mix = mix_check(compared)
    if mix is not None:
        checks.append(mix)
    elif len(calibration.reference.names) > 1:
        notes.append("The mix of modalities is not looked at: there is one modality today.")
    return checks


def _told(
    checks: Sequence[Check],
    today: Sequence[Sketch],
    compared: Sequence[Compared],
    calibration: Calibration,
    level: float,
    notes: Sequence[str],
) -> Drift:
    adjusted = holm([nan if one.certain else one.chance for one in checks])
    judged = []
    for one, chance in zip(checks, adjusted, strict=True):
        large = one.change < one.floor if one.lower else abs(one.change) >= one.floor
        alarm = one.alarm if one.certain else chance <= level and large
        judged.append(replace(one, adjusted=chance, alarm=alarm))
    alarms = [one for one in judged if one.alarm]
    tested = [one for one in judged if not one.certain]
    if any(one.kind == "encoder" for one in alarms):
        verdict: Verdict = "another encoder"
    elif alarms:
        verdict = "drifted"
    elif not tested or any(one.blind for one in tested):
        verdict = "too few"
    else:
        verdict = "fine"
    return Drift(
        verdict,
        judged,
        level,
        {one.modality: one.n for one in today},
        {one.name: one.n_today for one in compared},
        {name: one.n for name, one in calibration.corpus.items()},
        max((one.needed for one in tested if not isnan(one.needed)), default=nan),
        _residuals(compared, calibration),
        notes,
    )


def _residuals(compared: Sequence[Compared], calibration: Calibration) -> dict[str, float]:
    by_name = {one.name: one for one in compared}
    found = {}
    for a, b in combinations(calibration.reference.names, 2):
        moved: Float64 = np.zeros(calibration.reference.dim)
        noise = 0.0
        for name, sign in ((a, 1.0), (b, -1.0)):
            if name in by_name:
                moved = moved + sign * by_name[name].shift
                noise += by_name[name].spectrum.trace * by_name[name].per_row
        gap = calibration.reference.gap(a, b)
        if gap > 0 and by_name.keys() & {a, b}:
            found[f"{a}-{b}"] = float(np.sqrt(max(float(moved @ moved) - noise, 0.0))) / gap
    return found


def _fact(
    name: str,
    subject: str,
    *,
    alarm: bool,
    before: float = nan,
    today: float = nan,
    change: float = 1.0,
    unit: str = "",
) -> Check:
    """Of the encoder, what is compared and not tested."""
    return Check(
        "encoder", f"encoder:{name}", subject, "compared", before, today, change, 0.0, unit, nan,
        alarm=alarm, certain=True,
    )  # fmt: skip


def _dimension_check(sketch: Sketch, calibration: Calibration) -> Check | None:
    dim = calibration.reference.dim
    if sketch.dim == dim:
        return None
    return _fact(
        f"{sketch.modality}:dimensions",
        f"dimensions of {sketch.modality} ({dim} → {sketch.dim})",
        alarm=True,
        before=dim,
        today=sketch.dim,
        change=float(sketch.dim - dim),
        unit="dimensions",
    )


def _facts(one: Compared, notes: list[str]) -> list[Check]:
    """The name of the encoder, and items that both hold; rows that agree overrule a name."""
    found = []
    common, same = one.before.marks.compared(one.today.marks)
    names = (one.before.encoder, one.today.encoder)
    if UNNAMED_MODEL in names:
        notes.append(f"{one.name}: the name of the encoder is not known on both sides.")
    elif names[0] != names[1]:
        told = f"encoder of {one.name}: {names[0]} → {names[1]}"
        found.append(_fact(f"{one.name}:name", told, alarm=2 * same <= common))
    if common:
        found.append(
            _fact(
                f"{one.name}:items",
                f"marked items of {one.name} as they were: {same} of {common}",
                alarm=2 * same < common,
                before=1.0,
                today=same / common,
                change=same / common - 1,
                unit="of the items",
            )
        )
    return found


def _length_check(one: Compared) -> Check | None:
    """Lengths of the rows as the encoder gave them, where they are known on both sides."""
    today, before = one.today.log_norms, one.before.log_norms
    if today.n < FEWEST or before.n < FEWEST:
        return None
    error = float(np.sqrt(today.variance / one.n_today + before.variance / one.n_before))
    change = today.mean - before.mean
    chance = 0.0 if abs(change) > 1e-6 else 1.0
    if error:
        chance = two_sided(change / error, min(one.n_today, one.n_before) - 1)
    return Check(
        "encoder", f"encoder:{one.name}:length", f"length of the rows of {one.name}",
        "difference of the mean log₂, in standard errors", float(2.0**before.mean),
        float(2.0**today.mean), change, SAME_LENGTH, "doublings", chance,
    )  # fmt: skip


def _refuse_bad(
    today: Sequence[Sketch], calibration: Calibration, level: float, floor: float
) -> None:
    if not 0 < level < 1:
        raise GapvizError(f"the level {level:g} is not between 0 and 1", hint="give 0.01, say")
    if not (isfinite(floor) and floor >= 0):
        raise GapvizError(f"the floor {floor:g} is below 0", hint="give 0.03, say")
    if not today:
        raise GapvizError("there is nothing to look at", hint="give vectors")
    names = [one.modality for one in today]
    if len(set(names)) != len(names):
        raise GapvizError(
            f"there are two sketches of one modality ({', '.join(names)})", hint="merge them first"
        )
    for one in today:
        if one.modality not in calibration.corpus:
            raise GapvizError(
                f"there is no modality {one.modality!r} among the calibration items",
                hint=f"name one of {', '.join(calibration.corpus)}",
            )
        if one.dim == calibration.reference.dim and one.reference != calibration.reference.digest:
            raise GapvizError(
                f"the sketch of {one.modality} was made against another export",
                hint="make it again from the vectors, with this export",
            )
