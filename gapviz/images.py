"""Pictures of items, from wherever `Item.image` says they come.

A reference is read inside the collection's folder alone: absolute paths, paths that climb
out and links that lead out are refused by name.
"""

from __future__ import annotations

import warnings
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError

from gapviz.builtin.drawings import IMAGE_SCHEME, drawing_png
from gapviz.errors import GapvizError

MAX_PIXELS = 50_000_000
MAX_FILE_BYTES = 64 * 1024**2

DRAWING_SIZE = 224
"""Pixels that a vector drawing is rendered at for an encoder."""


def image_bytes(reference: str, root: Path | None) -> bytes:
    """The file that `Item.image` refers to, as it is stored.

    Args:
        reference: `openmoji:CODE`, or a path relative to `root`.
        root: `Collection.root`.

    Raises:
        GapvizError: nothing there, or a reference that leads out of `root`.
    """
    if reference.startswith(IMAGE_SCHEME):
        return drawing_png(reference, DRAWING_SIZE)
    path = inside(root, reference)
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise GapvizError(
                f"has {path.stat().st_size / 1e6:,.0f} MB, which is too much for one image",
                where=reference,
                mend=f"give images below {MAX_FILE_BYTES / 1e6:,.0f} MB",
            )
        return path.read_bytes()
    except OSError as error:
        raise GapvizError(
            f"cannot be read ({error.strerror or error})", where=reference, mend="check the file"
        ) from error


def open_image(reference: str, root: Path | None) -> Image.Image:
    """The decoded picture of an item, in its own mode.

    Raises:
        GapvizError: as `image_bytes`, or `decode_image`.
    """
    return decode_image(image_bytes(reference, root), where=reference)


def decode_image(content: bytes, *, where: str, about: int | None = None) -> Image.Image:
    """Decode a whole picture, within limits.

    Args:
        content: the file.
        where: what to call it in an error message.
        about: pixels wanted across; a JPEG may then be decoded smaller, and faster.

    Raises:
        GapvizError: no image, a damaged one, or one of too many pixels.
    """
    mend = "give a whole PNG, JPEG, WebP, GIF or BMP file"
    try:
        with warnings.catch_warnings():
            # Pillow only warns of a picture that unpacks to twice its limit.
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            image = Image.open(BytesIO(content))
            if image.width * image.height > MAX_PIXELS:
                raise GapvizError(
                    f"has {image.width:,} × {image.height:,} pixels, which is too many",
                    where=where,
                    mend=f"scale it below {MAX_PIXELS:,} pixels",
                )
            if about is not None:
                image.draft(None, (about, about))
            image.load()
            return image
    except GapvizError:
        raise
    except UnidentifiedImageError as error:
        raise GapvizError("is not an image", where=where, mend=mend) from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise GapvizError("unpacks to too many pixels", where=where, mend=mend) from error
    except (OSError, SyntaxError, ValueError) as error:
        raise GapvizError("is damaged or cut short", where=where, mend=mend) from error


def over_white(image: Image.Image) -> Image.Image:
    """Any picture as RGB, transparent pixels laid over white."""
    if image.mode == "RGB" and "transparency" not in image.info:
        return image
    if image.mode.startswith(("I", "F")):
        # Pillow clips these to 0…255; 16-bit greys are scaled instead.
        values = np.asarray(image, dtype=np.float64)
        top = 65535.0 if values.max(initial=0) > 255 else 255.0
        return Image.fromarray(np.uint8(np.clip(values / top, 0, 1) * 255)).convert("RGB")
    layer = image.convert("RGBA")
    white = Image.new("RGBA", layer.size, "white")
    return Image.alpha_composite(white, layer).convert("RGB")


def inside(root: Path | None, reference: str) -> Path:
    """The path of `reference` below `root`, links resolved.

    Raises:
        GapvizError: no root, an absolute path, or one that leads out of it.
    """
    if root is None:
        raise GapvizError(
            "the collection knows no folder of images",
            where=reference,
            mend="read the collection from its source again",
        )
    base = root.resolve()
    path = (base / reference).resolve()
    if Path(reference).is_absolute() or not path.is_relative_to(base):
        raise GapvizError(
            "leads out of the collection's folder, and is not read",
            where=reference,
            mend="keep images inside the folder",
        )
    return path


def thumbnail_png(reference: str, root: Path | None, size: int) -> bytes:
    """A picture as an opaque PNG of at most `size` × `size` pixels, transparency over white.

    Raises:
        GapvizError: as `open_image`.
    """
    if reference.startswith(IMAGE_SCHEME):
        return drawing_png(reference, size)
    image = decode_image(image_bytes(reference, root), where=reference, about=size)
    small = over_white(image)
    small.thumbnail((size, size))
    buffer = BytesIO()
    small.save(buffer, "PNG")
    return buffer.getvalue()
