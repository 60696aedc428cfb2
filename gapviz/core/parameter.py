"""A `Parameter`: what can be chosen, declared once.

The widget of a page, the check of a link, the flag of a command, the plain value in JSON and
the line of the documentation are all made of it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from gapviz.core.errors import GapvizError
from gapviz.core.nearest import choose

Kind = Literal["number", "count", "choice", "modality", "weights", "names", "text", "files"]
"""A real number, a whole number, one of named choices, the name of a modality (None: whichever
is usual), a number a modality (`(("image", 1.5), …)`; 1 where not named), several of named
choices, words (None: none), or paths of any number of files."""

ALL = "all"
"""Every choice, of `names`."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One thing to choose, with everything that is known of the choice."""

    name: str
    """As it stands in Python, in links and in JSON."""
    title: str
    """Label of its widget."""
    kind: Kind
    default: Any
    help: str
    """One line."""
    symbol: str = ""
    """As in the formula: `λ`."""
    low: float = -math.inf
    """Least number."""
    high: float = math.inf
    """Largest number."""
    step: float | None = None
    """Of a slider; without one a number is typed."""
    choices: Mapping[str, str] = field(default_factory=dict)
    """Value → title, of a `choice`."""
    flag: str = ""
    """On the command line, `--name` unless given: `-k, --results`; without a dash it is an argument
    that stands by itself."""
    metavar: str = ""
    """What stands for its value in the help of the command line; its kind says it unless given."""
    usually_last: bool = False
    """Of a `modality`: whether the last one is usual, not the first."""
    check: Callable[[str], str] | None = None
    """Of `text`: gives the words as they are kept, or raises `GapvizError`."""
    phrase: str = ""
    """How a value is told beside the title of what it belongs to, `{}` standing for the value:
    `onto {}`. Unless given, `symbol = value`, and nothing where there is no symbol."""

    @property
    def option(self) -> str:
        """Its flag on the command line."""
        return (self.flag or f"--{self.name.replace('_', '-')}").rpartition(", ")[2]

    @property
    def is_number(self) -> bool:
        """Whether its values are numbers."""
        return self.kind in ("number", "count")

    @property
    def several(self) -> bool:
        """Whether its flag may be given several times."""
        return self.kind in ("weights", "files")

    @property
    def words(self) -> str:
        """What may be chosen, in words."""
        known = {
            "choice": f"one of {', '.join(self.choices)}",
            "names": f"of {', '.join(self.choices)}; or {ALL}",
            "text": "words",
            "files": "files",
            "modality": "a modality of the collection",
        }
        if self.kind in known:
            return known[self.kind]
        what = "a whole number" if self.kind == "count" else "a number"
        if math.isinf(self.high):
            return what if math.isinf(self.low) else f"{what} of {self.low:,g} or more"
        return f"{what} from {self.low:,g} to {self.high:,g}"

    def checked(self, value: Any) -> Any:
        """The value, as the type that it should have.

        Raises:
            GapvizError: a value that cannot be chosen.
        """
        if value is None and self.default is None:
            return None
        if self.kind in ("modality", "text"):
            return value if value is None else (self.check or str)(str(value))
        if self.kind in ("names", "files"):
            return self._names(value) if self.kind == "names" else tuple(map(str, value))
        if self.kind == "weights":
            pairs = value.items() if isinstance(value, Mapping) else value
            return tuple((str(name), self._number(weight, name)) for name, weight in pairs)
        if self.is_number:
            return self._number(value)
        if value not in self.choices:
            raise self._refusal(value)
        return value

    def parsed(self, text: str) -> Any:
        """The value that a link or a command line writes as `text`.

        Raises:
            GapvizError: no value that can be chosen.
        """
        if self.kind == "weights":
            modality, _, weight = text.partition("=")
            if not weight:
                raise GapvizError(
                    f"{self.option} {text[:60]!r} is not MODALITY=NUMBER",
                    hint="write for instance image=1.5",
                )
            return self.checked([(modality, weight)])
        if self.kind == "files":
            return self.checked([text])
        return self.checked(text.split(",") if self.kind == "names" else text)

    def described(self, value: Any) -> str:
        """The value as it stands beside the title of what it belongs to; "" for nothing."""
        if value is None or self.several:
            return ""
        shown = f"{value:g}" if self.is_number else str(value)
        if self.phrase:
            return self.phrase.format(shown)
        return f"{self.symbol} = {shown}" if self.symbol else ""

    def plain(self, value: Any) -> Any:
        """The value for JSON."""
        return dict(value) if self.kind == "weights" else value

    def _names(self, values: Iterable[str]) -> tuple[str, ...]:
        """Those chosen, in the order in which the choices stand."""
        asked = {value.strip().lower().replace("_", "-"): value.strip() for value in values}
        asked.pop("", None)
        known = {name.replace("_", "-"): name for name in self.choices}
        unknown = [value for name, value in asked.items() if name not in (*known, ALL)]
        if unknown or not asked:
            raise GapvizError(
                f"{self.option} names {repr(unknown[0][:80]) if unknown else 'nothing'}",
                hint=choose(unknown[0], [*self.choices, ALL])
                if unknown
                else f"choose {self.words}",
            )
        return tuple(name for written, name in known.items() if {written, ALL} & set(asked))

    def _number(self, value: Any, of: str = "") -> float | int:
        try:
            number = float(value)
        except (TypeError, ValueError):
            raise self._refusal(value, of) from None
        whole = number == math.floor(number) if math.isfinite(number) else False
        if not self.low <= number <= self.high or (self.kind == "count" and not whole):
            raise self._refusal(value, of)
        return int(number) if self.kind == "count" else number

    def _refusal(self, value: Any, of: str = "") -> GapvizError:
        name = self.title.lower() if not self.symbol else f"{self.title.lower()} {self.symbol}"
        wrong = "is not there" if self.kind == "choice" else "is out of range"
        shown = f"{value:g}" if isinstance(value, float) else f"{str(value)[:60]}"
        hint = choose(shown, self.choices) if self.kind == "choice" else f"choose {self.words}"
        return GapvizError(f"the {name}{f' of {of}' * bool(of)} = {shown} {wrong}", hint=hint)
