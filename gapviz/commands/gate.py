"""`--fail-if`: a condition on the figures of the JSON output, for a check that runs by itself."""

from __future__ import annotations

import argparse
import operator
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any

from gapviz.core.errors import GapvizError
from gapviz.core.estimate import Estimate

_OPERATORS: dict[str, Callable[[float, float], bool]] = {
    "<=": operator.le,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    ">": operator.gt,
}
ESTIMATE = {field.name for field in fields(Estimate)}
"""Names of the parts of an estimate, which a condition reads by its value."""

_PART = r"(?:->|[^\s<>=!.])+"
_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
_CONDITION = re.compile(
    rf"\s*(?P<name>{_PART}(?:\.{_PART})*)\s*(?P<sign><=|>=|==|!=|<|>)\s*(?P<number>{_NUMBER})\s*"
)


@dataclass(frozen=True, slots=True)
class Condition:
    """`NAME[.PART…] OPERATOR NUMBER`, with the names of the JSON output."""

    path: tuple[str, ...]
    sign: str
    number: float

    def broken(self, figures: Mapping[str, Any]) -> tuple[str, ...]:
        """Each figure that the condition holds for, with its value; nothing where all is well.

        A name that stands for several figures (one a modality) holds for any of them.

        Raises:
            GapvizError: no figure of that name, or none that is known.
        """
        found = list(_numbers(_at(figures, self.path), ".".join(self.path)))
        if not found:
            raise GapvizError(
                f"{'.'.join(self.path)!r} is no figure that is known here",
                where="--fail-if",
                hint="name one that --json shows as a number",
            )
        holds = _OPERATORS[self.sign]
        return tuple(
            f"{name} = {value:.6g} {self.sign} {self.number:g}"
            for name, value in found
            if holds(value, self.number)
        )


@dataclass(frozen=True, slots=True)
class Gated:
    """What to print, and what of the figures breaks a condition."""

    text: str
    broken: tuple[str, ...] = ()


def add_gate(command: argparse.ArgumentParser) -> None:
    """The option whose texts `parse_condition` reads."""
    command.add_argument(
        "--fail-if",
        action="append",
        default=[],
        metavar="CONDITION",
        help="exit with code 1 where it holds, for instance 'bias_at_10 > 0.9' or "
        "'recall.text->image.10 < 0.5'; the names are those of --json; may be given again",
    )


def parse_condition(text: str) -> Condition:
    """One condition.

    Raises:
        GapvizError: it is not of the form NAME OPERATOR NUMBER.

    >>> parse_condition("bias_at_10.text > 0.9")
    Condition(path=('bias_at_10', 'text'), sign='>', number=0.9)
    """
    match = _CONDITION.fullmatch(text[:400])
    if match is None:
        raise GapvizError(
            f"{text[:80]!r} is not a condition",
            where="--fail-if",
            hint="write for instance 'bias_at_10 > 0.9' or 'recall.text->image.10 < 0.5'",
        )
    return Condition(tuple(match["name"].split(".")), match["sign"], float(match["number"]))


def _at(figures: Any, path: tuple[str, ...]) -> Any:
    here = figures
    for part in path:
        if isinstance(here, Mapping) and part in here:
            here = here[part]
        elif isinstance(here, list) and part.isdecimal() and int(part) < len(here):
            here = here[int(part)]
        else:
            known = ", ".join(list(here)[:12]) if isinstance(here, Mapping) else "no parts"
            raise GapvizError(
                f"there is no figure {'.'.join(path)!r}",
                where="--fail-if",
                hint=f"{part!r} is not among {known}",
            )
    return here


def _numbers(value: Any, name: str) -> Iterator[tuple[str, float]]:
    if isinstance(value, bool):
        return
    if isinstance(value, (int, float)):
        yield name, float(value)
    elif isinstance(value, Mapping) and value.keys() == ESTIMATE:
        yield from _numbers(value["value"], name)
    elif isinstance(value, Mapping):
        for part, below in value.items():
            yield from _numbers(below, f"{name}.{part}")
