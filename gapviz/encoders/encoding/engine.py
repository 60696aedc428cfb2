"""Where pictures are read and batches are encoded: in this process, or on other machines.

Whatever the engine, the batches are the same: of what can be read, in the order of the contents,
of one size. Its vectors are therefore the same bits.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import ClassVar, Protocol

from gapviz.core.progress import Progress
from gapviz.core.vectors import Float32
from gapviz.encoders.base import ImageEncoder, TextEncoder
from gapviz.encoders.encoding.pace import Pace
from gapviz.encoders.encoding.pictures import Fault, PictureWorkers
from gapviz.encoders.pixels import IMAGE_BATCH, Pixels

SHARD_ROWS = 8 * IMAGE_BATCH
"""Vectors that are written at once, a whole number of batches. A run that was killed starts
again at a shard, so its batches are those of a run that was not."""

Picture = tuple[bytes, str]
"""Key, and a reference that leads to it."""
Text = tuple[bytes, str]
"""Key, and what it says."""


@dataclass(frozen=True, eq=False)
class Shard:
    """Vectors that belong together."""

    vectors: Mapping[bytes, Float32]
    """`(dim,)` by key."""
    faults: Mapping[bytes, Fault] = field(default_factory=dict)
    """What could not be encoded after all."""


class PictureEngine(Protocol):
    """Reads the pictures of one collection."""

    def digests(self, references: Sequence[str]) -> Iterator[bytes | Fault]:
        """`picture_key` of each, in order."""

    def shards(
        self, encoder: ImageEncoder, pictures: Sequence[Picture], pace: Pace
    ) -> Iterator[Shard]:
        """The vectors of pictures, in any order."""


class Engine(Protocol):
    """Encodes."""

    stores_parquet: ClassVar[bool]
    """Whether its shards are stored as Parquet."""

    def pictures(self, root: Path | None, n_pictures: int) -> AbstractContextManager[PictureEngine]:
        """What reads `n_pictures` pictures below `root`, until the context ends."""

    def text_shards(
        self, encoder: TextEncoder, texts: Sequence[Text], pace: Pace, *, cut: bool
    ) -> Iterator[Shard]:
        """The vectors of texts, in any order; texts over the encoder's limit are cut there."""


@dataclass(frozen=True)
class ThisProcess:
    """Batches are encoded here, one after another; processes beside it read the pictures."""

    stores_parquet: ClassVar[bool] = False
    decode_workers: int | None = None
    """How many; None takes one a processor, 0 does it in this one."""

    def pictures(self, root: Path | None, n_pictures: int) -> AbstractContextManager[PictureEngine]:
        return _Workers(PictureWorkers(root, self.decode_workers, n_pictures))

    def text_shards(
        self, encoder: TextEncoder, texts: Sequence[Text], pace: Pace, *, cut: bool
    ) -> Iterator[Shard]:
        for start in range(0, len(texts), SHARD_ROWS):
            some = texts[start : start + SHARD_ROWS]
            yield text_shard(encoder, some, cut=cut, progress=pace.part(start, len(some)))


@dataclass(frozen=True)
class _Workers(AbstractContextManager[PictureEngine]):
    workers: PictureWorkers

    def __enter__(self) -> PictureEngine:
        self.workers.__enter__()
        return self

    def __exit__(self, *raised: object) -> None:
        self.workers.__exit__(*raised)

    def digests(self, references: Sequence[str]) -> Iterator[bytes | Fault]:
        return self.workers.digests(references)

    def shards(
        self, encoder: ImageEncoder, pictures: Sequence[Picture], pace: Pace
    ) -> Iterator[Shard]:
        return picture_shards(encoder, self.workers, pictures, pace)


def picture_shards(
    encoder: ImageEncoder, workers: PictureWorkers, pictures: Sequence[Picture], pace: Pace
) -> Iterator[Shard]:
    """Shards of whole batches of the pictures that can be prepared.

    Batches are made of these, so that a broken picture, met again by a run that goes on after
    another, does not shift them.
    """
    faults: dict[bytes, Fault] = {}

    def prepared() -> Iterator[tuple[bytes, Pixels]]:
        answers = workers.pixels([(path, key) for key, path in pictures], encoder.preprocessing)
        for (key, _), pixels in zip(pictures, answers, strict=True):
            if isinstance(pixels, Fault):
                faults[key] = pixels
            else:
                yield key, pixels

    shard: dict[bytes, Float32] = {}
    done, things = 0, prepared()
    while batch := list(islice(things, IMAGE_BATCH)):
        vectors = encoder.encode_pixels([pixels for _, pixels in batch])
        shard |= {key: row for (key, _), row in zip(batch, vectors, strict=True)}
        if len(shard) == SHARD_ROWS:
            yield Shard(shard)
            done, shard = done + len(shard), {}
        pace.tell(done + len(shard))
    yield Shard(shard, faults)


def text_shard(
    encoder: TextEncoder, texts: Sequence[Text], *, cut: bool, progress: Progress
) -> Shard:
    """One shard of texts, `SHARD_ROWS` at most."""
    vectors = encoder.encode_texts([text for _, text in texts], cut=cut, progress=progress)
    return Shard({key: row for (key, _), row in zip(texts, vectors, strict=True)})
