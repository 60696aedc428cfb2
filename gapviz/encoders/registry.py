"""Encoders by name, for pages, links and the command line."""

from __future__ import annotations

import re

from gapviz.core.encoder_record import EncoderRecord
from gapviz.core.errors import GapvizError
from gapviz.core.libraries import refuse_missing
from gapviz.core.nearest import choose
from gapviz.encoders.base import Encoder, ImageEncoder, TextEncoder, choose_device
from gapviz.encoders.builtin import BuiltinEncoder
from gapviz.encoders.image_only import TimmEncoder, efficientnet
from gapviz.encoders.open_clip import OpenClipEncoder
from gapviz.encoders.sentence_transformer import FAMILY as SENTENCES
from gapviz.encoders.sentence_transformer import sentence_transformer
from gapviz.encoders.text_only import minilm
from gapviz.sources.builtin.variants import BUILTIN, BUILTIN_ENCODERS

OPEN_CLIP = "open_clip"
HUB = "hf-hub"
FOLDER = "local-dir"
EFFICIENTNET = "efficientnet-lite0"
TIMM = "timm"
MINILM = "minilm"

FAMILIES: dict[str, tuple[str, ...]] = {
    BUILTIN: ("image", "text"),
    OPEN_CLIP: ("image", "text"),
    HUB: ("image", "text"),
    FOLDER: ("image", "text"),
    EFFICIENTNET: ("image",),
    TIMM: ("image",),
    MINILM: ("text",),
    SENTENCES: ("image", "text"),
}
"""What stands before the first colon of an encoder's name, and the modalities it encodes; of
sentence-transformers, a model may encode texts alone, which its name does not say."""

_CHECKPOINT = re.compile(r"(?:^|:)checkpoint-[0-9a-f]{12}(?::dims-\d+)?$")


def load_encoder(name: str, *, device: str | None = None) -> Encoder:
    """The dual encoder of that name.

    Args:
        name: one of `gapviz.sources.builtin.BUILTIN_ENCODERS` (`builtin`, `builtin:sigmoid`, …);
            `open_clip:MODEL:TAG` with a pretrained tag or the path of a checkpoint;
            `open_clip:MODEL:random-7` (random weights, seed 7); `hf-hub:ORG/NAME`;
            `local-dir:PATH`, a folder that open_clip saved a model to; or
            `sentence-transformers:NAME_OR_PATH`, with `:dims-256` for the first 256 dimensions.
        device: where it computes; None takes the fastest there is.

    Raises:
        GapvizError: no such encoder, a model without weights, or weights that cannot be had.

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
        return OpenClipEncoder(model, weights, seed=seed, device=device)
    if family == SENTENCES and rest:
        found = sentence_transformer(rest, device=device)
        if isinstance(found, Encoder):
            return found
        raise GapvizError(
            "encodes texts alone", where=name[:120], hint="take a model of texts and pictures"
        )
    raise GapvizError(
        f"there is no encoder {name[:80]!r}",
        hint=f"choose {', '.join(BUILTIN_ENCODERS)}, open_clip:MODEL:TAG (for instance "
        "open_clip:ViT-B-32:openai), hf-hub:ORG/NAME, local-dir:PATH or "
        f"{SENTENCES}:NAME_OR_PATH",
    )


def load_any_encoder(
    name: str, *, device: str | None = None
) -> Encoder | ImageEncoder | TextEncoder:
    """The encoder of that name, whatever it encodes.

    Args:
        name: of images alone: `efficientnet-lite0` (works offline); `timm:MODEL` (pretrained),
            `timm:MODEL:random-7` (seed 7) or `timm:MODEL:CHECKPOINT`. Of texts alone: `minilm`
            (works offline). Of both, as `load_encoder` takes it; a model of sentence-transformers
            may also be one of texts alone.
        device: where it computes; None takes the fastest there is.

    Raises:
        GapvizError: no such encoder, or its weights cannot be had.
    """
    family, _, rest = name.strip().partition(":")
    modalities = encoded_modalities(name)
    if family == SENTENCES and rest:
        return sentence_transformer(rest, device=device)
    if len(modalities) > 1:
        return load_encoder(name, device=device)
    if family == EFFICIENTNET and not rest:
        return efficientnet(choose_device(device))
    if family == MINILM and not rest:
        return minilm(choose_device(device))
    if family == TIMM and rest:
        return TimmEncoder(*_parts(rest), device)
    kind, own = "images", f"{EFFICIENTNET}, {TIMM}:MODEL"
    if modalities == ("text",):
        kind, own = "texts", f"{MINILM}, {SENTENCES}:NAME_OR_PATH"
    raise GapvizError(
        f"there is no encoder of {kind} {name[:80]!r}",
        hint=f"choose {own}, or a dual encoder such as {BUILTIN}",
    )


def encoded_modalities(name: str) -> tuple[str, ...]:
    """What the encoder of that name may encode: `image`, `text` or both; see `FAMILIES`.

    Raises:
        GapvizError: no such family of encoders.

    >>> encoded_modalities("minilm"), encoded_modalities("open_clip:ViT-B-32")
    (('text',), ('image', 'text'))
    """
    family = name.strip().partition(":")[0]
    if family not in FAMILIES:
        raise GapvizError(f"there is no encoder {name[:80]!r}", hint=choose(name[:80], FAMILIES))
    return FAMILIES[family]


def is_dual_encoder(name: str) -> bool:
    """Whether `load_encoder` may know the name; its weights may still be out of reach.

    A checkpoint that is named by its content alone is not known: nothing says where it lies.
    """
    family, _, rest = name.strip().partition(":")
    if _CHECKPOINT.search(rest):
        return False
    if family == BUILTIN:
        return name.strip() in BUILTIN_ENCODERS
    return len(FAMILIES.get(family, ())) == 2 and bool(rest)


def query_encoder(
    encoder: str, record: EncoderRecord, modality: str
) -> Encoder | ImageEncoder | TextEncoder:
    """The encoder of a collection, as it takes what asks.

    Args:
        encoder: as `Collection.encoder`.
        record: as `Collection.encoder_record`.
        modality: of the query, `image` or `text`.

    Raises:
        GapvizError: an encoder that is gone, has changed or does not encode the modality; or no
            torch to run it.
    """
    asked = "a typed query" if modality == "text" else "a picture as a query"
    refuse_missing("torch", use=asked, instead="search with an item")
    loaded = load_any_encoder(record.loads_as or encoder)
    if record.loads_as and loaded.card.name != encoder:
        raise GapvizError(
            f"holds another model than {encoder[:80]}, which made the vectors",
            where=record.loads_as[:200],
            hint="encode the collection again",
        )
    if modality not in loaded.modalities:
        raise GapvizError(
            f"encodes no {modality}", where=encoder[:120], hint="search with an item instead"
        )
    return loaded.for_queries(record.query_prompt if record.asks_apart else None)


def _parts(rest: str) -> tuple[str, str | None, int | None]:
    """Model, weights and seed of `MODEL`, `MODEL:WEIGHTS` or `MODEL:random-SEED`."""
    model, _, weights = rest.partition(":")
    found = re.fullmatch(r"random-(\d{1,9})", weights)
    return (model, None, int(found[1])) if found else (model, weights or None, None)
