"""The built-in encoder and its variants: what they are, and where their files lie."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from gapviz.core.errors import GapvizError
from gapviz.core.nearest import choose
from gapviz.sources.builtin.shipped import shipped_folder

BUILTIN = "builtin"
HEADS_FILE = "heads.safetensors"


@dataclass(frozen=True, slots=True)
class BuiltinEncoderNote:
    """What a person needs to know of the built-in encoder, or of a variant of it."""

    name: str
    """As `load_encoder` and `builtin_collection` take it."""
    title: str
    description: str
    """What it is, what it is not."""
    logit_scale: float
    """Factor on cosines in the loss that it was trained with, 1/temperature."""


def encoder_name(variant: str) -> str:
    """`builtin`, or `builtin:VARIANT`; the empty variant is the built-in encoder itself."""
    return f"{BUILTIN}:{variant}" if variant else BUILTIN


def variant_of(encoder: str) -> str:
    """The variant that an encoder's name asks for, empty for `builtin`.

    Raises:
        GapvizError: no such encoder comes with gapviz.
    """
    if encoder not in BUILTIN_ENCODERS:
        raise GapvizError(
            f"no encoder {encoder[:80]!r} comes with gapviz",
            hint=choose(encoder, BUILTIN_ENCODERS),
        )
    return encoder.partition(":")[2]


def variant_place(variant: str) -> str:
    """The folder of a variant inside `data/`."""
    return f"variants/{variant}" if variant else "encoder"


def variant_folder(variant: str) -> Path:
    """Where the heads and the model card of a variant lie.

    Raises:
        GapvizError: that folder is missing.
    """
    return shipped_folder(variant_place(variant))


BUILTIN_ENCODERS: Mapping[str, BuiltinEncoderNote] = {
    note.name: note
    for note in (
        BuiltinEncoderNote(
            encoder_name(""),
            "Built-in dual encoder",
            "EfficientNet-lite0 and MiniLM, frozen, joined by small heads that were trained "
            "contrastively on drawings of emoji and their names. It works offline and shows a "
            "gap as CLIP does, but it is not CLIP: on photographs it is weak.",
            logit_scale=100,
        ),
        BuiltinEncoderNote(
            encoder_name("sigmoid"),
            "Built-in, sigmoid loss",
            "The built-in encoder with heads trained by the sigmoid loss of SigLIP. Held out, a "
            "ninth of the gap is left and recall the same; eight in ten answers of a mixed index "
            "still have the query's modality.",
            logit_scale=17.4,
        ),
        BuiltinEncoderNote(
            encoder_name("intra-modal"),
            "Built-in, intra-modal terms",
            "The built-in encoder with heads trained by InfoNCE plus the consistency terms of "
            "CyCLIP. They do not close the gap: held out it is wider, and recall no better.",
            logit_scale=100,
        ),
        BuiltinEncoderNote(
            encoder_name("warm"),
            "Built-in, higher temperature",
            "The built-in encoder with heads trained at five times the temperature. Held out, an "
            "eighth of the gap is left and recall the same; eight in ten answers of a mixed index "
            "still have the query's modality.",
            logit_scale=20,
        ),
        BuiltinEncoderNote(
            encoder_name("modgap"),
            "Built-in, ModGap loss",
            "The built-in encoder with heads trained by InfoNCE at the same temperature plus "
            "ModGap's terms, which draw pairs together and spread their centroids. Held out, a "
            "twelfth of the gap is left and recall the same; eight in ten answers of a mixed index "
            "still have the query's modality.",
            logit_scale=100,
        ),
    )
}
"""By encoder name; the first is the default."""


def encoder_title(name: str) -> str:
    """An encoder's name for people; of one that does not come with gapviz, the name itself."""
    note = BUILTIN_ENCODERS.get(name)
    return name if note is None else note.title
