"""open_clip's pretrained models as a list to search, without importing open_clip."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from gapviz.core.errors import GapvizError
from gapviz.sources.builtin.shipped import shipped_folder

Kind = Literal["clip", "siglip", "coca"]

FILE = "open_clip.json"

# Weights mostly come as float32. What a file really takes is known once it is there.
BYTES_PER_PARAMETER = 4

# Names that open_clip looks for in a repository where a tag names no file, and beside one.
DEFAULT_FILES = ("open_clip_model.safetensors", "open_clip_pytorch_model.bin")


@dataclass(frozen=True, slots=True)
class ModelEntry:
    """One model with one set of pretrained weights."""

    model: str
    tag: str
    parameters: int | None
    """None where counting them takes a download."""
    dim: int
    image_size: int
    """Pixels along an edge."""
    context_length: int
    """Most tokens of a text."""
    download_bytes: int | None
    download_is_estimate: bool
    """Told by the number of parameters, not by the file."""
    cached: bool
    """The weights are on this machine: no download."""
    kind: Kind
    """`siglip`: a sigmoid loss; `coca`: a decoder writes captions; `clip`: neither."""

    @property
    def encoder_name(self) -> str:
        """As `load_encoder` takes it."""
        return f"open_clip:{self.model}:{self.tag}"


def available_models(search: str = "") -> tuple[ModelEntry, ...]:
    """Models × tags whose names hold every word of `search`, in open_clip's order.

    Looks into Hugging Face's cache and open_clip's own; never uses the network.

    Raises:
        GapvizError: the list that ships with gapviz is missing or damaged.
    """
    words = search.lower().split()
    return tuple(
        _entry(name, model, tag, source)
        for name, model in _models().items()
        for tag, source in model["tags"].items()
        if all(word in f"{name} {tag} {model['kind']}".lower() for word in words)
    )


@cache
def _models() -> dict[str, dict[str, Any]]:
    path = shipped_folder("models") / FILE
    try:
        models: dict[str, dict[str, Any]] = json.loads(path.read_text("utf-8"))["models"]
        return models
    except (OSError, ValueError, KeyError) as error:
        raise GapvizError(
            "the list of models is missing or damaged",
            where=str(path),
            hint="make it again with data/build_model_list.py",
        ) from error


def _entry(name: str, model: dict[str, Any], tag: str, source: dict[str, str]) -> ModelEntry:
    file = _cached_file(source)
    size = None if file is None else file.stat().st_size
    parameters: int | None = model["parameters"]
    estimate = None if parameters is None else parameters * BYTES_PER_PARAMETER
    shape = model["image_size"]
    return ModelEntry(
        model=name,
        tag=tag,
        parameters=parameters,
        dim=model["dim"],
        image_size=shape if isinstance(shape, int) else max(shape),
        context_length=model["context_length"],
        download_bytes=estimate if size is None else size,
        download_is_estimate=size is None,
        cached=file is not None,
        kind=model["kind"],
    )


def _cached_file(source: dict[str, str]) -> Path | None:
    if "url" in source:
        # open_clip downloads by URL only what no repository on Hugging Face holds.
        path = Path("~/.cache/clip").expanduser() / source["url"].rpartition("/")[2]
        return path if path.is_file() else None
    from huggingface_hub import constants, try_to_load_from_cache

    named = source["file"]
    stem = named.rpartition(".")[0]
    for file in (f"{stem}.safetensors", named) if named else DEFAULT_FILES:
        found = try_to_load_from_cache(source["repository"], file, cache_dir=constants.HF_HUB_CACHE)
        if isinstance(found, str):
            return Path(found)
    return None
