"""From the bytes of a file to a picture, within limits, and cheap checks of its first bytes."""

from __future__ import annotations

import os
import stat
import struct
import warnings
from collections.abc import Iterator, Mapping
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

from gapviz.core.errors import GapvizError
from gapviz.core.vectors import Float64

MAX_PIXELS = 50_000_000
MAX_FILE_BYTES = 64 * 1024**2
BAND_ROWS = 256

IMAGE_SUFFIXES = frozenset(
    {".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".jif", ".webp", ".gif", ".bmp", ".tif", ".tiff",
     ".avif"}
)  # fmt: skip

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "AVIF")
"""What is recognised; Pillow's other plugins, some of which start programs, stay shut."""

READ_FORMATS = "PNG, JPEG, WebP, GIF, BMP, TIFF or AVIF"

UNREAD_PICTURES: Mapping[str, str] = {
    **dict.fromkeys((".heic", ".heif", ".hif"), "HEIC"),
    **dict.fromkeys((".jp2", ".j2k", ".jpx", ".jpf"), "JPEG 2000"),
    **dict.fromkeys((".ppm", ".pgm", ".pbm", ".pnm"), "Netpbm"),
    **dict.fromkeys((".cr2", ".cr3", ".nef", ".arw", ".dng", ".raw", ".rw2", ".orf"), "raw"),
    **dict.fromkeys((".svg", ".svgz"), "SVG"),
    **dict.fromkeys((".jxl",), "JPEG XL"),
    **dict.fromkeys((".psd",), "Photoshop"),
    **dict.fromkeys((".tga",), "Targa"),
    **dict.fromkeys((".ico",), "icon"),
    **dict.fromkeys((".exr", ".hdr"), "high dynamic range"),
    **dict.fromkeys((".dcm",), "DICOM"),
}
"""Endings of pictures that are not read, and what to call such a picture."""

# Pillow turns no picture in these into RGB without a colour profile.
_STRANGE_COLOURS = frozenset({"LAB", "HSV"})

# What Pillow raises on files that were cut short, altered or never images.
DAMAGE = (OSError, SyntaxError, ValueError, EOFError, OverflowError, IndexError, struct.error)

MISSING = "is missing"

# Brands of ISO base media files (ISO/IEC 23008-12) that phones write, whatever the ending.
_HEIC_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"})
_SNIFFED_BYTES = 12

_ORIENTATION = ExifTags.Base.Orientation


def decode_image(content: bytes, *, where: str, about: int | None = None) -> Image.Image:
    """Decode a whole picture, within limits, turned upright as its EXIF orientation says.

    Args:
        content: the file.
        where: what to call it in an error message.
        about: pixels wanted across; a JPEG may then be decoded smaller, and faster.

    Raises:
        GapvizError: no image, a damaged one, or one of too many pixels.
    """
    hint = f"give a whole {READ_FORMATS} file"
    try:
        with warnings.catch_warnings():
            # Pillow only warns of a picture that unpacks to twice its limit.
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            warnings.simplefilter("ignore", UserWarning)
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
            return _upright(image)
    except GapvizError:
        raise
    except UnidentifiedImageError as error:
        raise GapvizError(_no_image(content), where=where, hint=hint) from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise GapvizError("unpacks to too many pixels", where=where, hint=hint) from error
    except DAMAGE as error:
        raise GapvizError("is damaged or cut short", where=where, hint=hint) from error


def orientation_of(content: bytes) -> int:
    """How a picture is stored: 1 upright, 2 to 8 turned or mirrored (EXIF 2.3, tag 0x0112).

    What is no picture, or says nothing of it, counts as upright.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            said = Image.open(BytesIO(content), formats=FORMATS).getexif().get(_ORIENTATION, 1)
    except (*DAMAGE, Image.DecompressionBombError, TypeError, KeyError):
        return 1
    return said if isinstance(said, int) and 1 <= said <= 8 else 1


def _upright(image: Image.Image) -> Image.Image:
    """The picture as it is meant to be seen; as it is stored where its EXIF is damaged."""
    try:
        ImageOps.exif_transpose(image, in_place=True)
    except (*DAMAGE, TypeError, KeyError):
        pass
    return image


def _no_image(start: bytes) -> str:
    if start[4:8] == b"ftyp" and start[8:_SNIFFED_BYTES] in _HEIC_BRANDS:
        return unread_picture("HEIC")
    return "is not an image"


def unread_picture(kind: str) -> str:
    """Why a picture of one of the kinds of `UNREAD_PICTURES` is left out, in a clause."""
    return f"is a {kind} picture, which is not read (save it as JPEG or PNG)"


def over_white(image: Image.Image) -> Image.Image:
    """Any picture as RGB, transparent pixels laid over white."""
    if image.mode == "RGB" and "transparency" not in image.info:
        return image
    laid = _layer
    if image.mode.startswith(("I", "F")):
        # Pillow clips these to 0…255; 16-bit greys and fractions are scaled instead.
        highest = max(float(_values(band).max(initial=0)) for _, band in _bands(image))
        fractions = image.mode == "F" and highest <= 1
        laid = partial(_grey, top=1.0 if fractions else 65535.0 if highest > 255 else 255.0)
    whole = Image.new("RGB", image.size)
    for first, band in _bands(image):
        whole.paste(laid(band), (0, first))
    return whole


def _bands(image: Image.Image) -> Iterator[tuple[int, Image.Image]]:
    """A few rows at a time, with the number of the first: each step copies what it is given."""
    for first in range(0, image.height, BAND_ROWS):
        yield first, image.crop((0, first, image.width, min(first + BAND_ROWS, image.height)))


def _values(band: Image.Image) -> Float64:
    return np.nan_to_num(np.asarray(band, dtype=np.float64))


def _grey(band: Image.Image, *, top: float) -> Image.Image:
    return Image.fromarray(np.uint8(np.clip(_values(band) / top, 0, 1) * 255)).convert("RGB")


def _layer(band: Image.Image) -> Image.Image:
    layer = band.convert("RGBA")
    white = Image.new("RGBA", layer.size, "white")
    return Image.alpha_composite(white, layer).convert("RGB")


def is_image_name(name: str) -> bool:
    """Whether a file is taken for a picture by its ending."""
    return os.path.splitext(name)[1].lower() in IMAGE_SUFFIXES  # noqa: PTH122, ten times faster


def unread_kind(name: str) -> str | None:
    """What kind of picture a file is by its ending, where that kind is not read."""
    return UNREAD_PICTURES.get(os.path.splitext(name)[1].lower())  # noqa: PTH122


def file_flaw(path: Path) -> str | None:
    """`header_flaw` of a file; a pipe or device is never opened."""
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            return "is not a file"
        with path.open("rb") as file:
            return header_flaw(file, status.st_size)
    except FileNotFoundError:
        return MISSING
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
            image = Image.open(file, formats=FORMATS)
    except UnidentifiedImageError:
        file.seek(0)
        return _no_image(file.read(_SNIFFED_BYTES))
    except Image.DecompressionBombError:
        return "unpacks to too many pixels"
    except DAMAGE:
        return "is damaged or cut short"
    return _size_or_colour_flaw(image)


def _size_or_colour_flaw(image: Image.Image) -> str | None:
    if image.width * image.height > MAX_PIXELS:
        return f"has {image.width:,} × {image.height:,} pixels, which is too many"
    if image.mode in _STRANGE_COLOURS:
        return f"has {image.mode} colours, which are not read"
    return None
