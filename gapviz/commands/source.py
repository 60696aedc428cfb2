"""What several commands share: their source, the same items by other models, and a progress bar."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeAlias

from gapviz.core.collection import Collection
from gapviz.core.progress import Progress
from gapviz.core.same_items import with_items_of
from gapviz.core.seeds import DEFAULT_SEED
from gapviz.sources.builtin import BUILTIN_ENCODERS, builtin_collection
from gapviz.sources.files import read as read_any
from gapviz.sources.files.format import DEFAULT_TEMPLATE, Reading, ReadOptions, formats

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


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
    group.add_argument("--images", type=Path, metavar="FOLDER", help="where the pictures lie")
    group.add_argument("--image-column", metavar="NAME", help="column of image paths in a table")
    group.add_argument(
        "--caption-columns", metavar="NAME[,NAME]", default="", help="columns of captions"
    )
    group.add_argument("--label-column", metavar="NAME", help="column of labels")
    group.add_argument("--id-column", metavar="NAME", help="column that says which item a row is")
    group.add_argument(
        "--template",
        default=DEFAULT_TEMPLATE,
        metavar="TEXT",
        help=f"caption of an item that has a label only (default: '{DEFAULT_TEMPLATE}')",
    )
    group.add_argument(
        "--modalities", metavar="NAME[,NAME]", default="", help="names of the arrays, in order"
    )
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
    return read_any(
        options.source,
        ReadOptions(
            id_column=options.id_column,
            image_column=options.image_column,
            caption_columns=_listed(options.caption_columns),
            label_column=options.label_column,
            image_folder=options.images,
            template=options.template,
            modalities=_listed(options.modalities),
            encoder=options.encoder,
        ),
    )


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


def add_also(command: argparse.ArgumentParser) -> None:
    """The option of `other_models`."""
    command.add_argument(
        "--also",
        action="append",
        default=[],
        metavar="SOURCE",
        help="the same items, under the same ids, as another model encoded them; may be given "
        "again",
    )


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
    """The source of each, and its vectors."""
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


def add_seed(command: argparse.ArgumentParser) -> None:
    """`--seed`, to be checked by `checked_seed`."""
    command.add_argument(
        "--seed",
        type=int,
        default=DEFAULT_SEED,
        metavar="N",
        help=f"of bootstrap and samples (default: {DEFAULT_SEED}, as in the dashboard)",
    )


def _listed(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


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
