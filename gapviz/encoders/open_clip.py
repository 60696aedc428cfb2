"""open_clip's models as encoders: pretrained, from a checkpoint, or freshly initialised.

They come from open_clip's list with a tag or a file, from Hugging Face, or from a folder.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from gapviz.core.encoder_record import EncoderRecord
from gapviz.core.errors import GapvizError
from gapviz.core.libraries import needed
from gapviz.core.nearest import choose
from gapviz.core.progress import Progress, no_progress
from gapviz.core.vectors import Float32
from gapviz.encoders.base import (
    Encoder,
    EncoderCard,
    choose_device,
    in_batches,
    standardised_features,
)
from gapviz.encoders.pixels import Pixels, Preprocessing
from gapviz.encoders.torchvision_operators import declare_torchvision_operators
from gapviz.encoders.weights import (
    digest_of,
    explained,
    loading,
    named_checkpoint,
    reading_checkpoint,
)

HUB = "hf-hub:"
FOLDER = "local-dir:"
CONFIG_FILE = "open_clip_config.json"
ITS_OWN_WEIGHTS = {"require_pretrained": True, "pretrained_text": False}
TEXT_BATCH = 32


class OpenClipEncoder(Encoder):
    """One model of open_clip as an encoder.

    Args:
        model_name: a name of `open_clip.list_models()`, such as `ViT-B-32`;
            `hf-hub:ORG/NAME`, a model of open_clip's on Hugging Face; or `local-dir:PATH`, a
            folder with `open_clip_config.json`, weights and, where the model has one of its
            own, a tokenizer.
        pretrained: a tag of that model (`openai`, `laion2b_s34b_b79k`; downloaded once,
            then read from Hugging Face's cache), or the path of a checkpoint. None where the
            name brings its weights, or where they are random.
        seed: of random weights, which show the gap that a dual encoder is born with.
        device: `cpu`, `cuda`, `mps`; None takes the fastest there is.

    Raises:
        GapvizError: no such model or tag, neither weights nor a seed, weights that cannot be
            downloaded, or a checkpoint that is missing, damaged, unsafe or of another model.
    """

    def __init__(
        self,
        model_name: str,
        pretrained: str | Path | None = None,
        *,
        seed: int | None = None,
        device: str | None = None,
    ) -> None:
        declare_torchvision_operators()
        needed("open_clip")
        self.device = choose_device(device)
        if model_name.startswith((HUB, FOLDER)) and pretrained is not None:
            raise GapvizError(
                "brings its own weights", where=model_name, hint="give no tag and no checkpoint"
            )
        with _without_its_log():
            if model_name.startswith(HUB):
                self._from_hub(model_name)
            elif model_name.startswith(FOLDER):
                self._from_folder(model_name)
            else:
                self._from_list(model_name, pretrained, seed)
        self._model.eval().requires_grad_(False).to(self.device)
        self._config = self._model.visual.preprocess_cfg
        self.preprocessing = _preprocessing(self._config)
        self._text_tower = getattr(self._model, "text", self._model)
        self._simple = type(self._tokenizer).__name__ == "SimpleTokenizer"
        self._trims = self._simple and _reads_left_to_right(self._text_tower)

    def count_tokens(self, text: str) -> int:
        """Tokens of `text`, special ones included, counted before anything is cut."""
        if self._simple:
            return len(self._tokenizer.encode(text)) + 2
        clean = getattr(self._tokenizer, "clean_fn", str)
        bare = getattr(self._tokenizer, "tokenizer_mode", "") == "clips"
        tokens = self._tokenizer.tokenizer(clean(text), add_special_tokens=not bare).input_ids
        return len(tokens) + (3 if bare else 0)

    def pixel_features(self, pixels: Sequence[Pixels]) -> Float32:
        return standardised_features(self._model.encode_image, pixels, self._config, self.device)

    def text_features(self, texts: Sequence[str], progress: Progress = no_progress) -> Float32:
        import torch

        def encode(batch: Sequence[str]) -> Float32:
            tokens = self._tokenizer(list(batch), context_length=self.card.text_limit)
            with torch.inference_mode():
                rows: Float32 = self._text_rows(tokens.to(self.device)).float().cpu().numpy()
            return rows

        return in_batches(encode, texts, TEXT_BATCH, progress, "texts")

    def _text_rows(self, tokens: Any) -> Any:
        """Text features of token ids `(n, text_limit)`.

        A tower that reads left to right and answers at the end-of-text token never sees
        the padding behind it, so there the batch is trimmed to its longest text, which is
        exact. A tower without a causal mask does see it and gets every position.
        """
        import torch

        if not self._trims:
            return self._model.encode_text(tokens)
        longest = int((tokens != 0).sum(1).max())
        tower = self._text_tower
        shorter = {
            "positional_embedding": tower.positional_embedding[:longest],
            "attn_mask": tower.attn_mask[:longest, :longest],
        }
        ids = tokens[:, :longest]
        if tower is not self._model:
            return torch.func.functional_call(tower, shorter, (ids,))
        answer = torch.func.functional_call(tower, shorter, kwargs={"text": ids})
        return answer["text_features"] if isinstance(answer, dict) else answer[1]

    def _from_list(self, model_name: str, pretrained: str | Path | None, seed: int | None) -> None:
        import open_clip
        import torch

        models = open_clip.list_models()
        if model_name not in models:
            raise GapvizError(
                f"open_clip has no model {model_name[:80]!r}", hint=choose(model_name, models)
            )
        tags = open_clip.list_pretrained_tags_by_model(model_name)
        if pretrained is None and seed is None:
            such_as = (
                f"one of its pretrained tags ({', '.join(tags[:6])})" if tags else "a checkpoint"
            )
            raise GapvizError(
                "names no weights",
                where=f"open_clip {model_name}",
                hint=f"name {such_as}, or say that they are to be random "
                f"(open_clip:{model_name}:random-0, or --random-weights)",
            )
        tag = pretrained if isinstance(pretrained, str) and pretrained in tags else None
        checkpoint = None if pretrained is None or tag else named_checkpoint(pretrained, tags=tags)

        # Weights that were trained with one activation answer wrongly under another.
        quick = tag and open_clip.get_pretrained_cfg(model_name, tag).get("quick_gelu", False)
        where = f"open_clip {model_name}"
        with loading(f"{where} {tag or ''}".strip(), what="weights" if tag else "tokenizer"):
            with torch.random.fork_rng():
                torch.manual_seed(seed or 0)
                model = open_clip.create_model(
                    model_name, tag, pretrained_text=False, force_quick_gelu=bool(quick)
                )
            tokenizer = open_clip.get_tokenizer(model_name)
        if checkpoint is not None:
            with reading_checkpoint(checkpoint, where):
                open_clip.factory.load_checkpoint(model, str(checkpoint), weights_only=True)
        name = f"open_clip:{model_name}"
        if tag:
            name += f":{tag}"
        elif checkpoint:
            name += f":checkpoint-{digest_of([checkpoint])}"
        else:
            name += f":random-{seed}"
        given = None if checkpoint is None else f"open_clip:{model_name}:{checkpoint.absolute()}"
        self._take(model_name, model, tokenizer, name, given)

    def _from_hub(self, model_name: str) -> None:
        import open_clip

        with loading(model_name, what="files"):
            model = open_clip.create_model(model_name, **ITS_OWN_WEIGHTS)
            tokenizer = open_clip.get_tokenizer(model_name)
        self._take(model_name, model, tokenizer, model_name)

    def _from_folder(self, model_name: str) -> None:
        import open_clip

        folder = Path(model_name.removeprefix(FOLDER)).expanduser().absolute()
        if not (folder / CONFIG_FILE).is_file():
            raise GapvizError(
                f"there is no {CONFIG_FILE}",
                where=str(folder),
                hint="give a folder that open_clip saved a model to",
            )
        full_name = f"{FOLDER}{folder}"
        with explained(
            str(folder),
            "its configuration, weights and tokenizer do not make a model",
            "save the model and its tokenizer there again with open_clip",
            code_in=folder.name,
        ):
            model = open_clip.create_model(full_name, **ITS_OWN_WEIGHTS)
            tokenizer = open_clip.get_tokenizer(full_name)
            # By content: a folder that training writes over is another encoder.
            digest = digest_of(sorted(path for path in folder.iterdir() if path.is_file()))
            self._take(full_name, model, tokenizer, f"{FOLDER}checkpoint-{digest}", full_name)

    def _take(
        self, full_name: str, model: Any, tokenizer: Any, name: str, loads_as: str | None = None
    ) -> None:
        """Have that model, and the card of it; `full_name` is what open_clip knows it by."""
        import open_clip

        self._model, self._tokenizer = model, tokenizer
        parts = (tokenizer, getattr(model, "text", model))
        limits = (getattr(part, "context_length", None) for part in parts)
        dim = int(open_clip.get_model_config(full_name)["embed_dim"])
        limit = min(int(limit) for limit in limits if limit)
        self.card = EncoderCard(name, dim, limit, EncoderRecord(loads_as=loads_as))


def _reads_left_to_right(tower: Any) -> bool:
    """Whether padding behind the end-of-text token cannot change the answer."""
    pool = getattr(tower, "text_pool_type", None) or getattr(tower, "pool_type", None)
    return (
        getattr(tower, "attn_mask", None) is not None
        and getattr(tower, "cls_emb", None) is None
        and not getattr(tower, "use_pad_mask", False)
        and pool in ("argmax", "eos")
    )


def _preprocessing(config: dict[str, Any]) -> Preprocessing:
    size = config["size"]
    height, width = (size, size) if isinstance(size, int) else tuple(size)
    fit, interpolation = config["resize_mode"], config["interpolation"]
    if fit == "shortest" and height != width:
        # What open_clip does, whatever the configuration says.
        interpolation = "bicubic"
    fill = (int(config["fill_color"]),) * 3
    return Preprocessing((height, width), fit, interpolation, fill=fill)


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
