"""Findings as tidy rows: an estimate is a value with its two ends."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

Record = dict[str, Any]

ESTIMATE = frozenset({"value", "low", "high"})
"""Keys of an estimate in JSON."""

NOT_FIGURES = frozenset({"version", "seed", "parameters", "carried_by_ties", "ties_carry"})
"""What of a finding in JSON has no row."""


def figure_rows(figures: Mapping[str, Any], head: Record | None = None) -> list[Record]:
    """A row a figure: its name, of what it is (a modality, a direction), value, low and high.

    >>> figure_rows({"gap": {"value": 1.0, "low": 0.9, "high": 1.1}, "n": {"image": 5}})[1]
    {'figure': 'n', 'of': 'image', 'value': 5, 'low': None, 'high': None}

    Args:
        figures: as `Finding.to_json` has them.
        head: what stands first in every row.
    """
    return [
        {**(head or {}), "figure": path[0], "of": " ".join(path[1:]), **found}
        for path, found in _estimates(figures)
        if path[0] not in NOT_FIGURES
    ]


def flat_record(record: Mapping[str, Any]) -> Record:
    """One row of all that a record holds: an estimate `x` becomes `x`, `x_low` and `x_high`.

    >>> flat_record({"bias": {"text": {"value": 1.0, "low": 0.9, "high": 1.0}}})
    {'bias_text': 1.0, 'bias_text_low': 0.9, 'bias_text_high': 1.0}
    """
    found: Record = {}
    for key, value in record.items():
        name = str(key).replace("->", "_to_").replace(" ", "_")
        if isinstance(value, Mapping):
            if set(value) == ESTIMATE:
                found |= {name: value["value"], f"{name}_low": value["low"]}
                found[f"{name}_high"] = value["high"]
            else:
                found |= {f"{name}_{one}": each for one, each in flat_record(value).items()}
        elif not isinstance(value, list):
            found[name] = value
    return found


def frame(rows: Sequence[Record]) -> pd.DataFrame:
    """Rows as a frame of pandas; numbers that are not known are NaN."""
    import pandas as pd

    columns = list(dict.fromkeys(name for row in rows for name in row))
    table = pd.DataFrame(list(rows), columns=columns)
    for name in table.columns:
        kinds = {type(value) for value in table[name]}
        if float in kinds and kinds <= {int, float, type(None)}:
            table[name] = table[name].astype("float64")
    return table


def _estimates(
    figures: Mapping[str, Any], above: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], Record]]:
    for key, value in figures.items():
        path = (*above, str(key))
        if isinstance(value, Mapping):
            if set(value) == ESTIMATE:
                yield path, dict(value)
            else:
                yield from _estimates(value, path)
        elif isinstance(value, int | float) and not isinstance(value, bool):
            yield path, {"value": value, "low": None, "high": None}
