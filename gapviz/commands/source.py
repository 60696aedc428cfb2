"""What several commands share: their source, the same items by other models, and a progress bar."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeAlias

from gapviz.core.collection import Collection
from gapviz.core.progress import Progress
from gapviz.core.same_items import with_items_of
from gapviz.sources.builtin import BUILTIN_ENCODERS, builtin_collection
from gapviz.sources.files import read as read_any
from gapviz.sources.files.format import DEFAULT_TEMPLATE, Reading, ReadOptions, formats
from gapviz.sources.files.quantised import KINDS

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def listed(text: str) -> tuple[str, ...]:
    """The names that an option separates by commas."""
    return tuple(part.strip() for part in text.split(",") if part.strip())


_READ_OPTIONS: Mapping[str, tuple[str, Callable[[str], Any], str, str]] = {
    "image_folder": ("--images", Path, "FOLDER", "where the pictures lie"),
    "image_column": ("--image-column", str, "NAME", "column of image paths in a table"),
    "caption_columns": ("--caption-columns", listed, "NAME[,NAME]", "columns of captions"),
    "label_column": ("--label-column", str, "NAME", "column of labels"),
    "id_column": ("--id-column", str, "NAME", "column that says which item a row is"),
    "template": (
        "--template",
        str,
        "TEXT",
        f"caption of an item that has a label only (default: '{DEFAULT_TEMPLATE}')",
    ),
    "modalities": ("--modalities", listed, "NAME[,NAME]", "names of the arrays, in order"),
    "quantisation": (
        "--quantisation",
        str,
        "KIND",
        f"how the vectors are stored: {', '.join(KINDS)}, or uint8:ZERO with the zero point",
    ),
    "dims": ("--dims", int, "N", "only the first N dimensions of each vector (Matryoshka)"),
}
"""Field of `ReadOptions` → its flag, type, value in words and help."""

_OF_VECTORS = frozenset({"quantisation", "dims"})
"""Fields that say nothing of a source that is to be encoded."""


def add_source(
    command: argparse.ArgumentParser, *, optional: bool = False, encodes: bool = False
) -> None:
    """The argument and the options that every command has.

    Args:
        command: what they are added to.
        optional: whether it works without a source.
        encodes: whether it has a `--model` of its own; else that is another word for `--encoder`.
    """
    known = f"'builtin', or {'; '.join(one.title for one in formats())}"
    command.add_argument("source", nargs="?" if optional else None, help=known)
    command.add_argument("--json", action="store_true", help="print one JSON object")
    group = command.add_argument_group("where the files do not say it themselves")
    for field, (flag, kind, metavar, words) in _READ_OPTIONS.items():
        usual = getattr(ReadOptions(), field)
        if encodes and field in _OF_VECTORS:
            command.set_defaults(**{field: usual})
            continue
        group.add_argument(flag, dest=field, type=kind, metavar=metavar, default=usual, help=words)
    group.add_argument(
        *(("--encoder",) if encodes else ("--encoder", "--model")),
        metavar="NAME",
        help="the model whose vectors to take, where the source holds several; else what made them",
    )


def read(options: argparse.Namespace) -> Reading:
    """The source that the options name, read as they say.

    Raises:
        GapvizError: as `gapviz.sources.files.read`.
    """
    given = {field: getattr(options, field) for field in _READ_OPTIONS}
    return read_any(options.source, ReadOptions(**given, encoder=options.encoder))


def read_and_tell(options: argparse.Namespace) -> Reading:
    """The same, for what prints no list of its own: stderr says that something was left out.

    Raises:
        GapvizError: as `read`.
    """
    reading = read(options)
    if reading.skipped:
        first = reading.skipped[0]
        more = f", and {len(reading.skipped) - 1:,} more" * (len(reading.skipped) > 1)
        words = f"gapviz: left out: {first.what} {first.why}{more}; gapviz info lists them."
        print(words, file=sys.stderr)
    return reading


def other_models(
    options: argparse.Namespace, reading: Reading, collection: Collection
) -> dict[str, Collection]:
    """By encoder, the items of `collection` as other models saw them.

    Those are the other models of the source, of the built-in collection all variants, and what
    `--also` names. A name that is taken already gets its source in brackets.

    Args:
        options: with `source`, `encoder` and `also`.
        reading: the source as it was read.
        collection: of the source, by the model in use.

    Raises:
        GapvizError: a source that cannot be read, or that lacks some of the items.
    """
    found: dict[str, Collection] = {}
    for source, one in _others(options, reading, collection):
        taken = one.encoder == collection.encoder or one.encoder in found
        found[f"{one.encoder} ({source})" if taken else one.encoder] = one
    return found


def _others(
    options: argparse.Namespace, reading: Reading, collection: Collection
) -> Iterator[tuple[str, Collection]]:
    if options.source in BUILTIN_ENCODERS:
        variants = [name for name in BUILTIN_ENCODERS if name != collection.encoder]
        yield from ((name, builtin_collection(name)) for name in variants)
    else:
        if options.encoder is not None:
            # Where a source holds several models, naming one leaves the others out.
            reading = _read(options, options.source)
        several = reading.collections if len(reading.collections) > 1 else ()
        yield from ((options.source, o) for o in several if o.encoder != collection.encoder)
    for source in options.also:
        for one in _read(options, source).collections:
            one.refuse_without_vectors()
            yield source, with_items_of(one, collection)


def _read(options: argparse.Namespace, source: str) -> Reading:
    return read(argparse.Namespace(**{**vars(options), "source": source, "encoder": None}))


@contextmanager
def progress_bar() -> Iterator[Progress]:
    """A bar on stderr; nothing where that is no terminal."""
    from tqdm import tqdm

    shape = "{percentage:3.0f}% |{bar:30}| {desc}"
    with tqdm(total=1.0, bar_format=shape, leave=False, disable=None, file=sys.stderr) as bar:

        def tell(share: float, stage: str) -> None:
            bar.n = min(share, 1.0)
            bar.set_description_str(stage)

        yield tell
