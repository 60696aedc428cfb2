"""Items of an image source as they come in, one row or file at a time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from gapviz.core.collection import CALIBRATE, EVALUATE, Collection, Item, alternate_splits
from gapviz.core.errors import GapvizError
from gapviz.core.seeds import DEFAULT_SEED
from gapviz.core.vectors import Indices
from gapviz.sources.files.reading import Reading, ReadOptions, Skipped

LONGEST_SHOWN = 200

DEFAULT_OPTIONS = ReadOptions()


@dataclass(slots=True)
class _Draft:
    image: str | None = None
    label: str | None = None
    captions: dict[str, None] = field(default_factory=dict)


@dataclass(slots=True)
class Gathering:
    """Collects items and what was skipped, then ends in a `Reading`."""

    skipped: list[Skipped] = field(default_factory=list)
    _drafts: dict[str, _Draft] = field(default_factory=dict)

    def __contains__(self, item_id: str) -> bool:
        return item_id in self._drafts

    def add(
        self,
        item_id: str,
        *,
        image: str | None = None,
        captions: Iterable[str] = (),
        label: str | None = None,
    ) -> None:
        """Add an item, or more captions to one that is there; the first label stands."""
        draft = self._drafts.setdefault(item_id, _Draft(image, label))
        draft.captions.update(dict.fromkeys(captions))
        if draft.label is None:
            draft.label = label

    def image_of(self, item_id: str) -> str | None:
        """The picture of an item that was added before."""
        return self._drafts[item_id].image

    def skip(self, what: str, why: str) -> None:
        """List one thing that does not become part of the collection."""
        self.skipped.append(Skipped(shown(what), why))

    def reading(self, name: str, root: Path, options: ReadOptions) -> Reading:
        """The collection, without vectors, and what was skipped.

        Raises:
            GapvizError: nothing was added.
        """
        if not self._drafts:
            first = self.skipped[0] if self.skipped else None
            raise GapvizError(
                f"holds no image that can be read (the first of {len(self.skipped):,} skipped: "
                f"{first.what} {first.why})"
                if first
                else "holds no images",
                where=shown(name),
                hint="give a source with at least one whole PNG, JPEG, WebP, GIF or BMP image",
            )
        items = tuple(
            Item(item_id, draft.label, _captions(draft, options), draft.image)
            for item_id, draft in self._drafts.items()
        )
        collection = Collection(
            name=shown(name),
            items=items,
            modalities={},
            splits=label_splits(items),
            root=root,
        )
        return Reading((collection,), tuple(self.skipped))


def label_splits(items: Sequence[Item]) -> dict[str, Indices]:
    """One random half of each label calibrates, the other evaluates; always the same halves.

    By mere position, files in an order ("red circle", "red square", "blue circle", …) would
    leave each half with things of its own.
    """
    splits = alternate_splits(len(items))
    shuffled = np.random.default_rng(DEFAULT_SEED).permutation(len(items)).tolist()
    order = np.array(sorted(shuffled, key=lambda at: items[at].label or ""), np.int64)
    return {half: np.sort(order[splits[half]]) for half in (CALIBRATE, EVALUATE)}


def label_caption(label: str, options: ReadOptions) -> str | None:
    """The caption that a label makes by the template; None for a mere number."""
    words = " ".join(label.replace("_", " ").split())
    if not words or words.lstrip("-").isdigit():
        return None
    return options.template.replace("{label}", words)


def shown(text: str) -> str:
    """A name as it can be printed: valid, on one line and not endless."""
    line = " ".join(text.encode("utf-8", "backslashreplace").decode().split())
    return line if len(line) <= LONGEST_SHOWN else f"{line[:LONGEST_SHOWN]}…"


def _captions(draft: _Draft, options: ReadOptions) -> tuple[str, ...]:
    if draft.captions or draft.label is None:
        return tuple(draft.captions)
    made = label_caption(draft.label, options)
    return () if made is None else (made,)
