"""`Item`: one thing that can be found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that can be found: a picture with its captions, say."""

    id: str
    label: str | None = None
    """Group whose members count as relevant to one another within a modality; of several labels
    the first, by which items are coloured and sampled."""
    captions: tuple[str, ...] = ()
    image: str | None = None
    """Where its picture comes from, as `gapviz.sources.images` reads it: `openmoji:1F600`, or a
    path relative to `Collection.root`."""
    other_labels: tuple[str, ...] = ()
    """Those after the first: items that share any of theirs are relevant to one another."""
    other_pictures: tuple[tuple[str, str], ...] = ()
    """(modality, reference) of pictures that another modality than `image` is made of."""

    def picture(self, modality: str) -> str | None:
        """The reference of what stands for the item in a modality: its own picture, else that of
        the item; None where it has none.
        """
        return dict(self.other_pictures).get(modality, self.image)

    @property
    def labels(self) -> tuple[str, ...]:
        """All of its labels."""
        return (() if self.label is None else (self.label,)) + self.other_labels


def items_of_rows(n_items: int, *, captions: Sequence[str] = ()) -> tuple[Item, ...]:
    """Nameless items for vectors that come without any: ids `0`, `1`, …"""
    width = len(str(max(n_items - 1, 0)))
    return tuple(
        Item(
            id=str(index).zfill(width),
            captions=(captions[index],) if index < len(captions) else (),
        )
        for index in range(n_items)
    )
