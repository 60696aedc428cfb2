"""From the bytes of a file to a picture, within limits, and cheap checks of its first bytes."""

from __future__ import annotations

import os
import stat
import struct
import warnings
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np
from PIL import Image, UnidentifiedImageError

from gapviz.core.errors import GapvizError

MAX_PIXELS = 50_000_000
MAX_FILE_BYTES = 64 * 1024**2

BAND_ROWS = 256

IMAGE_SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp"})

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP")
"""What is recognised; Pillow's other plugins, some of which start programs, stay shut."""

# What Pillow raises on files that were cut short, altered or never images.
DAMAGE = (OSError, SyntaxError, ValueError, EOFError, OverflowError, IndexError, struct.error)


def decode_image(content: bytes, *, where: str, about: int | None = None) -> Image.Image:
    """Decode a whole picture, within limits.

    Args:
        content: the file.
        where: what to call it in an error message.
        about: pixels wanted across; a JPEG may then be decoded smaller, and faster.

    Raises:
        GapvizError: no image, a damaged one, or one of too many pixels.
    """
    hint = "give a whole PNG, JPEG, WebP, GIF or BMP file"
    try:
        with warnings.catch_warnings():
            # Pillow only warns of a picture that unpacks to twice its limit.
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            image = Image.open(BytesIO(content), formats=FORMATS)
            if image.width * image.height > MAX_PIXELS:
                raise GapvizError(
                    f"has {image.width:,} × {image.height:,} pixels, which is too many",
                    where=where,
                    hint=f"scale it below {MAX_PIXELS:,} pixels",
                )
            if about is not None:
                image.draft(None, (about, about))
            image.load()
            return image
    except GapvizError:
        raise
    except UnidentifiedImageError as error:
        raise GapvizError("is not an image", where=where, hint=hint) from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise GapvizError("unpacks to too many pixels", where=where, hint=hint) from error
    except DAMAGE as error:
        raise GapvizError("is damaged or cut short", where=where, hint=hint) from error


def over_white(image: Image.Image) -> Image.Image:
    """Any picture as RGB, transparent pixels laid over white."""
    if image.mode == "RGB" and "transparency" not in image.info:
        return image
    laid = _layer
    if image.mode.startswith(("I", "F")):
        # Pillow clips these to 0…255; 16-bit greys are scaled instead.
        _, highest = cast(tuple[float, float], image.getextrema())
        laid = partial(_grey, top=65535.0 if highest > 255 else 255.0)
    # A few rows at a time, since each step makes a copy of what it is given.
    whole = Image.new("RGB", image.size)
    for first in range(0, image.height, BAND_ROWS):
        band = image.crop((0, first, image.width, min(first + BAND_ROWS, image.height)))
        whole.paste(laid(band), (0, first))
    return whole


def _grey(band: Image.Image, *, top: float) -> Image.Image:
    values = np.asarray(band, dtype=np.float64)
    return Image.fromarray(np.uint8(np.clip(values / top, 0, 1) * 255)).convert("RGB")


def _layer(band: Image.Image) -> Image.Image:
    layer = band.convert("RGBA")
    white = Image.new("RGBA", layer.size, "white")
    return Image.alpha_composite(white, layer).convert("RGB")


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
