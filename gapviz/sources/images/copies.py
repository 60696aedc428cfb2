"""Which pictures of a source are equal byte for byte, before any is decoded."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from pathlib import Path

import numpy as np

from gapviz.core.errors import GapvizError
from gapviz.core.vectors import Indices
from gapviz.sources.images.references import byte_count, image_bytes


def equal_pictures(references: Sequence[str | None], root: Path | None) -> Indices:
    """`(n,)` numbers: pictures of one number are equal; −1 for none, or one that cannot be read.

    Only pictures of as many bytes are read. Those in Parquet, whose bytes cannot be counted without
    reading them, are equal where their references are.
    """
    sizes = [None if one is None else byte_count(one, root) for one in references]
    of_size: dict[int, set[str]] = {}
    for reference, size in zip(references, sizes, strict=True):
        if reference is not None and size is not None:
            of_size.setdefault(size, set()).add(reference)
    numbers = np.full(len(references), -1, dtype=np.int64)
    seen: dict[str | bytes, int] = {}
    for place, (reference, size) in enumerate(zip(references, sizes, strict=True)):
        if reference is None:
            continue
        mark: str | bytes = reference
        if size is not None and len(of_size[size]) > 1:
            try:
                mark = blake2b(image_bytes(reference, root), digest_size=16).digest()
            except GapvizError:
                continue
        numbers[place] = seen.setdefault(mark, len(seen))
    return numbers
