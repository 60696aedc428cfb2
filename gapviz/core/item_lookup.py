"""An item by what a person types: its id in whatever case, its picture, or a caption."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import PurePath

from gapviz.core.collection import Collection
from gapviz.core.errors import GapvizError
from gapviz.core.item import Item
from gapviz.core.nearest import nearest

MOST_NAMED = 5
"""Items that are named where several fit."""
MOST_COMPARED = 5_000
"""Ids among which one that is like the word is looked for."""


def find_item(collection: Collection, name: str) -> int:
    """Position of the item that a person means.

    Its id as it stands is meant first; then an id in another case; then a number without the zeros
    that an id begins with; then the path, the file name or the stem of one of its pictures; then a
    caption, in any case; then a part of a caption. What fits several items names none.

    Raises:
        GapvizError: no such item, or several.
    """
    known = collection.position.get(name)
    if known is not None:
        return known
    word = " ".join(name.casefold().split())
    for fits in _WAYS if word else ():
        found = [place for place, item in enumerate(collection.items) if fits(item, word)]
        if len(found) == 1:
            return found[0]
        if found:
            raise _several(collection, name, found)
    ids = [item.id for item in collection.items[:MOST_COMPARED]]
    near = nearest(name, ids) or ids[:1]
    raise GapvizError(
        f"has no item {name[:80]!r}",
        where=collection.name,
        hint="name one by its id, its picture or its caption, such as "
        f"{', '.join(map(repr, near))}",
    )


def _of_id(item: Item, word: str) -> bool:
    return item.id.casefold() == word


def _of_number(item: Item, word: str) -> bool:
    # Rows without ids are numbered 000, 001, …: row 7 goes by 7, too.
    both = word.isdecimal() and item.id.isdecimal()
    return both and item.id.lstrip("0") == word.lstrip("0")


def _of_picture(item: Item, word: str) -> bool:
    return any(word in _names(path) for path in _pictures(item))


def _of_caption(item: Item, word: str) -> bool:
    return any(word == caption for caption in _captions(item))


def _in_caption(item: Item, word: str) -> bool:
    return any(f" {word} " in f" {caption} " for caption in _captions(item))


_WAYS: Iterable[Callable[[Item, str], bool]] = (
    _of_id,
    _of_number,
    _of_picture,
    _of_caption,
    _in_caption,
)


def _captions(item: Item) -> Iterator[str]:
    return (" ".join(caption.casefold().split()) for caption in item.captions)


def _pictures(item: Item) -> Iterator[str]:
    found = (item.image, *(path for _, path in item.other_pictures))
    return (path.casefold() for path in found if path)


def _names(path: str) -> tuple[str, ...]:
    plain = PurePath(path.replace("\\", "/"))
    return path, plain.name, plain.stem


def _several(collection: Collection, name: str, found: list[int]) -> GapvizError:
    named = [collection.items[place] for place in found[:MOST_NAMED]]
    told = ", ".join(
        f"{item.id!r} ({item.captions[0][:40]})" if item.captions else repr(item.id)
        for item in named
    )
    more = f" and {len(found) - MOST_NAMED:,} more" * (len(found) > MOST_NAMED)
    return GapvizError(
        f"{len(found):,} items go by {name[:80]!r}",
        where=collection.name,
        hint=f"name one by its id: {told}{more}",
    )
