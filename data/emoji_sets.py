"""The same concepts as other open sets draw them: views of training drawings, never of others.

A drawing belongs to an item by its code points. Nothing of the sets is stored in the repository;
they are read when the heads are trained.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from drawing_names import plain_code
from npm_packages import FLUENT, NOTO, TWEMOJI, NpmPackage, read_json
from PIL import Image


@dataclass(frozen=True, slots=True)
class EmojiSet:
    """A set of drawings in Iconify's JSON."""

    name: str
    package: NpmPackage


EMOJI_SETS = (
    EmojiSet("noto", NOTO),
    EmojiSet("twemoji", TWEMOJI),
    EmojiSet("fluent-emoji-flat", FLUENT),
)


def drawings_by_code(drawn: EmojiSet) -> dict[str, str]:
    """SVG of each drawing by its code points, without variation selectors, as `plain_code`."""
    icons = read_json(drawn.package, "icons.json")
    names: Mapping[str, str] = read_json(drawn.package, "chars.json")
    found = {}
    for points, name in sorted(names.items()):
        # Aliases are the same drawing turned round or under an older name.
        if name in icons["icons"]:
            found[plain_code(points.upper())] = _svg(icons, icons["icons"][name])
    return found


def rendered(svg: str, edge: int) -> Image.Image:
    """The drawing as an RGBA picture without a background, as OpenMoji's are rendered."""
    import resvg_py

    content = resvg_py.svg_to_bytes(svg_string=svg, width=edge, height=edge, skip_system_fonts=True)
    return Image.open(BytesIO(bytes(content))).convert("RGBA")


def _svg(icons: Mapping[str, Any], icon: Mapping[str, Any]) -> str:
    left, top = icon.get("left", 0), icon.get("top", 0)
    width = icon.get("width", icons.get("width", 16))
    height = icon.get("height", icons.get("height", 16))
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'viewBox="{left} {top} {width} {height}">{icon["body"]}</svg>'
    )
