"""Models of sentence-transformers: of texts alone, or of texts and pictures in one space.

Since version 5.4 its one class encodes both. A batch holds one modality; the model's document
prompt stands before what is indexed, its query prompt before what asks.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from copy import copy
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

import numpy as np
from PIL import Image

from gapviz.core.encoder_record import EncoderRecord
from gapviz.core.errors import GapvizError
from gapviz.core.libraries import needed
from gapviz.core.progress import Progress, no_progress
from gapviz.core.vectors import Float32
from gapviz.encoders.base import Encoder, EncoderCard, TextEncoder, choose_device, in_batches
from gapviz.encoders.pixels import Pixels, WholePicture
from gapviz.encoders.torchvision_operators import declare_torchvision_operators
from gapviz.encoders.weights import digest_of, explained, loading

FAMILY = "sentence-transformers"

TEXT_BATCH = 32

PICTURE_BATCH = 8
"""Pictures that the model is given at once: some models make thousands of tokens of one."""

LONGEST = 32_768
"""Most tokens of a text, where a model says no limit of its own or an enormous one."""

QUERY_PROMPTS = ("query",)
DOCUMENT_PROMPTS = ("document", "passage", "corpus")
"""Names that prompts go by in a model, the likeliest first."""

LOGGERS = ("transformers.modeling_utils", "sentence_transformers.base.model")
"""Of what is said while a model is loaded."""

_DIMS = re.compile(r"(.+):dims-(\d{1,6})")
_MISSING = re.compile(r"^\s*(\S.*?)\s*\|[^|]*\bMISSING\b", re.MULTILINE)
_CONVERTED = re.compile(r"Converting (\w+) model ")
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


class SentenceTextEncoder(TextEncoder):
    """A model of texts alone; see `sentence_transformer`."""

    def __init__(self, model: Any, card: EncoderCard, device: str) -> None:
        self.card, self.device = card, device
        self._model = model
        self._task, self._prompt = "document", card.record.document_prompt

    def for_queries(self, prompt: str | None = None) -> Self:
        """The same model with the prompt, and on the route, that it has for queries."""
        if prompt is None and not self.card.record.asks_apart:
            return self
        asking = copy(self)
        asking._task = "query"
        asking._prompt = self.card.record.query_prompt if prompt is None else prompt
        asking.card = replace(self.card, variant=f"query {asking._prompt!r}")
        return asking

    def count_tokens(self, text: str) -> int:
        """Tokens of `text` with the longer prompt, counted before anything is cut."""
        tokenizer, whole = self._model.tokenizer, self._longest_prompt + text
        if callable(tokenizer):
            return len(tokenizer(whole, truncation=False, verbose=False)["input_ids"])
        # A model without a transformer reads a text to its end, whatever its length.
        return 0

    def text_features(self, texts: Sequence[str], progress: Progress = no_progress) -> Float32:
        def encode(batch: Sequence[str]) -> Float32:
            return self._rows(batch, TEXT_BATCH)

        return in_batches(encode, texts, TEXT_BATCH, progress, "texts")

    @property
    def _longest_prompt(self) -> str:
        record = self.card.record
        return max(record.document_prompt, record.query_prompt, self._prompt, key=len)

    def _rows(self, batch: Sequence[Any], size: int) -> Float32:
        return _encoded(self._model, batch, self._prompt, self._task, size)


class SentenceTransformerEncoder(SentenceTextEncoder, Encoder):
    """A model of texts and pictures; see `sentence_transformer`."""

    preprocessing = WholePicture()

    def __init__(self, model: Any, card: EncoderCard, device: str) -> None:
        super().__init__(model, card, device)
        self._marks: tuple[str, ...] = ()
        self._frame = 0
        if "message" in model.modalities:
            processor = model.processor
            marks = (getattr(processor, f"{kind}_token", None) for kind in ("image", "video"))
            self._marks = tuple(mark for mark in marks if isinstance(mark, str))
            # What the chat template puts around a text and its prompt.
            framed = model.preprocess([{"text": "a"}], prompt=self._longest_prompt)
            bare = super().count_tokens("a")
            self._frame = max(0, framed["input_ids"].shape[1] - bare)

    def count_tokens(self, text: str) -> int:
        """Tokens of `text` with the longer prompt, counted before anything is cut.

        Raises:
            GapvizError: a text with a mark that the model puts in the place of a picture.
        """
        for mark in self._marks:
            if mark in text:
                raise GapvizError(
                    f"holds {mark!r}, by which the model means a picture", hint="take it out"
                )
        return super().count_tokens(text) + self._frame

    def text_features(self, texts: Sequence[str], progress: Progress = no_progress) -> Float32:
        # A text by itself could be taken for the path or the address of a picture, and opened.
        return in_batches(
            lambda batch: self._rows([{"text": text} for text in batch], TEXT_BATCH),
            texts,
            TEXT_BATCH,
            progress,
            "texts",
        )

    def pixel_features(self, pixels: Sequence[Pixels]) -> Float32:
        return self._rows([Image.fromarray(one) for one in pixels], PICTURE_BATCH)


def sentence_transformer(
    name: str, *, device: str | None = None
) -> SentenceTextEncoder | SentenceTransformerEncoder:
    """A model of sentence-transformers as an encoder of what it encodes.

    Args:
        name: of a model on Hugging Face, `ORG/NAME` (downloaded once), or the path of a saved
            one. With `:dims-256` behind it, the first 256 dimensions alone are taken, as of
            models that were trained for it (Matryoshka, Kusupati et al. 2022).
        device: `cpu`, `cuda`, `mps`; None takes the fastest there is.

    Raises:
        GapvizError: a model that cannot be downloaded, is damaged, lacks weights, makes several
            vectors of one thing, encodes no texts, has fewer dimensions, or brings code of its
            own, which is never run.
    """
    given, dims = split_dims(name)
    folder = Path(given).expanduser()
    is_folder = folder.is_dir()
    if not is_folder and is_path(given):
        raise GapvizError(
            "there is no such folder",
            where=given[:200],
            hint="give the folder that a model of sentence-transformers was saved to, or ORG/NAME",
        )
    chosen = choose_device(device)
    path = str(folder.absolute()) if is_folder else given
    model = _loaded(path, chosen, is_folder, dims)
    where = f"{FAMILY} {path[:120]}"
    if "text" not in model.modalities:
        raise GapvizError(
            f"encodes no texts, only {', '.join(map(str, model.modalities))}",
            where=where,
            hint="take a model of texts, or timm:MODEL for pictures alone",
        )
    prompts = {
        "document": _prompt(model.prompts, DOCUMENT_PROMPTS),
        "query": _prompt(model.prompts, QUERY_PROMPTS),
    }
    document, query = (_encoded(model, ["a"], text, task, 1) for task, text in prompts.items())
    dim = document.shape[1]
    if dims is not None and dim < dims:
        raise GapvizError(
            f"has {dim} dimensions, fewer than {dims}", where=where, hint=f"ask for at most {dim}"
        )
    suffix = "" if dims is None else f":dims-{dims}"
    known_as = given
    if is_folder:
        # By content: a folder that training writes over is another encoder.
        files = sorted(one for one in folder.rglob("*") if one.is_file())
        known_as = f"checkpoint-{digest_of(files)}"
    record = EncoderRecord(
        loads_as=f"{FAMILY}:{path}{suffix}" if is_folder else None,
        document_prompt=prompts["document"],
        query_prompt=prompts["query"],
        asks_apart=not np.allclose(document, query, atol=1e-5),
    )
    card = EncoderCard(
        f"{FAMILY}:{known_as}{suffix}",
        dim,
        _text_limit(model),
        record,
        variant=f"document {prompts['document']!r}" if prompts["document"] else "",
    )
    kind = SentenceTransformerEncoder if "image" in model.modalities else SentenceTextEncoder
    return kind(model, card, chosen)


def split_dims(name: str) -> tuple[str, int | None]:
    """Model and dimensions of `MODEL:dims-256`; None of a name without dimensions.

    Raises:
        GapvizError: no dimension at all.

    >>> split_dims("ORG/NAME:dims-256"), split_dims("ORG/NAME")
    (('ORG/NAME', 256), ('ORG/NAME', None))
    """
    found = _DIMS.fullmatch(name)
    if found is None:
        return name, None
    if not int(found[2]):
        raise GapvizError("a vector needs a dimension", where=name[:120], hint="give 1 or more")
    return found[1], int(found[2])


def is_path(name: str) -> bool:
    """Whether a model's name can only be a path: no name on Hugging Face is written so."""
    return name.startswith(("/", ".", "~")) or "\\" in name or name.count("/") > 1


def _loaded(path: str, device: str, is_folder: bool, dims: int | None) -> Any:
    """The model.

    Raises:
        GapvizError: see `sentence_transformer`.
    """
    declare_torchvision_operators()
    sentence_transformers = needed("sentence_transformers")
    import torch

    where = f"{FAMILY} {path[:120]}"
    # Half precision saves memory and costs a processor many times the time.
    model_kwargs = {"dtype": torch.float32} if device == "cpu" else None
    with _reading(where, is_folder), _load_reports() as reports:
        try:
            model = sentence_transformers.SentenceTransformer(
                path,
                device=device,
                trust_remote_code=False,
                local_files_only=is_folder,
                truncate_dim=dims,
                model_kwargs=model_kwargs,
            )
        except ValueError as error:
            if "trust_remote_code" not in str(error):
                raise
            raise GapvizError(
                "brings code of its own, which is never run",
                where=where,
                hint="take a model whose architecture transformers has itself",
            ) from error
    other_kinds = [kind for report in reports for kind in _CONVERTED.findall(report)]
    if other_kinds:
        raise GapvizError(
            f"is a {other_kinds[0]}, which does not make one vector of a thing",
            where=where,
            hint="take a model that was trained as a SentenceTransformer",
        )
    missing = [key for report in reports for key in _MISSING.findall(_COLOUR.sub("", report))]
    outputs = {getattr(module, "module_output_name", None) for module in model.modules()}
    if outputs <= {None, "token_embeddings"}:
        # A pooler, which many models lack, has no say where the states themselves are pooled.
        missing = [key for key in missing if "pooler" not in key]
    if missing:
        raise GapvizError(
            f"lacks the weights of {len(missing)} of its parts ({', '.join(missing[:3])}), which "
            "would be random",
            where=where,
            hint="save the whole model again, or take another one",
        )
    return model


def _reading(where: str, is_folder: bool) -> AbstractContextManager[None]:
    if not is_folder:
        return loading(where, what="model")
    return explained(
        where,
        "its files do not make a model of sentence-transformers",
        "save the model there again, with its tokenizer and its processor",
    )


@contextmanager
def _load_reports() -> Iterator[list[str]]:
    """What is said of missing weights and of models of another kind, in place of printing it."""
    from transformers.utils import logging as transformers_logging

    told: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: told.append(record.getMessage())  # type: ignore[method-assign]
    loggers = [logging.getLogger(name) for name in LOGGERS]
    propagated = [logger.propagate for logger in loggers]
    verbosity = transformers_logging.get_verbosity()
    drew_bars = transformers_logging.is_progress_bar_enabled()
    for logger in loggers:
        logger.addHandler(handler)
        logger.propagate = False
    # Of the whole library: with a level of this logger alone it takes other ways.
    transformers_logging.set_verbosity_warning()
    transformers_logging.disable_progress_bar()
    try:
        yield told
    finally:
        for logger, propagates in zip(loggers, propagated, strict=True):
            logger.removeHandler(handler)
            logger.propagate = propagates
        transformers_logging.set_verbosity(verbosity)
        if drew_bars:
            transformers_logging.enable_progress_bar()


def _encoded(model: Any, batch: Sequence[Any], prompt: str, task: str, size: int) -> Float32:
    rows = model.encode(
        list(batch), prompt=prompt, task=task, batch_size=size, show_progress_bar=False
    )
    return np.asarray(rows, dtype=np.float32)


def _prompt(prompts: Mapping[str, str], names: Sequence[str]) -> str:
    """The first prompt of these names that says something.

    The class itself takes an empty `document` before a `passage`, which leaves that one out.
    """
    return next((prompts[name] for name in names if prompts.get(name)), "")


def _text_limit(model: Any) -> int:
    """Most tokens that the model reads of a text, by its tokenizer and by its positions."""
    positions = None
    with suppress(AttributeError, ValueError):
        positions = getattr(model.config.get_text_config(), "max_position_embeddings", None)
    limits = [model.max_seq_length, getattr(model.tokenizer, "model_max_length", None), positions]
    return min([LONGEST, *(int(limit) for limit in limits if limit and limit < LONGEST)])
