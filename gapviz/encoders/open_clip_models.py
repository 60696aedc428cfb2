"""Where open_clip's models come from: its list with a tag or a file, Hugging Face, a folder."""

from __future__ import annotations

import difflib
import logging
import pickle
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gapviz.core.errors import GapvizError
from gapviz.encoders.base import EncoderCard
from gapviz.encoders.torchvision_operators import declare_torchvision_operators
from gapviz.encoders.weights import (
    DAMAGE,
    code_refused,
    digest_of,
    loading,
    named_checkpoint,
    reading_checkpoint,
)

HUB = "hf-hub:"
FOLDER = "local-dir:"
CONFIG_FILE = "open_clip_config.json"


@dataclass(frozen=True, eq=False)
class Loaded:
    """A model with what is known of it."""

    model: Any
    tokenizer: Any
    card: EncoderCard


def load_model(model_name: str, pretrained: str | Path | None, seed: int) -> Loaded:
    """Build the model and its tokenizer; arguments and errors as of `OpenClipEncoder`."""
    declare_torchvision_operators()
    with _without_its_log():
        if model_name.startswith((HUB, FOLDER)):
            if pretrained is not None:
                raise GapvizError(
                    "brings its own weights", where=model_name, hint="give no tag and no checkpoint"
                )
            if model_name.startswith(HUB):
                return _from_hub(model_name)
            return _from_folder(model_name)
        return _from_list(model_name, pretrained, seed)


def _from_list(model_name: str, pretrained: str | Path | None, seed: int) -> Loaded:
    import open_clip
    import torch

    lower = {model.lower(): model for model in open_clip.list_models()}
    if model_name not in lower.values():
        close = difflib.get_close_matches(model_name.lower(), lower, 4, 0.5)
        raise GapvizError(
            f"open_clip has no model {model_name[:80]!r}",
            hint=f"did you mean {', '.join(lower[match] for match in close)}"
            if close
            else "choose one of open_clip.list_models()",
        )
    tags = open_clip.list_pretrained_tags_by_model(model_name)
    tag = pretrained if isinstance(pretrained, str) and pretrained in tags else None
    checkpoint = None if pretrained is None or tag else named_checkpoint(pretrained, tags=tags)

    where = f"open_clip {model_name}"
    with loading(f"{where} {tag or ''}".strip(), what="weights" if tag else "tokenizer"):
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            model = open_clip.create_model(
                model_name,
                tag,
                pretrained_text=False,
                # Weights that were trained with one activation answer wrongly under another.
                force_quick_gelu=bool(
                    tag and open_clip.get_pretrained_cfg(model_name, tag).get("quick_gelu", False)
                ),
            )
        tokenizer = open_clip.get_tokenizer(model_name)
    if checkpoint is not None:
        with reading_checkpoint(checkpoint, where):
            open_clip.factory.load_checkpoint(model, str(checkpoint), weights_only=True)
    name, short = f"open_clip:{model_name}", f"random, seed {seed}"
    origin = f"random weights, seed {seed}"
    if tag:
        name, short, origin = f"{name}:{tag}", tag, f"pretrained weights {tag}"
    elif checkpoint:
        name = f"{name}:checkpoint-{digest_of([checkpoint])}"
        short, origin = checkpoint.name, f"weights of {checkpoint.name}"
    elif seed:
        name = f"{name}:random-{seed}"
    description = f"{model_name} of open_clip with {origin}."
    return _loaded(model_name, model, tokenizer, name, f"{model_name} ({short})", description)


def _from_hub(model_name: str) -> Loaded:
    import open_clip

    with loading(model_name, what="files"):
        model = open_clip.create_model(model_name, require_pretrained=True, pretrained_text=False)
        tokenizer = open_clip.get_tokenizer(model_name)
    short = model_name.removeprefix(HUB)
    description = f"{short} of Hugging Face, by open_clip, with the weights that lie there."
    return _loaded(model_name, model, tokenizer, model_name, short, description)


def _from_folder(model_name: str) -> Loaded:
    import open_clip

    folder = Path(model_name.removeprefix(FOLDER)).expanduser().absolute()
    if not (folder / CONFIG_FILE).is_file():
        raise GapvizError(
            f"there is no {CONFIG_FILE}",
            where=str(folder),
            hint="give a folder that open_clip saved a model to",
        )
    full_name = f"{FOLDER}{folder}"
    try:
        model = open_clip.create_model(full_name, require_pretrained=True, pretrained_text=False)
        tokenizer = open_clip.get_tokenizer(full_name)
        # By content: a folder that training writes over is another encoder.
        digest = digest_of(sorted(path for path in folder.iterdir() if path.is_file()))
        name, title = f"{FOLDER}checkpoint-{digest}", folder.name
        description = f"A model of open_clip from the folder {title}."
        return _loaded(full_name, model, tokenizer, name, title, description)
    except pickle.UnpicklingError as error:
        raise code_refused(folder.name) from error
    except (OSError, *DAMAGE) as error:
        raise GapvizError(
            "its configuration, weights and tokenizer do not make a model",
            where=str(folder),
            hint="save the model and its tokenizer there again with open_clip",
        ) from error


def _loaded(
    full_name: str, model: Any, tokenizer: Any, name: str, title: str, description: str
) -> Loaded:
    """The model with its card; `full_name` is what open_clip knows it by."""
    import open_clip

    bias = getattr(model, "logit_bias", None)
    parts = (tokenizer, getattr(model, "text", model))
    limits = (getattr(part, "context_length", None) for part in parts)
    card = EncoderCard(
        name=name,
        title=title,
        dim=int(open_clip.get_model_config(full_name)["embed_dim"]),
        description=description,
        text_limit=min(int(limit) for limit in limits if limit),
        logit_scale=float(model.logit_scale.detach().exp()),
        logit_bias=None if bias is None else float(bias.detach()),
    )
    return Loaded(model, tokenizer, card)


@contextmanager
def _without_its_log() -> Iterator[None]:
    """Keep open_clip from logging what the caller is told in a sentence."""

    def others(record: logging.LogRecord) -> bool:
        return "open_clip" not in Path(record.pathname).parts

    root = logging.getLogger()
    root.addFilter(others)
    try:
        yield
    finally:
        root.removeFilter(others)
