"""What a format is, what its reader is given and what it returns, and the one way to read any.

A module of this folder with a `FORMAT` is a format; so is what another package offers as an entry
point of the group `gapviz.readers`.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Literal

from gapviz.core.collection import Collection
from gapviz.core.discovery import installed, modules_of
from gapviz.core.errors import GapvizError
from gapviz.core.fused import with_fused_documents
from gapviz.core.matryoshka import first_dimensions, whole_encoder
from gapviz.core.nearest import choose
from gapviz.core.progress import Progress, no_progress
from gapviz.core.quantised import Stored, stored_kind
from gapviz.core.seeds import DEFAULT_SEED, checked_seed
from gapviz.sources.builtin import shipped_collection
from gapviz.sources.builtin.variants import BUILTIN
from gapviz.sources.files.limits import OWN_FILES, Limits, limited
from gapviz.sources.files.other_programs import OTHER_PROGRAMS
from gapviz.sources.files.tables import open_table
from gapviz.sources.files.texts import shown
from gapviz.sources.files.writable import writable
from gapviz.storage.leftovers import recover
from gapviz.storage.saved_collection import ITEMS_FILE

READERS = "gapviz.readers"

IndexedCaptions = Literal["first", "all"]
"""Whether an item's captions after the first are indexed too, or only ask."""

LongCaptions = Literal["cut", "leave-out"]
"""What becomes of captions over the encoder's limit: cut there as open_clip does, or left out."""
PairingRule = Literal["rows", "in-turn", "by-turns", "equal"]
"""Which rows without ids are one item: row i of each modality; of the longer ones as many rows in
turn as there are to each of the shortest, or rows as far apart as the shortest is long; or rows of
which one is equal."""

PoolRule = Literal["local", "global"]
POOLS: Mapping[PoolRule, str] = {
    "local": "the candidates of the task",
    "global": "the candidates of all tasks together",
}
"""Which candidates of M-BEIR are searched."""

PAIRING_RULES: Mapping[PairingRule, str] = {
    "rows": "row i of each modality is item i",
    "in-turn": "of five captions an image, say, rows 0 to 4 are item 0",
    "by-turns": "of five captions to each of 8 images, rows 0, 8, 16, 24 and 32 are item 0",
    "equal": "rows that repeat a vector are one item",
}
SAMPLE_ITEMS = 20_000
"""Items that are read of a larger vector store unless another number is named."""
MOST_ENDINGS = 6
"""Kinds of files, or columns, that are told of what is not read."""

DEFAULT_TEMPLATE = "a picture of {label}"


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """What a person says of a source where its files do not say it themselves.

    Raises:
        GapvizError: a caption template without `{label}`, a quantisation that there is not, fewer
            than one dimension, or an empty sample.
    """

    id_column: str | None = None
    """Column (or array) that says which item a row belongs to."""
    image_column: str | None = None
    caption_columns: tuple[str, ...] = ()
    label_column: str | None = None
    """Of tables; None takes the usual names."""
    image_folder: Path | None = None
    """Where the images of a COCO file or a table lie; None takes the file's own folder."""
    template: str = DEFAULT_TEMPLATE
    """Caption of an item that has a label only, as in class folders."""
    modalities: tuple[str, ...] = ()
    """Names for arrays that come without any, in their order."""
    pairing: PairingRule = "rows"
    """Which rows are one item, where nothing names their items."""
    encoder: str | None = None
    """What made the vectors, where the files do not say."""
    within: Path | None = None
    """A folder that nothing is read outside of, wherever the source lies in it; None where the
    person at the keyboard may read all."""
    limits: Limits = OWN_FILES
    """How much its files may unpack to."""
    quantisation: str | None = None
    """How the vectors are stored, as `quantised.stored_kind` takes it; None takes what the files
    say, and refuses whole numbers that may mean several things."""
    dims: int | None = None
    """Of each vector only so many of its first dimensions, as Matryoshka models allow."""
    fuse: float | None = None
    """α: an item with text and picture is one row of α·text + (1 − α)·image; None keeps a row of
    each."""
    left_out: frozenset[str] = frozenset()
    """Files that were taken out of the source, and listed, before it is read: what names them
    is not listed again."""
    queries: Path | None = None
    """A file of queries of one's own, as `gapviz.sources.files.judgments` reads it."""
    judgments: Path | None = None
    """A file of judgments: which items answer which queries, and how well."""
    query_vectors: Path | None = None
    """A source of vectors whose ids are those of queries."""
    subset: str | None = None
    """Of a benchmark that holds several, the one to read: `mscoco_task0`, `OVEN`."""
    pool: PoolRule = "local"
    """Of M-BEIR, which candidates are searched: those of the task, or those of all tasks."""
    sample: int | None = SAMPLE_ITEMS
    """Of a vector store, how many items are read; None reads all."""
    sample_seed: int = DEFAULT_SEED
    """Of that sample."""
    progress: Progress = field(default=no_progress, compare=False)
    """Told how far the reading of a store or of judgments is; may raise to cancel."""

    def __post_init__(self) -> None:
        if "{label}" not in self.template:
            raise GapvizError(
                f"the caption template {self.template[:80]!r} has no {{label}}",
                hint="write for instance 'a picture of {label}'",
            )
        if self.pairing not in PAIRING_RULES:
            raise GapvizError(
                f"there is no pairing {self.pairing[:80]!r}",
                hint=choose(self.pairing, PAIRING_RULES),
            )
        if self.pool not in POOLS:
            raise GapvizError(f"there is no pool {self.pool[:80]!r}", hint=choose(self.pool, POOLS))
        if self.sample is not None and self.sample < 1:
            raise GapvizError(
                f"a sample of {self.sample} items is none", hint="take at least one, or all"
            )
        checked_seed(self.sample_seed)
        if self.dims is not None and self.dims < 1:
            raise GapvizError(
                f"{self.dims} dimensions are none", hint="take at least one of each vector"
            )
        if self.quantisation is not None:
            stored_kind(self.quantisation)

    @property
    def named_columns(self) -> tuple[str, ...]:
        """The columns that a person names, of ids, captions, labels and images."""
        named = (self.id_column, *self.caption_columns, self.label_column, self.image_column)
        return tuple(name for name in named if name is not None)

    @property
    def names_columns(self) -> bool:
        """Whether a person names columns, as vectors or as something else."""
        return bool(self.named_columns or self.modalities)

    @property
    def stored(self) -> Stored | None:
        """How the vectors are said to be stored.

        Raises:
            GapvizError: as `stored_kind`.
        """
        return None if self.quantisation is None else stored_kind(self.quantisation)


@dataclass(frozen=True, slots=True)
class Skipped:
    """One thing of a source that did not become part of the collection."""

    what: str
    """The file or row, relative to the source."""
    why: str
    """In a clause: `is cut short`."""


@dataclass(frozen=True, eq=False)
class Reading:
    """A source that was read."""

    collections: tuple[Collection, ...]
    """The same items as each encoder saw them; one without vectors where none has yet."""
    skipped: tuple[Skipped, ...] = ()

    @property
    def collection(self) -> Collection:
        """The first of `collections`."""
        return self.collections[0]

    def encoded_by(self, encoder: str | None) -> Collection:
        """The collection of one encoder; the first where none is named.

        Raises:
            GapvizError: no vectors by that encoder.
        """
        if encoder is None:
            return self.collection
        for collection in self.collections:
            if encoder in (collection.encoder, whole_encoder(collection.encoder)):
                return collection
        raise GapvizError(
            f"holds no vectors by {encoder[:80]!r}",
            where=self.collection.name,
            hint=choose(encoder, [one.encoder for one in self.collections]),
        )


@dataclass(frozen=True, slots=True)
class Format:
    """One format: how it is recognised, and how it is read."""

    name: str
    """In code and in warnings: one word."""
    title: str
    """For people, in a list of what can be given: `a folder of images`."""
    recognises: Callable[[Path], bool]
    """Whether an existing path is of this format; reads as little as it can."""
    read: Callable[[Path, ReadOptions], Reading]
    """Reads a path that it recognises; raises `GapvizError` where that cannot be done."""
    priority: int = 50
    """The lowest is asked first: give a low one to a format with clear signs."""
    endings: tuple[str, ...] = ()
    """Of the files that it may be: `.csv`."""
    hint: str = ""
    """How to write a file with one of `endings`, for whoever gives another one."""
    alone: bool = True
    """Whether one file with one of `endings` is enough, and may be uploaded without a zip."""
    has_columns: bool = True
    """Whether a column that the options name may be in it."""
    told: Callable[[Path, ReadOptions], bool | None] = lambda *_: None
    """What the options say of whether an existing path is of this format, whatever its own signs
    are; None where they say nothing."""

    def takes(self, path: Path, options: ReadOptions) -> bool:
        """Whether an existing path is read by this format."""
        told = self.told(path, options)
        return self.recognises(path) if told is None else told


def formats() -> tuple[Format, ...]:
    """Every format, as they are asked in turn; the first that recognises a path reads it."""
    return _formats(tuple(sys.path))


def read_source(source: str, options: ReadOptions = ReadOptions()) -> Reading:
    """What `builtin` or a variant of it names, or a file or folder of one of `formats()`.

    The reading says what was skipped. `gapviz.sources.files.read` adds queries in files beside it.

    Raises:
        GapvizError: nothing there, a format that no reader knows, or what its reader says.
    """
    shipped = shipped_collection(source)
    if shipped is not None:
        return as_asked(Reading((shipped,)), options)
    path = Path(source)
    try:
        if path.name in ("", ".."):  # the folder one works in, or above it, is called by its name
            path = path.resolve()
        recover(path)
        path.stat()
        with limited(options.limits):
            known = next((form for form in formats() if form.takes(path, options)), None)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        missing = isinstance(error, FileNotFoundError)
        raise GapvizError(
            "there is no such file" if missing else f"cannot be read ({why})",
            where=shown(source),
            hint=f"check the path, or name {BUILTIN!r} or a collection of the dashboard",
        ) from error
    if known is None:
        raise _unknown(path, source)
    with limited(options.limits):
        reading = as_asked(known.read(path, options), options)
    reading = replace(reading, collections=tuple(map(writable, reading.collections)))
    if known.has_columns:
        return reading
    unused = (
        Skipped(f"the column {shown(name)!r}", f"was named, but {known.title} has no columns")
        for name in options.named_columns
    )
    return replace(reading, skipped=(*reading.skipped, *unused))


def as_asked(reading: Reading, options: ReadOptions) -> Reading:
    """A reading of the first dimensions alone, and of fused documents, where options ask for it."""
    found = reading.collections
    if options.dims is not None:
        found = tuple(first_dimensions(one, options.dims) for one in found)
    if options.fuse is not None:
        alpha = options.fuse
        found = tuple(with_fused_documents(one, alpha) if one.modalities else one for one in found)
    return replace(reading, collections=found)


def _unknown(path: Path, source: str) -> GapvizError:
    ending = path.suffix.lower()
    if ending in OTHER_PROGRAMS:
        title, way = OTHER_PROGRAMS[ending]
        return GapvizError(f"is {title}, which is not read", where=source, hint=way)
    likely = [] if path.is_dir() else [one for one in formats() if ending in one.endings]
    titles = [one.title for one in likely]
    if titles:
        what = f"is neither {' nor '.join(titles)}" if len(titles) > 1 else f"is not {titles[0]}"
        return GapvizError(
            what + _columns_told(path),
            where=source,
            hint=", or ".join(one.hint for one in likely if one.hint),
        )
    endings = dict.fromkeys(ending for one in formats() for ending in one.endings)
    return GapvizError(
        f"the folder holds nothing that a reader knows{_held(path)}"
        if path.is_dir()
        else f"no reader knows the ending {path.suffix!r}",
        where=source,
        hint=f"give a file ending in {', '.join(endings)}, one of the folders that `gapviz info` "
        f"lists, or what was saved ({ITEMS_FILE})",
    )


def _columns_told(path: Path) -> str:
    """The columns of a Parquet file with their types, in brackets."""
    if path.suffix.lower() != ".parquet":
        return ""
    try:
        types = open_table(path, path.name).types
    except GapvizError as error:
        return f" ({error.what})"
    told = [f"{shown(name, 40)}: {shown(kind, 40)}" for name, kind in types.items()]
    more = f", … {len(told) - MOST_ENDINGS} more" if len(told) > MOST_ENDINGS else ""
    return f" (its columns: {', '.join(told[:MOST_ENDINGS])}{more})"


def _held(folder: Path) -> str:
    """What files a folder holds, by their endings, in brackets."""
    try:
        files = [one for one in folder.iterdir() if not one.name.startswith(".")]
    except OSError:
        return ""
    counts = Counter(
        f"{one.suffix.lower()} file(s)" if one.suffix else "without an ending"
        for one in files
        if one.is_file()
    )
    counts["folder(s)"] = sum(one.is_dir() for one in files)
    told = [f"{n:,} {shown(what, 40)}" for what, n in counts.most_common(MOST_ENDINGS) if n]
    ways = dict.fromkeys(
        OTHER_PROGRAMS[one.suffix.lower()] for one in files if one.suffix.lower() in OTHER_PROGRAMS
    )
    told += [f"{title} is not read: {way}" for title, way in ways]
    return f" ({'; '.join(told)})" if told else " (it is empty)"


def upload_endings() -> frozenset[str]:
    """Endings of the files that may be uploaded alone."""
    return frozenset(ending for one in formats() if one.alone for ending in one.endings)


def has_ending(*endings: str) -> Callable[[Path], bool]:
    """Recognises files by their endings alone, in any case."""
    return lambda path: path.suffix.lower() in endings and path.is_file()


@cache
def _formats(search_path: tuple[str, ...]) -> tuple[Format, ...]:
    here = __name__.rpartition(".")[0]
    modules = modules_of(here, [str(Path(__file__).parent)])
    found = [module.FORMAT for module in modules if hasattr(module, "FORMAT")]
    found += installed(READERS, Format)
    return tuple(sorted(found, key=lambda one: (one.priority, one.name)))
