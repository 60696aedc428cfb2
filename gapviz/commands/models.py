"""What several commands share: the same items as other models saw them."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from gapviz.commands.source import read
from gapviz.core.collection import Collection
from gapviz.core.same_items import with_items_of
from gapviz.sources.builtin import BUILTIN_ENCODERS, builtin_collection
from gapviz.sources.files.reading import Reading


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
