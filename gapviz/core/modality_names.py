"""What files and columns of vectors are called, and which modality that means.

`image_embeds`, `TEXT_EMB`, `img`, `vision` mean the same in every format, whatever their case.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

ALIASES: Mapping[str, tuple[str, ...]] = {
    "image": (
        "image", "images", "img", "imgs", "picture", "pictures", "pic", "pics", "photo", "photos",
        "vision", "visual", "visuals",
    ),
    "text": (
        "text", "texts", "txt", "txts", "caption", "captions", "sentence", "sentences", "language",
        "textual",
    ),
    "audio": ("audio", "audios", "sound", "sounds"),
    "video": ("video", "videos", "vid", "vids"),
}  # fmt: skip
"""Usual names of each modality, in lower case."""

_MODALITY = {alias: modality for modality, aliases in ALIASES.items() for alias in aliases}

_WORDS = r"(?:vector|vec|embedding|embed|emb|feature|feat|encoding|latent|representation)s?"
_PART = r"[_\-. /]+"
_VECTOR_ENDING = re.compile(
    rf"(?:{_PART}(?i:{_WORDS})|(?<=[a-z0-9])(?:Vec|Vector|Emb|Embed|Embedding|Feat|Feature)s?)\Z"
)
_VECTOR_START = re.compile(rf"\A(?i:{_WORDS}){_PART}")
_VECTOR_ALONE = re.compile(rf"(?i:{_WORDS})")
_STORED_AS = re.compile(
    rf"{_PART}(int8|uint8|ubinary|binary|bf16|bfloat16|fp16|fp32|float16|float32)\Z", re.IGNORECASE
)

NARROW_NAMES = {"bf16": "bfloat16"}


def modality_name(name: str) -> str:
    """The modality that a file or column of vectors is named for: `img_emb` → `image`.

    A name that no usual one stands in keeps its spelling, without what says that it is vectors.
    """
    return _usual(name) or _stem(name)


def modality_names(names: Iterable[str]) -> dict[str, str]:
    """Modality of each name; no two of one modality.

    Of several that mean one modality the plainest takes it (`image` before `image_emb` before
    `clip_image_emb`), and the others keep their own names.
    """
    listed = list(names)
    found: dict[str, str] = {}
    for meaning in (_exactly, _usual, _word_inside, _own_stem, _stem, str):
        for name in listed:
            modality = meaning(name)
            if name not in found and modality is not None and modality not in found.values():
                found[name] = modality
    return {name: found[name] for name in listed}


def says_vectors(name: str) -> bool:
    """Whether a name says that what it is of are vectors: `text_embedding`, `vector`."""
    plain = _STORED_AS.sub("", name)
    return bool(
        _VECTOR_ENDING.search(plain)
        or _VECTOR_START.match(plain)
        or _VECTOR_ALONE.fullmatch(plain.strip())
    )


def says_modality(name: str) -> bool:
    """Whether a name is that of vectors or of a usual modality."""
    return says_vectors(name) or _usual(name) is not None


def stored_as(name: str) -> str | None:
    """How a name says that its numbers are stored: `image_ubinary` → `ubinary`."""
    ending = _STORED_AS.search(name)
    return NARROW_NAMES.get(ending[1].lower(), ending[1].lower()) if ending else None


def _stem(name: str) -> str:
    plain = _STORED_AS.sub("", name)
    stem = _VECTOR_ENDING.sub("", plain)
    if stem == plain:
        stem = _VECTOR_START.sub("", plain)
    return stem or name


def _exactly(name: str) -> str | None:
    return name if name in ALIASES else None


def _usual(name: str) -> str | None:
    return _MODALITY.get(_plain(_stem(name)))


def _own_stem(name: str) -> str | None:
    return name if _stem(name) == name else None


def _word_inside(name: str) -> str | None:
    """The one usual modality among the words of a name: `clip_image_emb` → `image`."""
    meant = {_MODALITY[word] for word in _plain(_stem(name)).split("_") if word in _MODALITY}
    return meant.pop() if len(meant) == 1 else None


def _plain(stem: str) -> str:
    apart = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", stem.strip())
    return re.sub(_PART, "_", apart).lower()
