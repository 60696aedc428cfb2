"""open_clip's models: pretrained by tag, from a checkpoint file, or freshly initialised."""

from __future__ import annotations

import difflib
import hashlib
import pickle
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from gapviz.encoders.base import EncoderCard, Progress
from gapviz.encoders.texts import refuse_unreadable_texts
from gapviz.encoders.torchvision_operators import declare_torchvision_operators
from gapviz.encoders.towers import choose_device
from gapviz.errors import GapvizError
from gapviz.images import over_white
from gapviz.vectors import Float32, unit_rows

CHECKPOINT_SUFFIXES = (".pt", ".pth", ".bin", ".ckpt", ".safetensors")
BATCH = 32


class OpenClipEncoder:
    """One model of open_clip as an encoder.

    Args:
        model_name: a name of `open_clip.list_models()`, such as `ViT-B-32`.
        pretrained: a tag of that model (`openai`, `laion2b_s34b_b79k`; downloaded once,
            then read from Hugging Face's cache), the path of a checkpoint, or None for
            random weights, which show the gap that a dual encoder is born with.
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
        declare_torchvision_operators()
        import open_clip
        import torch
        from open_clip.transform import PreprocessCfg, image_transform_v2

        _refuse_unknown_model(model_name, open_clip.list_models())
        tags = open_clip.list_pretrained_tags_by_model(model_name)
        tag = _tag(pretrained, tags)
        checkpoint = None if pretrained is None or tag else _checkpoint(pretrained, tags)
        where = f"open_clip {model_name}"
        self.device = choose_device(device)
        try:
            with torch.random.fork_rng():
                torch.manual_seed(seed)
                model = open_clip.create_model(model_name, tag, pretrained_text=False)
            self._tokenizer = open_clip.get_tokenizer(model_name)
        except (RuntimeError, OSError) as error:
            raise GapvizError(
                f"its {'weights' if tag else 'tokenizer'} cannot be downloaded",
                where=f"{where} {tag or ''}".strip(),
                mend="connect to huggingface.co once, give the path of a checkpoint you have, "
                "or use the built-in encoder, which needs no network",
            ) from error
        if checkpoint is not None:
            _load_checkpoint(model, checkpoint, where)
        self._model = model.eval().requires_grad_(False).to(self.device)
        self._preprocess = image_transform_v2(
            PreprocessCfg(**model.visual.preprocess_cfg), is_train=False
        )
        self._text_tower = model.text if hasattr(model, "text") else model
        self._simple = isinstance(self._tokenizer, open_clip.SimpleTokenizer)
        self._trims = self._simple and _reads_left_to_right(self._text_tower)
        self._card = _card(model, model_name, tag, checkpoint, seed)

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
        for start in range(0, len(texts), BATCH):
            tokens = self._tokenizer(
                list(texts[start : start + BATCH]), context_length=self._card.text_limit
            ).to(self.device)
            with torch.inference_mode():
                parts.append(self._text_rows(tokens).float().cpu().numpy())
            if progress is not None:
                done = min(start + BATCH, len(texts))
                progress(done / len(texts), f"encoded {done:,} of {len(texts):,} texts")
        return unit_rows(np.concatenate(parts), where="encoded texts")

    def encode_images(
        self, images: Sequence[Image.Image], *, progress: Progress | None = None
    ) -> Float32:
        """Unit rows `(len(images), card.dim)`; any mode and size, transparency over white.

        Raises:
            GapvizError: no images.
        """
        import torch

        if not len(images):
            raise GapvizError("there are no images to encode", mend="give at least one")
        parts = []
        for start in range(0, len(images), BATCH):
            chosen = images[start : start + BATCH]
            batch = torch.stack([self._preprocess(over_white(image)) for image in chosen])
            with torch.inference_mode():
                parts.append(self._model.encode_image(batch.to(self.device)).float().cpu().numpy())
            if progress is not None:
                done = min(start + BATCH, len(images))
                progress(done / len(images), f"encoded {done:,} of {len(images):,} images")
        return unit_rows(np.concatenate(parts), where="encoded images")

    def count_tokens(self, text: str) -> int:
        """Tokens of `text`, special ones included, counted before anything is cut."""
        if self._simple:
            return len(self._tokenizer.encode(text)) + 2
        clean = getattr(self._tokenizer, "clean_fn", str)
        return len(self._tokenizer.tokenizer(clean(text)).input_ids)

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


def _refuse_unknown_model(name: str, known: Sequence[str]) -> None:
    if name in known:
        return
    lower = {model.lower(): model for model in known}
    close = [lower[match] for match in difflib.get_close_matches(name.lower(), lower, 4, 0.5)]
    raise GapvizError(
        f"open_clip has no model {name[:80]!r}",
        mend=f"did you mean {', '.join(close)}?"[:-1]
        if close
        else "choose one of open_clip.list_models()",
    )


def _tag(pretrained: str | Path | None, tags: Sequence[str]) -> str | None:
    return pretrained if isinstance(pretrained, str) and pretrained in tags else None


def _checkpoint(pretrained: str | Path, tags: Sequence[str]) -> Path:
    path = Path(pretrained)
    if not path.is_file():
        raise GapvizError(
            f"{str(pretrained)[:120]!r} is neither a pretrained tag of this model nor a file",
            mend=f"give a checkpoint or a tag such as {', '.join(tags[:6])}"
            if tags
            else "this model has no pretrained tags: give a checkpoint",
        )
    if path.suffix not in CHECKPOINT_SUFFIXES:
        raise GapvizError(
            "is not a checkpoint by its name",
            where=path.name,
            mend=f"give a file ending in {', '.join(CHECKPOINT_SUFFIXES)}",
        )
    return path


def _load_checkpoint(model: Any, path: Path, where: str) -> None:
    from open_clip.factory import load_checkpoint
    from safetensors import SafetensorError

    try:
        load_checkpoint(model, str(path), weights_only=True)
    except pickle.UnpicklingError as error:
        raise GapvizError(
            "is not a file of plain weights, and one that holds code is never run",
            where=path.name,
            mend="save the model's state_dict, best as safetensors",
        ) from error
    except (RuntimeError, SafetensorError, KeyError, AttributeError, EOFError, ValueError) as error:
        raise GapvizError(
            f"is damaged or not a checkpoint of {where}",
            where=path.name,
            mend="name the model that the checkpoint was saved from",
        ) from error


def _reads_left_to_right(tower: Any) -> bool:
    """Whether padding behind the end-of-text token cannot change the answer."""
    pool = getattr(tower, "text_pool_type", None) or getattr(tower, "pool_type", None)
    return (
        getattr(tower, "attn_mask", None) is not None
        and getattr(tower, "cls_emb", None) is None
        and not getattr(tower, "use_pad_mask", False)
        and pool in ("argmax", "eos")
    )


def _card(
    model: Any, model_name: str, tag: str | None, checkpoint: Path | None, seed: int
) -> EncoderCard:
    name, origin = f"open_clip:{model_name}", f"random weights, seed {seed}"
    if tag:
        name, origin = f"{name}:{tag}", f"pretrained weights {tag}"
    elif checkpoint:
        # By content: a checkpoint that training overwrites is another encoder.
        with checkpoint.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()[:12]
        name, origin = f"{name}:checkpoint-{digest}", f"weights of {checkpoint.name}"
    elif seed:
        name = f"{name}:random-{seed}"
    tower = model.text if hasattr(model, "text") else model
    short = tag or (checkpoint.name if checkpoint else f"random, seed {seed}")
    return EncoderCard(
        name=name,
        title=f"{model_name} ({short})",
        dim=_joint_dim(model_name),
        description=f"{model_name} of open_clip with {origin}.",
        text_limit=int(tower.context_length),
    )


def _joint_dim(model_name: str) -> int:
    import open_clip

    return int(open_clip.get_model_config(model_name)["embed_dim"])
