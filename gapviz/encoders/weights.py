"""What every family says of weights that are missing, damaged or unsafe."""

from __future__ import annotations

import hashlib
import pickle
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
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
        neither, hint = "is no file", "give the path of a checkpoint"
        if tags is not None:
            neither = "is neither a pretrained tag of the model nor a file"
            hint = "this model has no pretrained tags: give a checkpoint"
        if tags:
            hint = f"give a checkpoint or a tag such as {', '.join(tags[:6])}"
        raise GapvizError(f"{str(given)[:120]!r} {neither}", hint=hint)
    if path.suffix not in CHECKPOINT_SUFFIXES:
        raise GapvizError(
            "is not a checkpoint by its name",
            where=path.name,
            hint=f"give a file ending in {', '.join(CHECKPOINT_SUFFIXES)}",
        )
    return path


@contextmanager
def explained(where: str, what: str, hint: str, *, code_in: str = "") -> Iterator[None]:
    """Say in a sentence what goes wrong inside, where weights are read.

    `code_in` names the file or folder that may hold code, where it is not `where`.

    Raises:
        GapvizError: `what`, or that a file would have to be run to be read.
    """
    try:
        yield
    except GapvizError:
        raise
    except pickle.UnpicklingError as error:
        raise GapvizError(
            "is not a file of plain weights, and one that holds code is never run",
            where=code_in or where,
            hint="save the model's state_dict, best as safetensors",
        ) from error
    except (OSError, ImportError, *DAMAGE) as error:
        raise GapvizError(what, where=where, hint=hint) from error


def loading(where: str, *, what: str = "weights") -> AbstractContextManager[None]:
    """Explain what goes wrong where files may have to be downloaded."""
    return explained(
        where,
        f"its {what} cannot be downloaded",
        "connect to huggingface.co once, give the path of weights you have, "
        "or use an encoder that comes with gapviz, which needs no network",
    )


def reading_checkpoint(path: Path, model: str) -> AbstractContextManager[None]:
    """Explain what is wrong with a checkpoint whose weights are put into `model`."""
    return explained(
        path.name,
        f"is damaged or not a checkpoint of {model}",
        "name the model that the checkpoint was saved from",
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
