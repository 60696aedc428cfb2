"""open_clip's models as encoders: pretrained, from a checkpoint, or freshly initialised."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from gapviz.core.progress import Progress
from gapviz.core.vectors import Float32
from gapviz.encoders.base import Encoder, in_batches
from gapviz.encoders.open_clip_models import load_model
from gapviz.encoders.pixels import Pixels, Preprocessing
from gapviz.encoders.towers import choose_device, standardised

TEXT_BATCH = 32


class OpenClipEncoder(Encoder):
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
        self.card = loaded.card
        self._model = loaded.model.eval().requires_grad_(False).to(self.device)
        self._tokenizer = loaded.tokenizer
        self._config = loaded.model.visual.preprocess_cfg
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

    def _image_features(self, pixels: Pixels) -> Float32:
        import torch

        with torch.inference_mode():
            batch = standardised(pixels, self._config, self.device)
            rows: Float32 = self._model.encode_image(batch).float().cpu().numpy()
        return rows

    def _text_features(self, texts: Sequence[str], progress: Progress) -> Float32:
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
