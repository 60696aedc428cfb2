"""What several commands share: their source, the same items by other models, and a progress bar."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Any, TypeAlias

from gapviz.commands.console import note
from gapviz.commands.limits import add_limit, limits_of
from gapviz.commands.names import source_names
from gapviz.commands.parser import OUTPUT, SOURCE, known_words, options_of
from gapviz.commands.progress import progress_bar
from gapviz.commands.standard_streams import STREAM
from gapviz.core.collection import Collection
from gapviz.core.errors import GapvizError
from gapviz.core.nearest import nearest
from gapviz.core.plain_text import one_line
from gapviz.core.quantised import KINDS
from gapviz.core.same_items import with_items_of
from gapviz.core.seeds import DEFAULT_SEED
from gapviz.sources.builtin import (
    BUILTIN_ENCODERS,
    SHIPPED_COLLECTIONS,
    builtin_collection,
)
from gapviz.sources.builtin.variants import BUILTIN
from gapviz.sources.files.beside import with_queries
from gapviz.sources.files.format import (
    DEFAULT_TEMPLATE,
    PAIRING_RULES,
    POOLS,
    SAMPLE_ITEMS,
    Reading,
    ReadOptions,
    formats,
)
from gapviz.sources.files.judgments.format import judgment_formats
from gapviz.sources.files.texts import shown
from gapviz.sources.library.named import read_stored, stored_under
from gapviz.sources.source import is_store
from gapviz.sources.source import read as read_any
from gapviz.sources.stores.registry import stores

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def listed(text: str) -> tuple[str, ...]:
    """The names that an option separates by commas."""
    return tuple(part.strip() for part in text.split(",") if part.strip())


def sample_size(text: str) -> int | None:
    """The number of items that an option names; None for `all`."""
    return None if text.strip().lower() == "all" else int(text.replace(",", ""))


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
    "pairing": (
        "--pairing",
        str,
        "RULE",
        "of rows without ids: "
        + "; ".join(f"{name}: {words}" for name, words in PAIRING_RULES.items()),
    ),
    "quantisation": (
        "--quantisation",
        str,
        "KIND",
        f"how the vectors are stored: {', '.join(KINDS)}, or uint8:ZERO with the zero point",
    ),
    "fuse": (
        "--fuse",
        float,
        "ALPHA",
        "an item with text and picture is one row, ALPHA·text + (1 − ALPHA)·image",
    ),
    "dims": ("--dims", int, "N", "only the first N dimensions of each vector (Matryoshka)"),
    "sample": (
        "--sample",
        sample_size,
        "N",
        f"of a vector store, how many items to read, or all (default: {SAMPLE_ITEMS:,})",
    ),
    "sample_seed": (
        "--sample-seed",
        int,
        "N",
        f"of that sample (default: {DEFAULT_SEED})",
    ),
    "queries": (
        "--queries",
        Path,
        "FILE",
        "queries of your own: ids with texts or pictures (.jsonl, .csv, .tsv, .parquet)",
    ),
    "judgments": (
        "--judgments",
        Path,
        "FILE",
        "which items answer them: "
        + "; ".join(one.title.replace("%", "%%") for one in judgment_formats()),
    ),
    "query_vectors": (
        "--query-vectors",
        Path,
        "SOURCE",
        "vectors of the queries, in any format of vectors, under the ids of the queries",
    ),
    "subset": ("--subset", str, "NAME", "of a benchmark that holds several, the one to read"),
    "pool": (
        "--pool",
        str,
        "POOL",
        "of M-BEIR: " + "; ".join(f"{name}: {words}" for name, words in POOLS.items()),
    ),
}
"""Field of `ReadOptions` → its flag, type, value in words and help."""

_KNOWN_WORDS: Mapping[str, Iterable[str]] = {
    "pairing": PAIRING_RULES,
    "quantisation": KINDS,
    "pool": POOLS,
}
"""Field of `ReadOptions` → what its flag may be given."""

_OF_VECTORS = frozenset({"quantisation", "dims", "fuse"})
"""Fields that say nothing of a source that is to be encoded."""


MOST_BESIDE = 1_000
"""Files of a folder among which one of a like name is looked for."""

_OF_QUERIES = ("queries", "judgments", "query_vectors")
"""Fields that add queries to a source."""


def add_source(
    command: argparse.ArgumentParser, *, optional: bool = False, encodes: bool = False
) -> None:
    """The argument and the options that every command has.

    Args:
        command: what they are added to.
        optional: whether it works without a source.
        encodes: whether it encodes the source, with an `--encoder` and `--dims` of its own.
    """
    command.add_argument(
        "source",
        nargs="?" if optional else None,
        metavar="SOURCE",
        help="'builtin', the name of a collection of the dashboard, a file or folder, the address "
        "of a vector store, or - for standard input; `gapviz info` lists all that is read",
    )
    add_json(command)
    group = options_of(command, SOURCE)
    for field, (flag, kind, metavar, words) in _READ_OPTIONS.items():
        usual = getattr(ReadOptions(), field)
        if encodes and field in _OF_VECTORS:
            command.set_defaults(**{field: usual})
            continue
        action = group.add_argument(
            flag, dest=field, type=kind, metavar=metavar, default=usual, help=words
        )
        known_words(action, _KNOWN_WORDS.get(field, ()))
    command.set_defaults(encodes=encodes)
    if not encodes:
        add_encoder(group)
    add_limit(command)


def add_encoder(group: argparse._ArgumentGroup, flag: str = "--encoder") -> None:
    """The option that says whose vectors a source is about."""
    group.add_argument(
        flag,
        type=one_line,
        metavar="NAME",
        help="the encoder: whose vectors to take, where the source holds several; else what made "
        "them",
    )


def sources_known() -> list[str]:
    """What can be given as a source, each in a phrase."""
    return [
        f"{', '.join(SHIPPED_COLLECTIONS)}: a collection that comes along; {BUILTIN} as other "
        f"models saw it: {', '.join(name for name in BUILTIN_ENCODERS if name != BUILTIN)}",
        "the name of a collection of the dashboard",
        *(one.title for one in formats()),
        *(f"a collection of a vector store: {one.example}" for one in stores()),
        f"{STREAM} for standard input: a .npy, .npz, .safetensors, .parquet, JSON, JSON lines, CSV "
        "or TSV, by what it holds",
    ]


def add_json(command: argparse.ArgumentParser) -> None:
    """The option that every command has."""
    options_of(command, OUTPUT).add_argument(
        "--json", action="store_true", help="print one JSON object"
    )


def read(options: argparse.Namespace) -> Reading:
    """The source that the options name, read as they say.

    A file or folder is meant before a collection of the dashboard of the same name.

    Raises:
        GapvizError: as `gapviz.sources.files.read`.
    """
    given = {field: getattr(options, field) for field in _READ_OPTIONS}
    encoder = options.encoder
    if options.encodes:
        # Dimensions and encoder are those that are wanted, not those of the source.
        encoder, given["dims"] = None, None
    stored = stored_under(options.source)
    if stored is None:
        _refuse_misspelt(options.source)
    with progress_bar() as progress:
        wanted = ReadOptions(**given, encoder=encoder, limits=limits_of(options), progress=progress)
        if stored is not None:
            return with_queries(read_stored(stored, encoder), wanted)
        goes_on = options.goes_on
        # What was read of a store is kept until all of it is.
        options.goes_on = goes_on or is_store(options.source)
        reading = read_any(options.source, wanted)
        options.goes_on = goes_on
        return reading


def _refuse_misspelt(source: str) -> None:
    """Say which source is perhaps meant, where there is none of that name but some like it.

    Raises:
        GapvizError: so it is.
    """
    if is_store(source) or source in SHIPPED_COLLECTIONS or source in BUILTIN_ENCODERS:
        return
    path, beside = Path(source), list[str]()
    with suppress(OSError, ValueError):  # the reader of files says what is wrong with such a path
        if path.exists() or path.is_symlink():
            return
        found = islice(path.parent.iterdir(), MOST_BESIDE)
        beside = [str(path.parent / one.name) for one in found]
    near = nearest(source, [*source_names(), *beside], cutoff=0.75)
    if near:
        raise GapvizError(
            "there is no such file",
            where=shown(source),
            hint=f"did you mean {' or '.join(map(shown, near))}? `gapviz info` lists what can be "
            "given",
        )


def read_and_tell(options: argparse.Namespace) -> Reading:
    """The same, for what prints no list of its own: stderr says what was left out, or guessed.

    Raises:
        GapvizError: as `read`.
    """
    reading = read(options)
    if reading.skipped:
        first = reading.skipped[0]
        more = f", and {len(reading.skipped) - 1:,} more" * (len(reading.skipped) > 1)
        said = f"{first.what} {first.why}{more}"
        note(f"left out or read otherwise: {said}; gapviz info lists them.")
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
    """A source whose items are wanted, without the queries."""
    plain = dict.fromkeys(_OF_QUERIES)
    return read(argparse.Namespace(**{**vars(options), **plain, "source": source, "encoder": None}))
