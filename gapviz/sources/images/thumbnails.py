"""Small pictures for a page."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

from gapviz.sources.builtin.drawings import IMAGE_SCHEME, drawing_png
from gapviz.sources.images.decoding import over_white
from gapviz.sources.images.references import open_image


def thumbnail_png(reference: str, root: Path | None, size: int) -> bytes:
    """A picture as an opaque PNG of at most `size` × `size` pixels, transparency over white.

    Raises:
        GapvizError: as `open_image`.
    """
    if reference.startswith(IMAGE_SCHEME):
        return drawing_png(reference, size)
    image = open_image(reference, root, about=size)
    small = over_white(image)
    small.thumbnail((size, size))
    buffer = BytesIO()
    small.save(buffer, "PNG")
    return buffer.getvalue()
