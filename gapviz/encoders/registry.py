"""Encoders by name, for pages, links and the command line."""

from __future__ import annotations

import re

from gapviz.core.errors import GapvizError
from gapviz.encoders.base import Encoder, ImageEncoder, TextEncoder, choose_device
from gapviz.encoders.builtin import BuiltinEncoder
from gapviz.encoders.image_only import TimmEncoder, efficientnet
from gapviz.encoders.open_clip import OpenClipEncoder
from gapviz.encoders.text_only import SentenceTransformerEncoder, minilm
from gapviz.sources.builtin.variants import BUILTIN, BUILTIN_ENCODERS

OPEN_CLIP = "open_clip"
HUB = "hf-hub"
FOLDER = "local-dir"
EFFICIENTNET = "efficientnet-lite0"
TIMM = "timm"
MINILM = "minilm"
SENTENCES = "sentence-transformers"

FAMILIES: dict[str, tuple[str, ...]] = {
    BUILTIN: ("image", "text"),
    OPEN_CLIP: ("image", "text"),
    HUB: ("image", "text"),
    FOLDER: ("image", "text"),
    EFFICIENTNET: ("image",),
    TIMM: ("image",),
    MINILM: ("text",),
    SENTENCES: ("text",),
}
"""What stands before the first colon of an encoder's name, and the modalities it encodes."""


def load_encoder(name: str, *, device: str | None = None) -> Encoder:
    """The dual encoder of that name.

    Args:
        name: one of `gapviz.sources.builtin.BUILTIN_ENCODERS` (`builtin`, `builtin:sigmoid`, …);
            `open_clip:MODEL` (random weights, seed 0), `open_clip:MODEL:random-7` (seed 7);
            `open_clip:MODEL:TAG` with a pretrained tag or the path of a checkpoint;
            `hf-hub:ORG/NAME`; or `local-dir:PATH`, a folder that open_clip saved a model to.
        device: where it computes; None takes the fastest there is.

    Raises:
        GapvizError: no such encoder, or its weights cannot be had.

    >>> load_encoder("builtin").encode_texts(["a cat", "a dog"]).shape
    (2, 256)
    """
    family, _, rest = name.strip().partition(":")
    if family == OPEN_CLIP and rest.startswith((f"{HUB}:", f"{FOLDER}:")):
        family, _, rest = rest.partition(":")
    if name.strip() in BUILTIN_ENCODERS:
        return BuiltinEncoder(device, name=name.strip())
    if family in (HUB, FOLDER, OPEN_CLIP) and rest:
        if family != OPEN_CLIP:
            return OpenClipEncoder(f"{family}:{rest}", device=device)
        model, weights, seed = _parts(rest)
        return OpenClipEncoder(model, weights, seed=seed or 0, device=device)
    raise GapvizError(
        f"there is no encoder {name[:80]!r}",
        hint=f"choose {', '.join(BUILTIN_ENCODERS)}, open_clip:MODEL or open_clip:MODEL:TAG "
        "(for instance open_clip:ViT-B-32:openai), hf-hub:ORG/NAME or local-dir:PATH",
    )


def load_any_encoder(
    name: str, *, device: str | None = None
) -> Encoder | ImageEncoder | TextEncoder:
    """The encoder of that name, whatever it encodes.

    Args:
        name: of images alone: `efficientnet-lite0` (works offline); `timm:MODEL` (pretrained),
            `timm:MODEL:random-7` (seed 7) or `timm:MODEL:CHECKPOINT`. Of texts alone: `minilm`
            (works offline) or `sentence-transformers:NAME_OR_PATH`. Of both, as `load_encoder`
            takes it.
        device: where it computes; None takes the fastest there is.

    Raises:
        GapvizError: no such encoder, or its weights cannot be had.
    """
    family, _, rest = name.strip().partition(":")
    modalities = encoded_modalities(name)
    if len(modalities) > 1:
        return load_encoder(name, device=device)
    if family == EFFICIENTNET and not rest:
        return efficientnet(choose_device(device))
    if family == MINILM and not rest:
        return minilm(choose_device(device))
    if family == TIMM and rest:
        return TimmEncoder(*_parts(rest), device)
    if family == SENTENCES and rest:
        return SentenceTransformerEncoder(rest, device=device)
    kind, own = "images", f"{EFFICIENTNET}, {TIMM}:MODEL"
    if modalities == ("text",):
        kind, own = "texts", f"{MINILM}, {SENTENCES}:NAME"
    raise GapvizError(
        f"there is no encoder of {kind} {name[:80]!r}",
        hint=f"choose {own}, or a dual encoder such as {BUILTIN}",
    )


def encoded_modalities(name: str) -> tuple[str, ...]:
    """What the encoder of that name encodes: `image`, `text` or both.

    Raises:
        GapvizError: no such family of encoders.

    >>> encoded_modalities("minilm"), encoded_modalities("open_clip:ViT-B-32")
    (('text',), ('image', 'text'))
    """
    family = name.strip().partition(":")[0]
    if family not in FAMILIES:
        raise GapvizError(
            f"there is no encoder {name[:80]!r}", hint=f"choose one of {', '.join(FAMILIES)}"
        )
    return FAMILIES[family]


def is_dual_encoder(name: str) -> bool:
    """Whether `load_encoder` may know the name; its weights may still be out of reach."""
    family, _, rest = name.strip().partition(":")
    if family == BUILTIN:
        return name.strip() in BUILTIN_ENCODERS
    return len(FAMILIES.get(family, ())) == 2 and bool(rest)


def _parts(rest: str) -> tuple[str, str | None, int | None]:
    """Model, weights and seed of `MODEL`, `MODEL:WEIGHTS` or `MODEL:random-SEED`."""
    model, _, weights = rest.partition(":")
    found = re.fullmatch(r"random-(\d{1,9})", weights)
    return (model, None, int(found[1])) if found else (model, weights or None, None)
