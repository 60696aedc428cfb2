"""Checks of a picture by its first bytes, cheap enough for every file of a source."""

from __future__ import annotations

import io
import os
import stat
import warnings
from pathlib import Path
from typing import BinaryIO

from PIL import Image, UnidentifiedImageError

from gapviz.sources.images.decoding import DAMAGE, FORMATS, MAX_FILE_BYTES, MAX_PIXELS

IMAGE_SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp"})


def is_image_name(name: str) -> bool:
    """Whether a file is taken for a picture by its ending."""
    return os.path.splitext(name)[1].lower() in IMAGE_SUFFIXES  # noqa: PTH122, ten times faster


def file_flaw(path: Path) -> str | None:
    """`header_flaw` of a file; a pipe or device is never opened."""
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            return "is not a file"
        with path.open("rb") as file:
            return header_flaw(file, status.st_size)
    except FileNotFoundError:
        return "is missing"
    except (OSError, ValueError) as error:
        return f"cannot be read ({getattr(error, 'strerror', None) or 'impossible name'})"


def content_flaw(content: bytes) -> str | None:
    """`header_flaw` of a picture in memory."""
    return header_flaw(io.BytesIO(content), len(content))


def header_flaw(file: BinaryIO, size: int) -> str | None:
    """Why a picture cannot be used, in a clause; None where its header is in order.

    Pixels are not decoded, so a picture whose later bytes are damaged passes.

    Args:
        file: seekable, the picture from its byte 0 on.
        size: bytes of the picture.
    """
    if size == 0:
        return "is empty"
    if size > MAX_FILE_BYTES:
        return f"has {size / 1e6:,.0f} MB, which is too much for one image"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            width, height = Image.open(file, formats=FORMATS).size
    except UnidentifiedImageError:
        return "is not an image"
    except Image.DecompressionBombError:
        return "unpacks to too many pixels"
    except DAMAGE:
        return "is damaged or cut short"
    too_many = width * height > MAX_PIXELS
    return f"has {width:,} × {height:,} pixels, which is too many" if too_many else None
