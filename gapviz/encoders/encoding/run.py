"""A collection through an encoder: what is new is encoded, the rest is looked up."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import cast

import numpy as np

from gapviz.core.collection import Collection
from gapviz.core.errors import GapvizError
from gapviz.core.lazy import cached_property
from gapviz.core.libraries import MissingLibraryError
from gapviz.core.modality_vectors import ModalityVectors
from gapviz.core.progress import Progress, no_progress, share_of
from gapviz.core.vectors import Float32
from gapviz.encoders.base import (
    Encoder,
    EncoderCard,
    ImageEncoder,
    TextEncoder,
    refuse_unreadable_texts,
)
from gapviz.encoders.encoding.engine import Engine, Shard, ThisProcess
from gapviz.encoders.encoding.pace import Pace, told
from gapviz.encoders.encoding.pictures import Fault
from gapviz.encoders.encoding.queries import with_encoded_queries
from gapviz.encoders.encoding.store import Kind, VectorStore, text_key
from gapviz.sources.files.format import IndexedCaptions, LongCaptions, Skipped
from gapviz.storage.read_only import refuse_if_read_only

AnyEncoder = Encoder | ImageEncoder | TextEncoder
_Rows = list[tuple[int, Float32]]
"""Vectors with the positions of their items, which rise."""

MODALITIES = ("image", "text")

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
    n_cut: int
    """Captions of more tokens than the encoder reads, of which the rest was cut off."""
    seconds: float
    device: str


def encode_collection(
    collection: Collection,
    encoder: AnyEncoder,
    *,
    indexed_captions: IndexedCaptions = "first",
    long_captions: LongCaptions = "cut",
    progress: Progress = no_progress,
    decode_workers: int | None = None,
    modalities: Sequence[str] = MODALITIES,
    engine: Engine | None = None,
) -> Encoded:
    """Encode the pictures and captions of a collection, and the queries of its evaluation.

    Contents whose vectors the `VectorStore` holds are not encoded again; equal contents are
    encoded once. A run that was killed, started again, gives the same bits as one that was not.

    Args:
        collection: its items; vectors it may hold by another encoder are left out.
        encoder: a dual encoder, or one of the one modality that is asked for.
        indexed_captions: `first`: an item's captions after the first only ask; `all`: every
            caption is indexed.
        long_captions: `cut`: a caption over the encoder's limit is cut there, as open_clip does,
            and counted; `leave-out`: it is left out and listed.
        progress: called with the share done and a phrase that holds rate and time left; may
            raise to cancel, and the shards that were full by then stay in the store.
        decode_workers: processes that read and prepare pictures; None takes one a
            processor, 0 does it in this one.
        modalities: `image`, `text` or both.
        engine: where it is encoded; in this process unless given.

    Raises:
        GapvizError: nothing that can be encoded, an encoder that does not encode what is
            asked for, a disk that is full, or a gapviz that only shows.
    """
    began = time.perf_counter()
    refuse_if_read_only("nothing is encoded to last")
    _refuse_unfit(encoder, modalities)
    asked = collection.evaluation
    stages = 1 if asked is None else 2
    engine = engine or ThisProcess(decode_workers)
    work = _Run(collection, encoder.card, modalities, share_of(progress, 0, stages), engine)
    rows: dict[str, _Rows] = {}
    if "image" in modalities:
        rows["image"] = work.images(cast(ImageEncoder, encoder))
    if "text" in modalities:
        rows["text"] = work.texts(cast(TextEncoder, encoder), indexed_captions, long_captions)
    encoded = {name: _modality(found, indexed_captions) for name, found in rows.items() if found}
    skipped = tuple(work.skipped)
    if not encoded:
        reason = f" ({skipped[0].what} {skipped[0].why})" if skipped else ""
        raise GapvizError(
            f"no item has a picture or a caption that can be encoded{reason}",
            where=collection.name,
            hint="check the paths of the pictures and the captions",
        )

    of_queries: list[Encoded] = []

    def encode(queries: Collection, parts: tuple[str, ...]) -> Collection:
        apart = encoder.card.record.asks_apart
        encoded = encode_collection(
            queries,
            encoder.for_queries() if apart else encoder,
            long_captions=long_captions,
            progress=share_of(progress, 1, stages),
            modalities=parts,
            engine=engine,
        )
        of_queries.append(encoded)
        return encoded.collection

    evaluation = with_encoded_queries(collection, encode, modalities)
    return Encoded(
        collection=replace(
            collection,
            evaluation=evaluation,
            modalities=encoded,
            encoder=encoder.card.name,
            encoder_record=encoder.card.record,
            rotated=False,
        ),
        skipped=(*skipped, *(one for encoded in of_queries for one in encoded.skipped)),
        n_encoded=work.n_encoded + sum(one.n_encoded for one in of_queries),
        n_reused=work.n_reused + sum(one.n_reused for one in of_queries),
        n_cut=work.n_cut + sum(one.n_cut for one in of_queries),
        seconds=time.perf_counter() - began,
        device=encoder.device,
    )


@dataclass(eq=False)
class _Run:
    """One encoder over one collection, and what it has done so far."""

    collection: Collection
    card: EncoderCard
    modalities: Sequence[str]
    progress: Progress
    engine: Engine
    store: VectorStore = field(init=False)
    skipped: list[Skipped] = field(default_factory=list)
    n_encoded: int = 0
    n_reused: int = 0
    n_cut: int = 0

    def __post_init__(self) -> None:
        """Open the store."""
        self.store = VectorStore(parquet=self.engine.stores_parquet)

    @cached_property
    def spans(self) -> dict[str, tuple[float, float]]:
        """The share of the whole before and after each stage."""
        images = sum(item.image is not None for item in self.collection.items)
        texts = sum(len(item.captions) for item in self.collection.items)
        weights = {
            "image": images * ("image" in self.modalities),
            "text": texts * TEXT_WEIGHT * ("text" in self.modalities),
        }
        whole = sum(weights.values()) or 1
        hashed = HASHING_SHARE if weights["image"] else 0.0
        middle = hashed + (1 - hashed) * weights["image"] / whole
        return {"hash": (0.0, hashed), "image": (hashed, middle), "text": (middle, 1.0)}

    def images(self, encoder: ImageEncoder) -> _Rows:
        """The vectors of the pictures that can be read."""
        pictures = [
            (owner, item.image)
            for owner, item in enumerate(self.collection.items)
            if item.image is not None
        ]
        references = [reference for _, reference in pictures]
        with self.engine.pictures(self.collection.root, len(pictures)) as reader:
            pace = Pace("pictures", len(pictures), self.spans["hash"], self.progress, "read")
            digests = dict(zip(references, told(reader.digests(references), pace), strict=True))
            # Each content once, under the first reference that leads to it.
            first: dict[bytes, str] = {}
            for reference, digest in digests.items():
                if not isinstance(digest, Fault):
                    first.setdefault(digest, reference)

            def shards(missing: Sequence[bytes], pace: Pace) -> Iterator[Shard]:
                return reader.shards(encoder, [(key, first[key]) for key in missing], pace)

            name = self.card.stored_as
            found, broken = self._vectors(name, "image", list(first), shards, self.spans["image"])
        rows = []
        for owner, reference in pictures:
            digest = digests[reference]
            fault = digest if isinstance(digest, Fault) else broken.get(digest)
            if fault is None:
                rows.append((owner, found[cast(bytes, digest)]))
            else:
                self.skipped.append(Skipped(reference, fault.why))
        return rows

    def texts(
        self, encoder: TextEncoder, indexed_captions: IndexedCaptions, long_captions: LongCaptions
    ) -> _Rows:
        """The vectors of the captions that the encoder reads.

        A caption that only asks is encoded as a query, where the encoder takes those in another
        way; one that is indexed never is, also where it asks as well.
        """
        captions = [
            (owner, number, text)
            for owner, item in enumerate(self.collection.items)
            for number, text in enumerate(item.captions, start=1)
        ]
        refused: dict[str, str] = {}
        tokens: dict[str, int] = {}
        for text in dict.fromkeys(text for _, _, text in captions):
            try:
                refuse_unreadable_texts([text], encoder, cut=long_captions == "cut")
                tokens[text] = encoder.count_tokens(text)
            except MissingLibraryError:
                raise
            except GapvizError as error:
                refused[text] = error.what
        self.skipped += [
            Skipped(f"{self.collection.items[owner].id}, caption {number}", refused[text])
            for owner, number, text in captions
            if text in refused
        ]
        self.n_cut = sum(tokens.get(text, 0) > encoder.card.text_limit for _, _, text in captions)
        read = [(owner, text) for owner, _, text in captions if text in tokens]
        apart = self.card.record.asks_apart and indexed_captions == "first"
        asks = [
            apart and place > 0 and read[place - 1][0] == owner
            for place, (owner, _) in enumerate(read)
        ]
        start, end = self.spans["text"]
        middle = end - (end - start) * sum(asks) / max(len(asks), 1)
        found = {
            role: self._encoded_texts(
                encoder.for_queries() if role else encoder,
                {
                    text: tokens[text]
                    for (_, text), one in zip(read, asks, strict=True)
                    if one == role
                },
                long_captions,
                span,
            )
            for role, span in ((False, (start, middle)), (True, (middle, end)))
            if role in asks
        }
        return [
            (owner, found[role][text_key(text)])
            for (owner, text), role in zip(read, asks, strict=True)
        ]

    def _encoded_texts(
        self,
        encoder: TextEncoder,
        tokens: Mapping[str, int],
        long_captions: LongCaptions,
        span: tuple[float, float],
    ) -> dict[bytes, Float32]:
        """The vectors of some texts, which have so many tokens, by key."""
        text_of = {text_key(text): text for text in tokens}

        def shards(missing: Sequence[bytes], pace: Pace) -> Iterator[Shard]:
            # Texts of like length share a batch, so that little of it is padding.
            ordered = sorted(missing, key=lambda key: tokens[text_of[key]])
            texts = [(key, text_of[key]) for key in ordered]
            return self.engine.text_shards(encoder, texts, pace, cut=long_captions == "cut")

        return self._vectors(encoder.card.stored_as, "text", list(text_of), shards, span)[0]

    def _vectors(
        self,
        name: str,
        kind: Kind,
        keys: Sequence[bytes],
        shards: Callable[[Sequence[bytes], Pace], Iterator[Shard]],
        span: tuple[float, float],
    ) -> tuple[dict[bytes, Float32], dict[bytes, Fault]]:
        """Look up what is known, encode the rest, store every shard; and what could not be.

        Args:
            name: that they are stored by, `EncoderCard.stored_as`.
            kind: of the contents.
            keys: of all of them, each once.
            shards: encodes the contents of some keys.
            span: the share of the whole work before and after this.
        """
        known = self.store.read(name, kind, keys, self.card.dim)
        missing = [key for key in keys if key not in known]
        pace = Pace(f"{kind}s", len(missing), span, self.progress)
        made: dict[bytes, Float32] = {}
        broken: dict[bytes, Fault] = {}
        for shard in shards(missing, pace) if missing else ():
            self.store.write(name, kind, shard.vectors)
            made |= shard.vectors
            broken |= shard.faults
            pace.tell(len(made))
        self.n_encoded += len(made)
        self.n_reused += len(known)
        return known | made, broken


def _modality(rows: _Rows, captions: IndexedCaptions) -> ModalityVectors:
    owners = np.array([owner for owner, _ in rows], dtype=np.int64)
    asks = np.zeros(len(rows), dtype=np.bool_)
    if captions == "first":
        asks[1:] = owners[1:] == owners[:-1]
    return ModalityVectors.of(np.stack([row for _, row in rows]), owners, asks)


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
