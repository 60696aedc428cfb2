"""Encoders of texts alone: what a joint model's text tower is held against."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from gapviz.core.errors import GapvizError
from gapviz.core.progress import Progress
from gapviz.core.vectors import Float32
from gapviz.encoders.base import EncoderCard, TextEncoder, in_batches
from gapviz.encoders.torchvision_operators import declare_torchvision_operators
from gapviz.encoders.towers import TEXT_LIMIT, choose_device, text_tower, tokenizer
from gapviz.encoders.weights import digest_of, loading

MINILM = EncoderCard(
    name="minilm",
    title="all-MiniLM-L6-v2",
    dim=384,
    description="A sentence encoder trained on a billion pairs of English texts. Works offline.",
    text_limit=TEXT_LIMIT,
)

BATCH = 32

# Models without a limit of their own say so with an enormous number.
LONGEST = 32_768


class MiniLMEncoder(TextEncoder):
    """all-MiniLM-L6-v2, whose weights are installed with gapviz.

    Args:
        device: `cpu`, `cuda`, `mps`; None takes the fastest there is.
    """

    card = MINILM

    def __init__(self, device: str | None = None) -> None:
        self.device = choose_device(device)

    def count_tokens(self, text: str) -> int:
        """Tokens of `text`, the two special ones included."""
        return len(tokenizer().encode(text).ids)

    def _text_features(self, texts: Sequence[str], progress: Progress) -> Float32:
        return text_tower(self.device).features(texts, progress=progress)


class SentenceTransformerEncoder(TextEncoder):
    """Any model of sentence-transformers.

    Args:
        model: a name on Hugging Face (downloaded once), or the path of a saved model.
        device: `cpu`, `cuda`, `mps`; None takes the fastest there is.

    Raises:
        GapvizError: a model that cannot be downloaded, is damaged, or brings code of its own,
            which is never run.
    """

    def __init__(self, model: str, *, device: str | None = None) -> None:
        declare_torchvision_operators()
        from sentence_transformers import SentenceTransformer

        self.device = choose_device(device)
        with loading(f"sentence-transformers {model[:120]}", what="model"):
            self._model = SentenceTransformer(model, device=self.device, trust_remote_code=False)
            dim = int(self._model.encode(["a"]).shape[1])
        folder = Path(model)
        local = folder.is_dir()
        limit = self._model.max_seq_length or getattr(self._model.tokenizer, "model_max_length", 0)
        name = f"checkpoint-{digest_of(_files(folder))}" if local else model
        self.card = EncoderCard(
            name=f"sentence-transformers:{name}",
            title=folder.name if local else model,
            dim=dim,
            description=f"{folder.name} of sentence-transformers, an encoder of texts alone.",
            text_limit=min(int(limit or LONGEST), LONGEST),
        )

    def count_tokens(self, text: str) -> int:
        """Tokens of `text`, special ones included, counted before anything is cut."""
        return len(self._model.tokenizer(text, truncation=False, verbose=False)["input_ids"])

    def _text_features(self, texts: Sequence[str], progress: Progress) -> Float32:
        def encode(batch: Sequence[str]) -> Float32:
            rows = self._model.encode(list(batch), batch_size=BATCH, show_progress_bar=False)
            return np.asarray(rows, dtype=np.float32)

        return in_batches(encode, texts, BATCH, progress, "texts")


def _files(folder: Path) -> list[Path]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    if not files:
        raise GapvizError("the folder is empty", where=str(folder), hint="save the model again")
    return files
