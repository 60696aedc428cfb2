"""How much a file may unpack to, compared with what it declares before it is read.

A reader asks `refuse_over` with what it is about to hold in memory; `numpy_size` and
`parquet_size` work that out from headers. How much is allowed depends on who brings the file:
`limited` sets it for everything that is read inside it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace

from gapviz.core.errors import GapvizError

ROW_BYTES = 100
"""What a row takes in memory besides its numbers and texts: an item, an id, a few objects."""

MOST_ARRAYS = 10_000
"""In one archive; each costs time, however small it is."""


MOST_DIMENSIONS = 16_384
"""Of a vector. Several figures take the square of it in memory, and its cube in time."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a file may unpack to."""

    most_bytes: float
    """In memory, whatever it takes on disk."""
    ratio: float = 200.0
    """Bytes in memory for one on disk, where there are more than `small_bytes`. Vectors hardly
    compress; what unpacks to far more is made to fill the memory."""
    small_bytes: int = 1 << 26
    hint: str = "if you trust it, allow more with --max-unpacked GB"

    def allowing(self, gigabytes: float) -> Limits:
        """The same for someone who names the size himself, so that the ratio does not count."""
        if not gigabytes > 0:
            raise GapvizError(
                f"--max-unpacked {gigabytes:g} allows nothing", hint="give gigabytes above 0"
            )
        return replace(self, most_bytes=gigabytes * 1e9, ratio=float("inf"))


OWN_FILES = Limits(32e9)
"""Of files on this machine, which a person names."""

UPLOADS = Limits(1e9, hint="upload less, or open it from a terminal with gapviz serve PATH")
"""Of what comes in through a browser."""

_current: ContextVar[Limits] = ContextVar("limits", default=OWN_FILES)


@contextmanager
def limited(limits: Limits) -> Iterator[None]:
    """Everything that is read inside keeps to `limits`."""
    token = _current.set(limits)
    try:
        yield
    finally:
        _current.reset(token)


@contextmanager
def streamed() -> Iterator[None]:
    """What is opened inside is read a few rows at a time, so that its size alone is no matter."""
    with limited(replace(_current.get(), most_bytes=float("inf"))):
        yield


def refuse_over(unpacked: float, stored: int, where: str) -> None:
    """Refuse what would take more memory than is allowed.

    Args:
        unpacked: bytes in memory, as the file declares them or as they have been counted so far.
        stored: bytes on disk.
        where: the file.

    Raises:
        GapvizError: more than the limits of now.
    """
    limits = _current.get()
    times = unpacked / max(stored, 1)
    if unpacked > limits.most_bytes:
        what = f"more than the {_size(limits.most_bytes)} allowed"
    elif unpacked > limits.small_bytes and times > limits.ratio:
        what = f"{times:,.0f} times what it holds"
    else:
        return
    raise GapvizError(
        f"unpacks to at least {_size(unpacked)}, {what}", where=where, hint=limits.hint
    )


def is_over(unpacked: float, stored: int) -> bool:
    """Whether `refuse_over` would refuse it."""
    try:
        refuse_over(unpacked, stored, "")
    except GapvizError:
        return True
    return False


def refuse_many(count: int, where: str) -> None:
    """Refuse an archive of more arrays than `MOST_ARRAYS`."""
    if count > MOST_ARRAYS:
        raise GapvizError(
            f"holds {count:,} arrays, more than the {MOST_ARRAYS:,} allowed",
            where=where,
            hint="save one array a modality",
        )


def refuse_wide(dim: int, where: str) -> None:
    """Refuse vectors of more than `MOST_DIMENSIONS`."""
    if dim > MOST_DIMENSIONS:
        raise GapvizError(
            f"has {dim:,} dimensions, more than the {MOST_DIMENSIONS:,} allowed",
            where=where,
            hint="give one vector a row, or fewer dimensions",
        )


def _size(n_bytes: float) -> str:
    return f"{n_bytes / 1e9:,.1f} GB" if n_bytes >= 1e9 else f"{n_bytes / 1e6:,.1f} MB"
