"""What every family says of weights that are missing, damaged or unsafe."""

from __future__ import annotations

import hashlib
import pickle
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from safetensors import SafetensorError

from gapviz.core.errors import GapvizError

CHECKPOINT_SUFFIXES = (".pt", ".pth", ".bin", ".ckpt", ".safetensors")

DAMAGE = (RuntimeError, SafetensorError, KeyError, AttributeError, EOFError, ValueError, TypeError)
"""What torch and its families raise on weights that are not the model's."""


def named_checkpoint(given: str | Path, *, tags: Sequence[str] | None = None) -> Path:
    """The path of a checkpoint.

    Args:
        given: a path, or what was meant as a tag.
        tags: those of the model, where it could have been one.

    Raises:
        GapvizError: no such file, or one that is not a checkpoint by its name.
    """
    path = Path(given)
    if not path.is_file():
        neither = (
            "is no file" if tags is None else "is neither a pretrained tag of the model nor a file"
        )
        hint = "give the path of a checkpoint"
        if tags:
            hint = f"give a checkpoint or a tag such as {', '.join(tags[:6])}"
        elif tags is not None:
            hint = "this model has no pretrained tags: give a checkpoint"
        raise GapvizError(f"{str(given)[:120]!r} {neither}", hint=hint)
    if path.suffix not in CHECKPOINT_SUFFIXES:
        raise GapvizError(
            "is not a checkpoint by its name",
            where=path.name,
            hint=f"give a file ending in {', '.join(CHECKPOINT_SUFFIXES)}",
        )
    return path


@contextmanager
def loading(where: str, *, what: str = "weights") -> Iterator[None]:
    """Say in a sentence what goes wrong inside, where files may have to be downloaded."""
    try:
        yield
    except GapvizError:
        raise
    except pickle.UnpicklingError as error:
        raise code_refused(where) from error
    except (OSError, ImportError, *DAMAGE) as error:
        raise GapvizError(
            f"its {what} cannot be downloaded",
            where=where,
            hint="connect to huggingface.co once, give the path of weights you have, "
            "or use an encoder that comes with gapviz, which needs no network",
        ) from error


@contextmanager
def reading_checkpoint(path: Path, model: str) -> Iterator[None]:
    """Say in a sentence what is wrong with a checkpoint whose weights are put into `model`."""
    try:
        yield
    except pickle.UnpicklingError as error:
        raise code_refused(path.name) from error
    except DAMAGE as error:
        raise GapvizError(
            f"is damaged or not a checkpoint of {model}",
            where=path.name,
            hint="name the model that the checkpoint was saved from",
        ) from error


def code_refused(where: str) -> GapvizError:
    """For weights whose file would have to be run to be read."""
    return GapvizError(
        "is not a file of plain weights, and one that holds code is never run",
        where=where,
        hint="save the model's state_dict, best as safetensors",
    )


def digest_of(paths: Sequence[Path]) -> str:
    """Twelve hex digits of the files' contents; of one file, those of its SHA-256."""
    digests = []
    for path in paths:
        with path.open("rb") as file:
            digests.append(hashlib.file_digest(file, "sha256"))
    if len(digests) == 1:
        return digests[0].hexdigest()[:12]
    return hashlib.sha256(b"".join(one.digest() for one in digests)).hexdigest()[:12]
