"""Encoders of texts alone: what a joint model's text tower is held against."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

from gapviz.core.errors import GapvizError
from gapviz.core.progress import Progress
from gapviz.core.vectors import Float32, unit_rows
from gapviz.encoders.base import EncoderCard
from gapviz.encoders.texts import refuse_unreadable_texts
from gapviz.encoders.torchvision_operators import declare_torchvision_operators
from gapviz.encoders.towers import TEXT_LIMIT, TextTower, choose_device, tokenizer
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


class MiniLMEncoder:
    """all-MiniLM-L6-v2, whose weights are installed with gapviz.

    Args:
        device: `cpu`, `cuda`, `mps`; None takes the fastest there is.
    """

    def __init__(self, device: str | None = None) -> None:
        self.device = choose_device(device)
        self.card = MINILM

    def encode_texts(self, texts: Sequence[str], *, progress: Progress | None = None) -> Float32:
        """Unit rows `(len(texts), 384)`.

        Raises:
            GapvizError: no texts, an empty text, or one over 256 tokens.
        """
        refuse_unreadable_texts(texts, self.count_tokens, TEXT_LIMIT)
        return unit_rows(self._tower.features(texts, progress=progress), where="encoded texts")

    def count_tokens(self, text: str) -> int:
        """Tokens of `text`, the two special ones included."""
        return len(tokenizer().encode(text).ids)

    @cached_property
    def _tower(self) -> TextTower:
        return TextTower(self.device)


class SentenceTransformerEncoder:
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

    def encode_texts(self, texts: Sequence[str], *, progress: Progress | None = None) -> Float32:
        """Unit rows `(len(texts), card.dim)`.

        Raises:
            GapvizError: no texts, an empty text, or one over `card.text_limit` tokens.
        """
        import numpy as np

        refuse_unreadable_texts(texts, self.count_tokens, self.card.text_limit)
        parts = []
        for start in range(0, len(texts), BATCH):
            chosen = list(texts[start : start + BATCH])
            rows = self._model.encode(chosen, batch_size=BATCH, show_progress_bar=False)
            parts.append(np.asarray(rows, dtype=np.float32))
            if progress is not None:
                done = min(start + BATCH, len(texts))
                progress(done / len(texts), f"encoded {done:,} of {len(texts):,} texts")
        return unit_rows(np.concatenate(parts), where="encoded texts")

    def count_tokens(self, text: str) -> int:
        """Tokens of `text`, special ones included, counted before anything is cut."""
        return len(self._model.tokenizer(text, truncation=False, verbose=False)["input_ids"])


def _files(folder: Path) -> list[Path]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    if not files:
        raise GapvizError("the folder is empty", where=str(folder), hint="save the model again")
    return files
