"""“Did you mean”: the known words that are nearest to one that is not known."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

MOST_LISTED = 40
"""Of more choices than these, only the nearest are named."""
SHORTEST_START = 3
"""Characters that tell a word by how it begins."""


def nearest(word: str, known: Iterable[str], most: int = 3, cutoff: float = 0.6) -> tuple[str, ...]:
    """Known words that somebody may have meant, the likeliest first; none where nothing is near.

    Case, `_` and spaces do not count. A word that begins one of them is near it.

    Args:
        word: as it was typed.
        known: what there is.
        most: how many words to give.
        cutoff: the least likeness, as `difflib` counts it, from 0 to 1.

    >>> nearest("center", ["raw", "centre", "zscore"])
    ('centre',)
    >>> nearest("Inverted_Soft", ["csls", "inverted-softmax"])
    ('inverted-softmax',)
    """
    written: dict[str, str] = {}
    for one in known:
        written.setdefault(_plain(one), one)
    plain = _plain(word[:200])
    begun = [one for one in written if len(plain) >= SHORTEST_START and one.startswith(plain)]
    close = get_close_matches(plain, written, most, cutoff)
    found = dict.fromkeys([*close[:1], *begun, *close])
    return tuple(written[one] for one in found)[:most]


def choose(word: str, known: Iterable[str]) -> str:
    """What to choose instead of a word that is not known, as a hint.

    >>> choose("center", ["raw", "centre"])
    'did you mean centre? Choose one of raw, centre'
    >>> choose("magic", ["raw", "centre"])
    'choose one of raw, centre'
    """
    choices = list(dict.fromkeys(known))
    near = nearest(word, choices)
    asked = f"did you mean {' or '.join(near)}?" if near else ""
    if len(choices) > MOST_LISTED:
        some = f"choose one such as {', '.join(choices[:3])}"
        return asked.rstrip("?") if asked else some
    listed = f"hoose one of {', '.join(choices)}"
    return f"{asked} C{listed}" if asked else f"c{listed}"


def _plain(word: str) -> str:
    return "-".join(word.casefold().replace("_", " ").split()).strip("-")
