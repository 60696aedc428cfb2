"""The pages that people read, and the examples that stand on them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
RUN = ("console", "python")
"""Fences whose blocks are run."""

SETUPS = {
    "docs/command_line.md": ("photos", "text_vectors"),
    "docs/encoders.md": ("photos",),
    "docs/my_photos.md": ("photos",),
    "docs/export.md": ("text_vectors",),
}
"""Page → what its reader has before the first example (tests/docs/setups.py), in one folder."""

OWN_TESTS = {"docs/contributing/": "tests/test_contributing.py"}
"""Pages whose examples are a package, which a test of its own installs and runs."""

# A fence may stand in a list, behind spaces; what is said of it stands in a comment above it.
_FENCE = re.compile(
    r"(?:<!-- not run: (?P<reason>[^>]+?) -->\n\s*\n?)?"
    r"^(?P<indent> *)```(?P<kind>\w*)\n(?P<text>.*?)^ *```$",
    re.M | re.S,
)


@dataclass(frozen=True)
class Block:
    """A fenced block of a page."""

    page: str
    line: int
    kind: str
    """The language of the fence; empty where it names none."""
    text: str
    not_run: str
    """Why it cannot be run here; empty where it is run."""
    shown: str
    """What stands in the block of plain `text` right below: what it prints."""


def pages() -> list[Path]:
    """All that is for readers, the README first."""
    further = [ROOT / name for name in ("ARCHITECTURE.md", "CONTRIBUTING.md")]
    found = [ROOT / "README.md", *further, *sorted((ROOT / "docs").rglob("*.md"))]
    return [page for page in found if page.exists()]


def name_of(page: Path) -> str:
    """`docs/start.md`."""
    return page.relative_to(ROOT).as_posix()


def blocks_of(page: Path) -> list[Block]:
    """The fenced blocks of a page, from top to bottom."""
    text = page.read_text("utf-8")
    found = list(_FENCE.finditer(text))
    blocks = []
    for at, one in enumerate(found):
        below = found[at + 1] if at + 1 < len(found) else None
        is_told = below is not None and below["kind"] == "text"
        shown = is_told and not text[one.end() : below.start()].strip()
        blocks.append(
            Block(
                name_of(page),
                text.count("\n", 0, one.start("kind")) + 1,
                one["kind"],
                _without_indent(one["text"], len(one["indent"])),
                one["reason"] or "",
                _without_indent(below["text"], len(below["indent"])) if shown else "",
            )
        )
    return blocks


def has_own_test(page: str) -> bool:
    """Whether the examples of a page are run elsewhere."""
    return any(page.startswith(start) for start in OWN_TESTS)


def _without_indent(text: str, width: int) -> str:
    return "".join(line[width:] if line.strip() else line for line in text.splitlines(True))


NUMBER = re.compile(r"-?\d[\d,]*(?:\.\d+)?")
SECONDS = re.compile(r"in [\d.]+ s ")


def alike(one: str, other: str, tolerance: float = 0.02) -> bool:
    """Whether two texts are the same but for the last digits of their numbers, and for time.

    A share of samples drawn anew may differ by one of a hundred.
    """
    one, other = SECONDS.sub("", one), SECONDS.sub("", other)
    if " ".join(NUMBER.sub("#", one).split()) != " ".join(NUMBER.sub("#", other).split()):
        return False
    pairs = zip(NUMBER.finditer(one), NUMBER.finditer(other), strict=True)
    return all(
        abs(_number(a[0]) - _number(b[0])) <= (1.0 if _is_percent(a) else tolerance)
        for a, b in pairs
    )


def _is_percent(found: re.Match[str]) -> bool:
    return found.string[found.end() : found.end() + 2].lstrip().startswith("%")


def as_shown(told: str, shown: str) -> bool:
    """Whether a page shows what was told; a line `…` stands for any number of lines."""
    parts = [part.strip("\n").splitlines() for part in re.split(r"^…$", shown, flags=re.M)]
    if len(parts) == 1:
        return alike(told, shown)
    lines = told.strip("\n").splitlines()
    end = 0
    for number, part in enumerate(parts):
        latest = len(lines) - len(part)
        # The first part is the head of what was told; the last one, if there is one, its tail.
        places = range(end, (0 if number == 0 else latest) + 1)
        if part and number == len(parts) - 1:
            places = range(max(end, latest), latest + 1)
        fits = (at for at in places if alike_lines(lines[at : at + len(part)], part))
        place = next(fits, None)
        if place is None:
            return False
        end = place + len(part)
    return True


def alike_lines(some: list[str], others: list[str]) -> bool:
    """As `alike`, of lines."""
    return alike("\n".join(some), "\n".join(others))


def _number(text: str) -> float:
    return float(text.replace(",", ""))
