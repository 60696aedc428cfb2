"""open_clip's pretrained models as a list to search, without importing open_clip."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from gapviz.core.errors import GapvizError
from gapviz.core.libraries import is_installed
from gapviz.sources.builtin.shipped import shipped_folder

FILE = "open_clip.json"

# Weights mostly come as float32.
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
    cached: bool
    """The weights are on this machine: no download."""

    @property
    def encoder_name(self) -> str:
        """As `load_encoder` takes it."""
        return f"open_clip:{self.model}:{self.tag}"

    @property
    def download_bytes(self) -> int | None:
        """About as many as its file has, told by the number of parameters."""
        return self.parameters and self.parameters * BYTES_PER_PARAMETER


def available_models() -> tuple[ModelEntry, ...]:
    """Models × tags in open_clip's order.

    Looks into Hugging Face's cache and open_clip's own; never uses the network.

    Raises:
        GapvizError: the list that ships with gapviz is missing or damaged.
    """
    return tuple(
        ModelEntry(name, tag, model["parameters"], model["dim"], _is_cached(source))
        for name, model in _models().items()
        for tag, source in model["tags"].items()
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


def _is_cached(source: dict[str, str]) -> bool:
    if "url" in source:
        # open_clip downloads by URL only what no repository on Hugging Face holds.
        return (Path("~/.cache/clip").expanduser() / source["url"].rpartition("/")[2]).is_file()
    if not is_installed("huggingface_hub"):
        return False
    from huggingface_hub import constants, try_to_load_from_cache

    named = source["file"]
    stem = named.rpartition(".")[0]
    return any(
        isinstance(
            try_to_load_from_cache(source["repository"], file, cache_dir=constants.HF_HUB_CACHE),
            str,
        )
        for file in ((f"{stem}.safetensors", named) if named else DEFAULT_FILES)
    )
