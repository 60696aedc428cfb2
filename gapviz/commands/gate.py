"""`--fail-if`: a condition on the figures of the JSON output, for a check that runs by itself."""

from __future__ import annotations

import argparse
import operator
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from difflib import SequenceMatcher
from typing import Any

from gapviz.commands.files import json_text
from gapviz.commands.parser import OUTPUT, options_of
from gapviz.core.errors import GapvizError
from gapviz.core.estimate import Estimate
from gapviz.core.nearest import nearest
from gapviz.core.plain_json import plain_json

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
LIST = "list"
"""Instead of a condition: what figures there are."""
MOST_GROUPS = 8
"""Groups of figures that are named where one is not known."""
MOST_PARTS = 4
"""Parts of a group that are named."""
MOST_PLACES = 50
"""Of a longer list the figures are not listed."""

_PART = r"(?:->|[^\s<>=!.])+"
_NAME = rf"{_PART}(?:\.{_PART})*"
_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
_CONDITION = re.compile(
    rf"\s*(?P<name>{_NAME})\s*(?P<sign><=|>=|==|!=|<|>)\s*(?P<number>{_NUMBER})\s*"
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
                hint=_known_told(figures, ".".join(self.path)),
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


@dataclass(frozen=True, slots=True)
class Gates:
    """The conditions that a run is held to, and whether its figures are to be listed."""

    conditions: tuple[Condition, ...] = ()
    listed: bool = False
    as_json: bool = False

    def answer(self, text: Callable[[], str] | str, named: Mapping[str, Any]) -> Gated:
        """What to print, and which conditions hold.

        Args:
            text: the answer; where the figures are listed it is not asked for.
            named: figures by what is said before their names, which may be nothing.

        Raises:
            GapvizError: a condition on no figure.
        """
        plain = {prefix: plain_json(figures) for prefix, figures in named.items()}
        broken = tuple(
            f"{prefix}{sentence}"
            for one in self.conditions
            for prefix, figures in plain.items()
            for sentence in one.broken(figures)
        )
        if self.listed:
            return Gated(_listed(plain, as_json=self.as_json), broken)
        return Gated(text if isinstance(text, str) else text(), broken)


def add_gate(command: argparse.ArgumentParser) -> None:
    """The options that `gates_of` reads."""
    group = options_of(command, OUTPUT)
    group.add_argument(
        "--fail-if",
        action="append",
        default=[],
        metavar="CONDITION",
        help="exit with code 1 where it holds, for instance 'bias_at_10 > 0.9' or "
        "'recall.text->image.10 < 0.5'; the names are those of --list-figures; may be given again",
    )
    group.add_argument(
        "--list-figures",
        action="store_true",
        help="print every figure that --fail-if can name, with its value, and nothing else",
    )


def gates_of(options: argparse.Namespace) -> Gates:
    """What `add_gate` has asked for.

    Raises:
        GapvizError: as `parse_condition`.
    """
    texts = [text for text in options.fail_if if text.strip() != LIST]
    listed = options.list_figures or len(texts) < len(options.fail_if)
    return Gates(tuple(map(parse_condition, texts)), listed, options.json)


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
            hint="write for instance 'bias_at_10 > 0.9' or 'recall.text->image.10 < 0.5'; "
            "--list-figures shows the names",
        )
    return Condition(tuple(match["name"].split(".")), match["sign"], float(match["number"]))


def figures_in(figures: Any, name: str = "") -> Iterator[tuple[str, float]]:
    """Every figure that a condition can name, with its value; of long lists nothing."""
    if isinstance(figures, Mapping) and figures.keys() != ESTIMATE:
        parts = [(str(key), below) for key, below in figures.items()]
    elif isinstance(figures, list) and len(figures) <= MOST_PLACES:
        parts = [(str(place), below) for place, below in enumerate(figures)]
    else:
        yield from _numbers(figures, name)
        return
    for part, below in parts:
        if re.fullmatch(_PART, part):
            yield from figures_in(below, f"{name}.{part}" if name else part)


def _listed(named: Mapping[str, Any], *, as_json: bool) -> str:
    found = {f"{prefix}{name}": v for prefix, one in named.items() for name, v in figures_in(one)}
    if as_json:
        return json_text({"figures": found})
    width = max(map(len, found), default=0)
    return "\n".join(f"{name:{width}}  {value:.6g}" for name, value in found.items())


def _at(figures: Any, path: Sequence[str]) -> Any:
    here = figures
    for part in path:
        if isinstance(here, Mapping) and part in here:
            here = here[part]
        elif isinstance(here, list) and part.isdecimal() and int(part) < len(here):
            here = here[int(part)]
        else:
            asked = ".".join(path)
            raise GapvizError(
                f"there is no figure {asked!r}", where="--fail-if", hint=_known_told(figures, asked)
            )
    return here


def _known_told(figures: Any, asked: str) -> str:
    """The figures there are, those of one kind together, the nearest to what was asked first."""
    names = [name for name, _ in figures_in(figures)]
    kinds: dict[str, list[str]] = {}
    for name in names:
        head, _, rest = name.partition(".")
        kinds.setdefault(head, []).append(rest.partition(".")[0])
    whole = asked.partition(".")[0]
    likest = sorted(kinds, key=lambda head: -SequenceMatcher(None, head, whole).ratio())
    told = [_kind_told(head, kinds[head]) for head in likest[:MOST_GROUPS]]
    near = nearest(asked, [*kinds, *names])
    meant = f"did you mean {' or '.join(near)}? There are " if near else "there are "
    return f"{meant}{'; '.join(told)}; --list-figures shows all {len(names):,} with their values"


def _kind_told(head: str, parts: Sequence[str]) -> str:
    below = list(dict.fromkeys(filter(None, parts)))
    if not below:
        return head
    more = ", …" * (len(below) > MOST_PARTS)
    return f"{head} ({', '.join(below[:MOST_PARTS])}{more})"


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
