"""From the bytes of a file to a picture, within limits."""

from __future__ import annotations

import struct
import warnings
from io import BytesIO

import numpy as np
from PIL import Image, UnidentifiedImageError

from gapviz.core.errors import GapvizError

MAX_PIXELS = 50_000_000
MAX_FILE_BYTES = 64 * 1024**2

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
    if image.mode.startswith(("I", "F")):
        # Pillow clips these to 0…255; 16-bit greys are scaled instead.
        values = np.asarray(image, dtype=np.float64)
        top = 65535.0 if values.max(initial=0) > 255 else 255.0
        return Image.fromarray(np.uint8(np.clip(values / top, 0, 1) * 255)).convert("RGB")
    layer = image.convert("RGBA")
    white = Image.new("RGBA", layer.size, "white")
    return Image.alpha_composite(white, layer).convert("RGB")
