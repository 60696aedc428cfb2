"""A collection through an encoder: what is new is encoded, the rest is looked up."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar, cast

import numpy as np

from gapviz.core.collection import Collection, ModalityVectors
from gapviz.core.errors import GapvizError
from gapviz.core.progress import Progress, no_progress
from gapviz.core.vectors import Float32
from gapviz.encoders.base import Encoder, ImageEncoder, TextEncoder, refuse_unreadable_texts
from gapviz.encoders.encoding.pictures import Fault, PictureWorkers
from gapviz.encoders.encoding.store import VectorStore, text_key
from gapviz.encoders.pixels import IMAGE_BATCH, Pixels
from gapviz.sources.files.format import IndexedCaptions, Skipped

Thing = TypeVar("Thing")
AnyEncoder = Encoder | ImageEncoder | TextEncoder

MODALITIES = ("image", "text")

SHARD_ROWS = 8 * IMAGE_BATCH
"""Vectors that are written at once, a whole number of batches. A run that was killed starts
again at a shard, so its batches are those of a run that was not."""

PAUSE = 0.2
"""Seconds between two reports of quick work."""

# Of the whole work: reading all files once, then pictures, then texts, which are quicker.
HASHING_SHARE = 0.05
TEXT_WEIGHT = 0.3


@dataclass(frozen=True, eq=False)
class Encoded:
    """An encoded collection, and what it took."""

    collection: Collection
    skipped: tuple[Skipped, ...]
    """Pictures that cannot be read, texts that the encoder refuses; their items stay."""
    n_encoded: int
    """Different contents that were encoded now."""
    n_reused: int
    """Different contents whose vectors were there."""
    seconds: float
    device: str


@dataclass(frozen=True, eq=False)
class _Part:
    """One modality: rows in item order, those left out listed."""

    vectors: ModalityVectors | None
    skipped: list[Skipped]
    n_encoded: int
    n_reused: int


def encode_collection(
    collection: Collection,
    encoder: AnyEncoder,
    *,
    store: VectorStore | None = None,
    indexed_captions: IndexedCaptions = "first",
    progress: Progress = no_progress,
    decode_workers: int | None = None,
    modalities: Sequence[str] = MODALITIES,
) -> Encoded:
    """Encode the pictures and captions of a collection.

    Contents whose vectors the store holds are not encoded again; equal contents are encoded
    once. A run that was killed, started again, gives the same bits as one that was not.

    Args:
        collection: its items; vectors it may hold by another encoder are left out.
        encoder: a dual encoder, or one of the one modality that is asked for.
        store: None takes the one in gapviz' cache folder.
        indexed_captions: `first`: an item's captions after the first only ask; `all`: every
            caption is indexed.
        progress: called with the share done and a phrase that holds rate and time left; may
            raise to cancel, and the shards that were full by then stay in the store.
        decode_workers: processes that read and prepare pictures; None takes one a
            processor, 0 does it in this one.
        modalities: `image`, `text` or both.

    Raises:
        GapvizError: nothing that can be encoded, an encoder that does not encode what is
            asked for, or a disk that is full.
    """
    began = time.perf_counter()
    _refuse_unfit(encoder, modalities)
    store = VectorStore() if store is None else store
    plan = _Plan(collection, modalities, progress)
    parts: dict[str, _Part] = {}
    if "image" in modalities:
        parts["image"] = _images(
            collection, cast(ImageEncoder, encoder), store, plan, decode_workers
        )
    if "text" in modalities:
        parts["text"] = _texts(
            collection, cast(TextEncoder, encoder), store, plan, indexed_captions
        )
    encoded = {name: part.vectors for name, part in parts.items() if part.vectors is not None}
    skipped = tuple(one for part in parts.values() for one in part.skipped)
    if not encoded:
        reason = f" ({skipped[0].what} {skipped[0].why})" if skipped else ""
        raise GapvizError(
            f"no item has a picture or a caption that can be encoded{reason}",
            where=collection.name,
            hint="check the paths of the pictures and the captions",
        )
    return Encoded(
        collection=replace(collection, modalities=encoded, encoder=encoder.card.name),
        skipped=skipped,
        n_encoded=sum(part.n_encoded for part in parts.values()),
        n_reused=sum(part.n_reused for part in parts.values()),
        seconds=time.perf_counter() - began,
        device=encoder.device,
    )


@dataclass(frozen=True, eq=False)
class _Pace:
    """Progress of one stage, told with its rate and the time left."""

    things: str
    """What it counts, in the plural."""
    total: int
    span: tuple[float, float]
    """The share of the whole before and after the stage."""
    progress: Progress
    verb: str = "encoded"
    began: float = field(default_factory=time.perf_counter)

    def tell(self, done: int) -> None:
        """Report that `done` of them are done."""
        start, end = self.span
        share = start + (end - start) * (done / max(self.total, 1))
        seconds = time.perf_counter() - self.began
        stage = f"{self.verb} {done:,} of {self.total:,} {self.things}"
        if done and seconds > 0.5:
            rate = done / seconds
            left = (self.total - done) / rate
            stage += f", {rate:,.3g} a second, {_duration(left)} left"
        self.progress(share, stage)

    def part(self, done: int, n: int) -> Progress:
        """The progress of the next `n` of them, `done` before them being done."""
        return lambda share, _: self.tell(done + round(share * n))


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


class _Plan:
    """Which share of the whole each stage takes."""

    def __init__(
        self, collection: Collection, modalities: Sequence[str], progress: Progress
    ) -> None:
        images = sum(item.image is not None for item in collection.items)
        texts = sum(len(item.captions) for item in collection.items)
        weights = {
            "image": images * ("image" in modalities),
            "text": texts * TEXT_WEIGHT * ("text" in modalities),
        }
        whole = sum(weights.values()) or 1
        hashed = HASHING_SHARE if weights["image"] else 0.0
        middle = hashed + (1 - hashed) * weights["image"] / whole
        self._spans = {"hash": (0.0, hashed), "image": (hashed, middle), "text": (middle, 1.0)}
        self._progress = progress

    def pace(self, stage: str, things: str, total: int, verb: str = "encoded") -> _Pace:
        return _Pace(things, total, self._spans[stage], self._progress, verb)


def _images(
    collection: Collection,
    encoder: ImageEncoder,
    store: VectorStore,
    plan: _Plan,
    decode_workers: int | None,
) -> _Part:
    owners = [row for row, item in enumerate(collection.items) if item.image is not None]
    references = [collection.items[row].image or "" for row in owners]
    with PictureWorkers(collection.root, decode_workers, len(references)) as workers:
        pace = plan.pace("hash", "pictures", len(references), verb="read")
        digests = dict(zip(references, _told(workers.digests(references), pace), strict=True))
        faults = {name: one.why for name, one in digests.items() if isinstance(one, Fault)}
        whole = {name: one for name, one in digests.items() if not isinstance(one, Fault)}
        # Each content once, under the first reference that leads to it.
        first = {digest: reference for reference, digest in reversed(whole.items())}
        keys = list(dict.fromkeys(whole.values()))
        known = store.read(encoder.card.name, "image", keys, encoder.card.dim)
        missing = [(first[key], key) for key in keys if key not in known]
        pace = plan.pace("image", "images", len(missing))
        prepared = zip(missing, workers.pixels(missing, encoder.preprocessing), strict=True)
        broken: dict[bytes, str] = {}
        made = _encode_images(_sound(prepared, broken), encoder, store, pace)
    known.update(made)
    faults |= {ref: broken[digest] for ref, digest in whole.items() if digest in broken}
    rows = [
        (owner, known[whole[reference]])
        for owner, reference in zip(owners, references, strict=True)
        if reference not in faults
    ]
    skipped = [
        Skipped(reference, faults[reference]) for reference in references if reference in faults
    ]
    return _Part(_modality(rows, None), skipped, len(made), len(known) - len(made))


def _encode_images(
    pictures: Iterable[tuple[bytes, Pixels]],
    encoder: ImageEncoder,
    store: VectorStore,
    pace: _Pace,
) -> dict[bytes, Float32]:
    """Encode in whole batches, in the order given, and store every shard as it is full."""
    name = encoder.card.name
    made: dict[bytes, Float32] = {}
    shard: dict[bytes, Float32] = {}
    for batch in _batches(pictures, IMAGE_BATCH):
        vectors = encoder.encode_pixels(np.stack([pixels for _, pixels in batch]))
        shard |= {digest: row for (digest, _), row in zip(batch, vectors, strict=True)}
        if len(shard) == SHARD_ROWS:
            store.write(name, "image", shard)
            made |= shard
            shard = {}
        pace.tell(len(made) + len(shard))
    store.write(name, "image", shard)
    return made | shard


def _texts(
    collection: Collection,
    encoder: TextEncoder,
    store: VectorStore,
    plan: _Plan,
    indexed_captions: IndexedCaptions,
) -> _Part:
    captions = [
        (owner, number, text)
        for owner, item in enumerate(collection.items)
        for number, text in enumerate(item.captions, start=1)
    ]
    texts = list(dict.fromkeys(text for _, _, text in captions))
    refused: dict[str, str] = {}
    tokens: dict[str, int] = {}
    for text in texts:
        try:
            refuse_unreadable_texts([text], encoder.count_tokens, encoder.card.text_limit)
            tokens[text] = encoder.count_tokens(text)
        except GapvizError as error:
            refused[text] = error.what
    readable = [text for text in texts if text not in refused]
    key_of = {text: text_key(text) for text in readable}
    known = store.read(encoder.card.name, "text", key_of.values(), encoder.card.dim)
    # Texts of like length share a batch, so that little of it is padding.
    missing = sorted((t for t in readable if key_of[t] not in known), key=lambda t: tokens[t])
    pace = plan.pace("text", "texts", len(missing))
    made: dict[bytes, Float32] = {}
    for chosen in _batches(missing, SHARD_ROWS):
        vectors = encoder.encode_texts(chosen, progress=pace.part(len(made), len(chosen)))
        shard = {key_of[text]: row for text, row in zip(chosen, vectors, strict=True)}
        store.write(encoder.card.name, "text", shard)
        made |= shard
    known.update(made)
    rows = [(owner, known[key_of[text]]) for owner, _, text in captions if text in key_of]
    skipped = [
        Skipped(f"{collection.items[owner].id}, caption {number}", refused[text])
        for owner, number, text in captions
        if text in refused
    ]
    return _Part(_modality(rows, indexed_captions), skipped, len(made), len(known) - len(made))


def _modality(
    rows: Sequence[tuple[int, Float32]], captions: IndexedCaptions | None
) -> ModalityVectors | None:
    if not rows:
        return None
    owners = np.array([owner for owner, _ in rows], dtype=np.int64)
    asks = np.zeros(len(rows), dtype=np.bool_)
    if captions == "first":
        asks[1:] = owners[1:] == owners[:-1]
    return ModalityVectors.of(np.stack([row for _, row in rows]), owners, asks)


def _sound(
    prepared: Iterable[tuple[tuple[str, bytes], Pixels | Fault]], broken: dict[bytes, str]
) -> Iterator[tuple[bytes, Pixels]]:
    """The pictures that could be prepared; those that could not go into `broken`.

    Batches are made of what passes here, so that a broken picture, met again by a run that
    goes on after another, does not shift them.
    """
    for (_, digest), pixels in prepared:
        if isinstance(pixels, Fault):
            broken[digest] = pixels.why
        else:
            yield digest, pixels


def _batches(things: Iterable[Thing], size: int) -> Iterator[list[Thing]]:
    batch: list[Thing] = []
    for thing in things:
        batch.append(thing)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


def _told(things: Iterable[Thing], pace: _Pace) -> Iterator[Thing]:
    last = 0.0
    for done, thing in enumerate(things, start=1):
        if time.perf_counter() - last > PAUSE:
            last = time.perf_counter()
            pace.tell(done)
        yield thing


def _refuse_unfit(encoder: AnyEncoder, modalities: Sequence[str]) -> None:
    needs = {"image": "encode_pixels", "text": "encode_texts"}
    for modality in modalities or ("",):
        if modality not in needs:
            raise GapvizError(
                f"{modality!r} cannot be encoded", hint=f"choose among {', '.join(needs)}"
            )
        if not hasattr(encoder, needs[modality]):
            raise GapvizError(
                f"does not encode the modality {modality}",
                where=encoder.card.name,
                hint="choose a dual encoder, or ask for the other modality alone",
            )
