"""open_clip's models as encoders: pretrained, from a checkpoint, or freshly initialised."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from gapviz.core.progress import Progress
from gapviz.core.vectors import Float32, unit_rows
from gapviz.encoders.base import EncoderCard
from gapviz.encoders.open_clip_models import Loaded, load_model
from gapviz.encoders.pixels import Pixels, Preprocessing
from gapviz.encoders.texts import refuse_unreadable_texts
from gapviz.encoders.towers import choose_device, in_batches

TEXT_BATCH = 32


class OpenClipEncoder:
    """One model of open_clip as an encoder.

    Args:
        model_name: a name of `open_clip.list_models()`, such as `ViT-B-32`;
            `hf-hub:ORG/NAME`, a model of open_clip's on Hugging Face; or `local-dir:PATH`, a
            folder with `open_clip_config.json`, weights and, where the model has one of its
            own, a tokenizer.
        pretrained: a tag of that model (`openai`, `laion2b_s34b_b79k`; downloaded once,
            then read from Hugging Face's cache), the path of a checkpoint, or None for
            random weights, which show the gap that a dual encoder is born with. None where
            the name brings its weights.
        seed: of the random weights.
        device: `cpu`, `cuda`, `mps`; None takes the fastest there is.

    Raises:
        GapvizError: no such model or tag, weights that cannot be downloaded, or a
            checkpoint that is missing, damaged, unsafe or of another model.
    """

    def __init__(
        self,
        model_name: str,
        pretrained: str | Path | None = None,
        *,
        seed: int = 0,
        device: str | None = None,
    ) -> None:
        self.device = choose_device(device)
        loaded = load_model(model_name, pretrained, seed)
        self._model = loaded.model.eval().requires_grad_(False).to(self.device)
        self._tokenizer = loaded.tokenizer
        self.preprocessing = _preprocessing(loaded.model.visual.preprocess_cfg)
        self._mean, self._std = (
            _per_channel(loaded.model.visual.preprocess_cfg[name], self.device)
            for name in ("mean", "std")
        )
        self._text_tower = self._model.text if hasattr(self._model, "text") else self._model
        self._simple = type(self._tokenizer).__name__ == "SimpleTokenizer"
        self._trims = self._simple and _reads_left_to_right(self._text_tower)
        self._card = _card(loaded, self._text_tower)

    @property
    def card(self) -> EncoderCard:
        """What it is; see `EncoderCard`."""
        return self._card

    def encode_texts(self, texts: Sequence[str], *, progress: Progress | None = None) -> Float32:
        """Unit rows `(len(texts), card.dim)`.

        Raises:
            GapvizError: no texts, an empty text, or one over `card.text_limit` tokens.
        """
        import torch

        refuse_unreadable_texts(texts, self.count_tokens, self._card.text_limit)
        parts = []
        for start in range(0, len(texts), TEXT_BATCH):
            tokens = self._tokenizer(
                list(texts[start : start + TEXT_BATCH]), context_length=self._card.text_limit
            ).to(self.device)
            with torch.inference_mode():
                parts.append(self._text_rows(tokens).float().cpu().numpy())
            if progress is not None:
                done = min(start + TEXT_BATCH, len(texts))
                progress(done / len(texts), f"encoded {done:,} of {len(texts):,} texts")
        return unit_rows(np.concatenate(parts), where="encoded texts")

    def encode_images(
        self, images: Sequence[Image.Image], *, progress: Progress | None = None
    ) -> Float32:
        """Unit rows `(len(images), card.dim)`; any mode and size, transparency over white.

        Raises:
            GapvizError: no images.
        """
        return in_batches(self.encode_pixels, self.preprocessing, images, progress)

    def encode_pixels(self, pixels: Pixels) -> Float32:
        """Unit rows `(n, card.dim)` of one batch that `preprocessing` has prepared."""
        import torch

        batch = torch.from_numpy(pixels).to(self.device).permute(0, 3, 1, 2).contiguous()
        with torch.inference_mode():
            standard = batch.float().div_(255).sub_(self._mean).div_(self._std)
            rows = self._model.encode_image(standard).float().cpu().numpy()
        return unit_rows(rows, where="encoded images")

    def count_tokens(self, text: str) -> int:
        """Tokens of `text`, special ones included, counted before anything is cut."""
        if self._simple:
            return len(self._tokenizer.encode(text)) + 2
        clean = getattr(self._tokenizer, "clean_fn", str)
        bare = getattr(self._tokenizer, "tokenizer_mode", "") == "clips"
        tokens = self._tokenizer.tokenizer(clean(text), add_special_tokens=not bare).input_ids
        return len(tokens) + (3 if bare else 0)

    def save_checkpoint(self, path: Path) -> None:
        """Write the weights so that `OpenClipEncoder(model_name, path)` reads them back.

        Args:
            path: ending in `.safetensors`.
        """
        from safetensors.torch import save_file

        weights = {
            name: value.detach().cpu().contiguous().clone()
            for name, value in self._model.state_dict().items()
        }
        save_file(weights, path)

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


def _per_channel(values: Sequence[float], device: str) -> Any:
    import torch

    return torch.tensor(values, dtype=torch.float32, device=device).view(1, 3, 1, 1)


def _card(loaded: Loaded, text_tower: Any) -> EncoderCard:
    model = loaded.model
    bias = getattr(model, "logit_bias", None)
    limits = (getattr(part, "context_length", None) for part in (loaded.tokenizer, text_tower))
    return EncoderCard(
        name=loaded.name,
        title=loaded.title,
        dim=loaded.dim,
        description=loaded.description,
        text_limit=min(int(limit) for limit in limits if limit),
        logit_scale=float(model.logit_scale.exp()),
        logit_bias=None if bias is None else float(bias),
    )
