"""Vectors that were made once, by encoder and by what they were made of."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

from gapviz.core.vectors import Float32, Mask
from gapviz.storage.cache import Arrays, cache_folder, read_arrays, write_arrays
from gapviz.storage.files import unwritable, write_atomically

Kind = Literal["image", "text"]
Digests = npt.NDArray[np.uint8]

DIGEST_BYTES = 32
NAME_FILE = "encoder.json"


class VectorStore:
    """A folder of vectors, one subfolder an encoder, in shards that are written once.

    A vector's key is the SHA-256 of the image file's bytes, or of the text's UTF-8. Shards
    are named by their keys, so that the same work done twice writes the same files.
    Nothing goes by itself: `encoders` and `size_on_disk` say what is there, `remove` deletes it.

    Args:
        folder: where they lie; None takes gapviz' cache folder (`GAPVIZ_CACHE`).
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = cache_folder() / "encoded" if folder is None else folder

    def read(self, encoder: str, kind: Kind, digests: Digests, dim: int) -> tuple[Float32, Mask]:
        """The vectors that are there.

        Only shards that hold some of them are read whole. Of those, one that is cut short or
        damaged counts as absent and is removed.

        Args:
            encoder: `EncoderCard.name`.
            kind: what the digests are of.
            digests: `(n, 32)`, which vectors.
            dim: dimensions that the encoder has.

        Returns:
            `(n, dim)`, zero where absent, and `(n,)`, true where present.
        """
        vectors = np.zeros((len(digests), dim), dtype=np.float32)
        found = np.zeros(len(digests), dtype=np.bool_)
        wanted = _names(digests)
        for path in sorted(self._encoder_folder(encoder).glob(f"{kind}-*.safetensors")):
            shard = read_arrays(
                path, lambda read: bool(np.isin(_names(read("digests")), wanted).any())
            )
            if shard is None or shard["vectors"].shape[1:] != (dim,):
                continue
            held = _names(shard["digests"])
            order = np.argsort(held)
            places = order[np.searchsorted(held, wanted, sorter=order) % held.size]
            hits = held[places] == wanted
            vectors[hits], found[hits] = shard["vectors"][places[hits]], True
        return vectors, found

    def write(self, encoder: str, kind: Kind, digests: Digests, vectors: Float32) -> None:
        """Store the vectors `(n, dim)` of the contents `(n, 32)`.

        Raises:
            GapvizError: the folder cannot be written, or the disk is full.
        """
        folder = self._encoder_folder(encoder)
        name = hashlib.sha256(digests.tobytes()).hexdigest()[:DIGEST_BYTES]
        arrays: Arrays = {"digests": digests, "vectors": vectors.astype(np.float32, copy=False)}
        try:
            folder.mkdir(parents=True, exist_ok=True)
            if not (folder / NAME_FILE).exists():
                write_atomically(folder / NAME_FILE, json.dumps({"name": encoder}).encode())
            write_arrays(folder / f"{kind}-{name}.safetensors", arrays)
        except OSError as error:
            hint = "make room there, or name another folder in GAPVIZ_CACHE"
            raise unwritable(self.folder, error, hint=hint) from error

    def encoders(self) -> tuple[str, ...]:
        """Names of the encoders whose vectors are there, sorted."""
        names = []
        for path in self.folder.glob(f"*/{NAME_FILE}"):
            with suppress(OSError, ValueError, KeyError, TypeError):
                names.append(str(json.loads(path.read_text("utf-8"))["name"]))
        return tuple(sorted(names))

    def size_on_disk(self, encoder: str) -> int:
        """Bytes that the vectors of one encoder take."""
        return sum(path.stat().st_size for path in self._encoder_folder(encoder).glob("*"))

    def remove(self, encoder: str) -> None:
        """Delete the vectors of one encoder, if there are any."""
        shutil.rmtree(self._encoder_folder(encoder), ignore_errors=True)

    def _encoder_folder(self, encoder: str) -> Path:
        # The readable part may be alike for two names; the hash is not.
        readable = re.sub(r"[^A-Za-z0-9]+", "-", encoder).strip("-")[:60]
        digest = hashlib.sha256(encoder.encode()).hexdigest()[:12]
        return self.folder / f"{readable}-{digest}"


def text_digests(texts: Sequence[str]) -> Digests:
    """`(n, 32)`, the keys of texts."""
    return digest_rows([hashlib.sha256(text.encode()).digest() for text in texts])


def digest_rows(digests: Sequence[bytes]) -> Digests:
    """`(n, 32)` of n digests."""
    return np.frombuffer(b"".join(digests), dtype=np.uint8).reshape(-1, DIGEST_BYTES)


def _names(digests: Digests) -> npt.NDArray[np.bytes_]:
    """`(n, 32)` digests as `(n,)` byte strings, which can be sorted and looked up."""
    return np.ascontiguousarray(digests).view(f"S{DIGEST_BYTES}").ravel()
