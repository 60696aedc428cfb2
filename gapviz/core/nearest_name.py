"""The known name that a mistyped one was probably meant to be."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

ALIKE = 0.6
"""How alike two names are that may be mistaken for one another, as `difflib` counts it."""

MOST_LISTED = 20


def nearest_name(name: str, known: Iterable[str]) -> str | None:
    """The known name that is most like `name`, whatever the case; None where none is.

    A name that another one begins with counts as alike: `img` is meant as `img_emb`.

    >>> nearest_name("senter", ["raw", "centre"])
    'centre'
    """
    names = {one.lower(): one for one in reversed(list(known))}
    asked = name.lower()
    close = get_close_matches(asked, names, 1, ALIKE)
    if not close:
        close = [one for one in names if asked and (one.startswith(asked) or asked in one)][-1:]
    return names[close[0]] if close else None


def which_there_are(name: str, known: Iterable[str], opening: str = "there are") -> str:
    """A hint that lists the known names, and begins with the one that was probably meant.

    >>> which_there_are("senter", ["raw", "centre"])
    "did you mean 'centre'? There are: raw, centre"
    """
    names = list(known)
    more = f" and {len(names) - MOST_LISTED} more" if len(names) > MOST_LISTED else ""
    listing = f"{opening}: {', '.join(names[:MOST_LISTED]) or 'none'}{more}"
    meant = nearest_name(name, names)
    if meant is None:
        return listing
    return f"did you mean {meant!r}? {listing[0].upper()}{listing[1:]}"
