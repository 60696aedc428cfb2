"""Encoders by name, for pages, links and the command line."""

from __future__ import annotations

import re

from gapviz.encoders.base import Encoder
from gapviz.errors import GapvizError

BUILTIN = "builtin"
OPEN_CLIP = "open_clip"


def is_encoder_name(name: str) -> bool:
    """Whether `load_encoder` may know the name; its weights may still be out of reach."""
    family, _, rest = name.strip().partition(":")
    return bool(family == BUILTIN or (family == OPEN_CLIP and rest))


def load_encoder(name: str, *, device: str | None = None) -> Encoder:
    """The encoder of that name.

    Args:
        name: `builtin`; `open_clip:MODEL` (random weights, seed 0),
            `open_clip:MODEL:random-7` (seed 7); or `open_clip:MODEL:TAG` with a
            pretrained tag or the path of a checkpoint.
        device: where it computes; None takes the fastest there is.

    Raises:
        GapvizError: no such encoder, or its weights cannot be had.
    """
    family, _, rest = name.strip().partition(":")
    if family == BUILTIN and not rest:
        from gapviz.encoders.builtin import BuiltinEncoder

        return BuiltinEncoder(device)
    if family == OPEN_CLIP and rest:
        from gapviz.encoders.open_clip import OpenClipEncoder

        model, _, tag = rest.partition(":")
        if random := re.fullmatch(r"random-(\d{1,9})", tag):
            return OpenClipEncoder(model, seed=int(random[1]), device=device)
        return OpenClipEncoder(model, tag or None, device=device)
    raise GapvizError(
        f"there is no encoder {name[:80]!r}",
        mend="choose builtin, open_clip:MODEL or open_clip:MODEL:TAG "
        "(for instance open_clip:ViT-B-32:openai)",
    )
