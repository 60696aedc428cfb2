"""What is in a collection, before anything heavy is done with it."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gapviz.analyses.copies import Copies, copies_of
from gapviz.analyses.domain import domain_reading
from gapviz.analyses.query_counts import QueryCounts, query_counts
from gapviz.core.collection import Collection
from gapviz.core.encoder_record import EncoderRecord
from gapviz.core.item import Item
from gapviz.core.libraries import MissingLibraryError
from gapviz.core.not_measured import not_measured
from gapviz.core.pairing import guesses, pairing_of
from gapviz.core.plain_json import JsonFields
from gapviz.core.progress import Progress
from gapviz.core.random_weights import random_weights_warnings
from gapviz.encoders.encoding.pictures import Fault, PictureWorkers
from gapviz.measures.geometry.split_shift import split_warnings
from gapviz.sources.builtin.drawings import is_drawing, refuse_without_renderer
from gapviz.sources.files.format import Skipped

PAUSE = 0.2
"""Seconds between two reports."""


@dataclass(frozen=True, slots=True)
class RowCounts:
    """The vectors that a collection already holds in one modality."""

    rows: int
    indexed: int
    """Of these rows, those that are searched; the others only ask."""
    dim: int


@dataclass(frozen=True, slots=True)
class Inspection(JsonFields):
    """Counts, duplicates and faults of a collection."""

    name: str
    n_items: int
    n_pictures: int
    """Items that name a picture, whole or not."""
    n_captions: int
    captions_per_item: tuple[tuple[int, int], ...]
    """How many captions, and how many items have as many; rising."""
    vectors: dict[str, RowCounts]
    """By modality; empty where no encoder has seen the collection."""
    encoder: str | None
    encoder_record: EncoderRecord
    """How what asks is encoded later."""
    labels: tuple[tuple[str, int], ...]
    """Each label with its items, the most frequent first."""
    n_unlabelled: int
    duplicate_pictures: tuple[tuple[str, ...], ...]
    """Ids of items whose picture files are equal byte for byte, one tuple a picture."""
    duplicate_captions: tuple[tuple[str, tuple[str, ...]], ...]
    """Captions that several items share, with the items' ids."""
    broken: tuple[Skipped, ...]
    """Pictures that are missing or cannot be decoded."""
    splits: dict[str, int]
    """Items of each named split."""
    pairing: tuple[str, ...]
    """Which vectors belong together, one sentence each; empty without vectors."""
    guesses: tuple[str, ...]
    """Why they may belong together otherwise, one sentence each."""
    split_warnings: tuple[str, ...]
    """What speaks against the splits, one sentence each."""
    copies: Copies
    """What stands in it more than once."""
    not_measured: dict[str, str]
    """What has no figure, and why; see the function of that name."""
    no_axes: str | None
    """Why its figures by dimension are left out, in a clause; None where they are not."""
    domain_warning: str | None = None
    """What speaks against the built-in encoder for these pictures."""
    queries: QueryCounts | None = None
    """Queries of one's own and their judgments; None where there are none."""
    random_weights: tuple[str, ...] = ()
    """What speaks against vectors of an encoder with random weights; nothing of any other."""
    unseen_pictures: str | None = None
    """Why the drawings were not looked at, in a sentence; None where they were."""

    @property
    def warnings(self) -> tuple[str, ...]:
        """What speaks against the splits or the encoder, and what they leave without a figure, one
        sentence each.
        """
        return tuple(
            filter(
                None,
                [
                    self.unseen_pictures,
                    *self.random_weights,
                    *self.guesses,
                    *self.copies.warnings,
                    *self.not_measured.values(),
                    *self.split_warnings,
                    self.domain_warning,
                ],
            )
        )


def inspect_collection(
    collection: Collection,
    *,
    progress: Progress | None = None,
    decode_workers: int | None = None,
) -> Inspection:
    """Count what a collection holds, and decode every picture once.

    Args:
        collection: with vectors or without.
        progress: called with the share done and a phrase; may raise to cancel.
        decode_workers: processes that read pictures; None takes one a processor, 0 does it
            in this one.
    """
    items = collection.items
    owners, unseen = _readable(items)
    contents: dict[bytes, list[str]] = {}
    broken = []
    with PictureWorkers(collection.root, decode_workers, len(owners)) as workers:
        answers = workers.digests([item.image or "" for item in owners], checked=True)
        last = time.perf_counter()
        for done, (item, answer) in enumerate(zip(owners, answers, strict=True), start=1):
            if isinstance(answer, Fault):
                broken.append(Skipped(item.image or "", answer.why))
            else:
                contents.setdefault(answer, []).append(item.id)
            if progress is not None and (done == len(owners) or time.perf_counter() - last > PAUSE):
                last = time.perf_counter()
                progress(done / len(owners), f"read {done:,} of {len(owners):,} pictures")
    owning: dict[str, list[str]] = {}
    for item in items:
        for caption in dict.fromkeys(item.captions):
            owning.setdefault(caption, []).append(item.id)
    position = collection.position
    pictures = np.full(len(items), -1, dtype=np.int64)
    for number, ids in enumerate(contents.values()):
        pictures[[position[one] for one in ids]] = number
    labels = Counter(label for item in items for label in item.labels)
    return Inspection(
        name=collection.name,
        n_items=len(items),
        n_pictures=sum(item.image is not None for item in items),
        n_captions=sum(len(item.captions) for item in items),
        captions_per_item=tuple(sorted(Counter(len(item.captions) for item in items).items())),
        vectors={
            name: RowCounts(block.n_rows, int((~block.query_only).sum()), block.dim)
            for name, block in collection.modalities.items()
        },
        encoder=collection.encoder if collection.modalities else None,
        encoder_record=collection.encoder_record,
        labels=tuple(labels.most_common()),
        n_unlabelled=sum(not item.labels for item in items),
        duplicate_pictures=tuple(tuple(ids) for ids in contents.values() if len(ids) > 1),
        duplicate_captions=tuple((one, tuple(ids)) for one, ids in owning.items() if len(ids) > 1),
        broken=tuple(broken),
        splits={name: len(members) for name, members in collection.splits.items()},
        pairing=pairing_of(collection).sentences if collection.modalities else (),
        guesses=guesses(collection),
        split_warnings=split_warnings(collection),
        copies=copies_of(collection, pictures),
        not_measured=not_measured(collection),
        no_axes=collection.no_axes,
        domain_warning=domain_reading(collection),
        queries=None if collection.evaluation is None else query_counts(collection.evaluation),
        random_weights=random_weights_warnings(collection.encoder),
        unseen_pictures=unseen,
    )


def _readable(items: Sequence[Item]) -> tuple[list[Item], str | None]:
    """The items whose pictures can be looked at here, and why some cannot, if so."""
    owners = [item for item in items if item.image is not None]
    try:
        refuse_without_renderer(item.image for item in owners)
    except MissingLibraryError as error:
        files = [item for item in owners if not is_drawing(item.image)]
        said = f"{len(owners) - len(files):,} drawings were not looked at: {error.sentence}"
        return files, said.removesuffix(".")
    return owners, None


def labels_told(labels: Sequence[tuple[str, int]], most: int = 5) -> str:
    """The most frequent labels in a line."""
    words = ", ".join(f"{label} {count:,}" for label, count in labels[:most])
    return words + (f", … {len(labels) - most:,} more" if len(labels) > most else "")
