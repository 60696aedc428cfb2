"""Vectors that are encoded once, by encoder and by content."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from gapviz.core.vectors import Float32
from gapviz.encoders.encoding.parquet_shards import read_parquet_shard, write_parquet_shard
from gapviz.storage.cache import Arrays, read_arrays, write_arrays
from gapviz.storage.configuration import configuration
from gapviz.storage.files import unwritable

Kind = Literal["image", "text"]

KEY_BYTES = 32


class VectorStore:
    """The vectors in gapviz' cache folder, one subfolder an encoder, in shards written once.

    A vector's key is the picture's `picture_key`, or the SHA-256 of the text's UTF-8. Shards
    are named by their keys, so that the same work done twice writes the same files.
    """

    def __init__(self, *, parquet: bool = False) -> None:
        """Open the store.

        Args:
            parquet: whether new shards are Parquet files, with the columns `key` and `vector`,
                which other programs read; either kind is read.
        """
        self.folder = configuration().cache / "encoded"
        self._parquet = parquet

    def read(
        self, encoder: str, kind: Kind, keys: Iterable[bytes], dim: int
    ) -> dict[bytes, Float32]:
        """The vectors that are there, `(dim,)` each, by key.

        Only shards that hold some of them are read whole. Of those, one that is cut short or
        damaged counts as absent and is removed.

        Args:
            encoder: `EncoderCard.stored_as`.
            kind: what the keys are of.
            keys: which vectors.
            dim: dimensions that the encoder has.
        """
        wanted, found = set(keys), dict[bytes, Float32]()

        def some(read: Callable[[str], npt.NDArray[Any]]) -> bool:
            return not wanted.isdisjoint(_keys(read("digests")))

        for path in sorted(self._encoder_folder(encoder).glob(f"{kind}-*.*")):
            if path.suffix not in (".safetensors", ".parquet") or path.name.startswith("."):
                continue
            read = read_parquet_shard if path.suffix == ".parquet" else read_arrays
            shard = read(path, some)
            if shard is not None and shard["vectors"].shape[1:] == (dim,):
                rows = zip(_keys(shard["digests"]), shard["vectors"], strict=True)
                found |= {key: row for key, row in rows if key in wanted}
        return found

    def write(self, encoder: str, kind: Kind, vectors: Mapping[bytes, Float32]) -> None:
        """Store vectors, `(dim,)` each, by key; nothing where there are none.

        Raises:
            GapvizError: the folder cannot be written, or the disk is full.
        """
        if not vectors:
            return
        content = b"".join(vectors)
        digests = np.frombuffer(content, dtype=np.uint8).reshape(-1, KEY_BYTES)
        rows = np.stack(list(vectors.values())).astype(np.float32, copy=False)
        name = hashlib.sha256(content).hexdigest()[:32]
        try:
            path = self._encoder_folder(encoder) / f"{kind}-{name}"
            arrays: Arrays = {"digests": digests, "vectors": rows}
            if self._parquet:
                write_parquet_shard(path.with_suffix(".parquet"), arrays)
            else:
                write_arrays(path.with_suffix(".safetensors"), arrays)
        except OSError as error:
            hint = "make room there, or name another folder in GAPVIZ_CACHE"
            raise unwritable(self.folder, error, hint=hint) from error

    def _encoder_folder(self, encoder: str) -> Path:
        # The readable part may be alike for two names; the hash is not.
        readable = re.sub(r"[^A-Za-z0-9]+", "-", encoder).strip("-")[:60]
        digest = hashlib.sha256(encoder.encode()).hexdigest()[:12]
        return self.folder / f"{readable}-{digest}"


def text_key(text: str) -> bytes:
    """The key of a text."""
    return hashlib.sha256(text.encode()).digest()


def _keys(digests: npt.NDArray[np.uint8]) -> list[bytes]:
    """The keys of a shard's rows, from `(n, 32)`."""
    return [row.tobytes() for row in digests]
