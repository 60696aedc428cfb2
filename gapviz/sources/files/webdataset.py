"""webdataset shards: uncompressed tar archives whose members are grouped by name.

Members are streamed past and never extracted; a picture is later read by seeking.
"""

from __future__ import annotations

import os
import tarfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from gapviz.core.errors import GapvizError
from gapviz.sources.files.builder import CollectionBuilder
from gapviz.sources.files.columns import NOTHING, Fields, fields_beside
from gapviz.sources.files.folders import files_in, source_name
from gapviz.sources.files.format import Format, Reading, ReadOptions, has_ending
from gapviz.sources.files.texts import one_line, shown
from gapviz.sources.images.decoding import IMAGE_SUFFIXES, header_flaw

TEXT_SUFFIXES = frozenset({".txt", ".json", ".cls"})

# What tarfile raises on archives that were cut short, altered or never theirs.
DAMAGE = (tarfile.TarError, OSError, ValueError, EOFError, OverflowError, RecursionError)


def read_webdataset(path: Path, options: ReadOptions = ReadOptions()) -> Reading:
    """The items of one `.tar`, or of all `.tar` directly in a folder.

    An item is the members that share a name up to its first dot: a picture, `.txt` with one
    caption a line, `.json` with caption and label, `.cls` with a label. Of an archive that
    was cut short, what is whole is read and the rest is listed.

    Raises:
        GapvizError: no such file, or no picture that can be read in any of them.
    """
    # One shard that is a link is read where it lies, so that its pictures are found again.
    shards = _shards(path) if path.is_dir() else [Path(os.path.realpath(path))]
    root = path if path.is_dir() else shards[0].parent
    if not shards:
        raise GapvizError("holds no .tar", where=shown(str(path)), hint="give a folder of shards")
    builder = CollectionBuilder()
    for shard in shards:
        _add_shard(shard, builder, options)
    return builder.reading(source_name(path), root, options)


def looks_like_webdataset(path: Path) -> bool:
    """Whether it is a `.tar`, or a folder with one directly in it."""
    return bool(_shards(path)) if path.is_dir() else has_ending(".tar")(path)


@dataclass(slots=True)
class _Group:
    image: str | None = None
    fields: Fields = NOTHING
    flawed: bool = False


def _shards(folder: Path) -> list[Path]:
    shards = files_in(folder, "*.[tT][aA][rR]")
    return [shard for shard in shards if shard.resolve().is_relative_to(folder.resolve())]


def _add_shard(shard: Path, builder: CollectionBuilder, options: ReadOptions) -> None:
    groups: dict[str, _Group] = {}
    try:
        with shard.open("rb") as file:
            for member, content in _members(file, shard, builder):
                key, suffix = _key_and_suffix(member.name)
                if suffix not in IMAGE_SUFFIXES | TEXT_SUFFIXES:
                    continue
                group = groups.setdefault(key, _Group())
                if suffix in IMAGE_SUFFIXES:
                    flaw = _add_image(group, member, content, shard)
                else:
                    flaw = _add_texts(group, content, suffix, options)
                if flaw is not None:
                    builder.skip(f"{shard.name}, {member.name}", flaw)
    except OSError as error:
        builder.skip(shard.name, f"cannot be read ({error.strerror or error})")
    for key, group in groups.items():
        if group.image is not None:
            name = one_line(key)
            item_id = f"{one_line(shard.stem)}/{name}" if name in builder else name
            if item_id in builder:
                builder.skip(f"{shard.name}, {key}", "has the name of another item")
            else:
                builder.add(item_id, group.image, group.fields)
        elif not group.flawed:
            builder.skip(f"{shard.name}, {key}", "has no picture")


def _add_image(
    group: _Group, member: tarfile.TarInfo, content: BinaryIO, shard: Path
) -> str | None:
    """Add a picture; what is wrong with it comes back as a clause."""
    flaw = header_flaw(content, member.size)
    if flaw is None and group.image is not None:
        flaw = "is a second picture under one name"
    if flaw is None:
        group.image = f"tar:{shard.name}#{member.offset_data},{member.size}"
    else:
        group.flawed = True
    return flaw


def _add_texts(group: _Group, content: BinaryIO, suffix: str, options: ReadOptions) -> str | None:
    """Add what a text member says; what is wrong with it comes back as a clause."""
    said, before = fields_beside(suffix, content, options), group.fields
    # A `.cls` says what the label is, whatever a `.json` calls it.
    first, second = (said, before) if suffix == ".cls" else (before, said)
    captions = before.captions + said.captions
    labelled = first if first.label else second
    group.fields = Fields(
        captions=captions, label=labelled.label, other_labels=labelled.other_labels
    )
    return said.flaw


def _members(
    file: BinaryIO, shard: Path, builder: CollectionBuilder
) -> Iterator[tuple[tarfile.TarInfo, BinaryIO]]:
    """Every whole regular member and its content; what follows after damage is listed once."""
    size = shard.stat().st_size
    end = 0
    try:
        with closing(tarfile.open(fileobj=file, mode="r:")) as archive:
            while (member := archive.next()) is not None:
                # tarfile would keep every header that it has seen.
                archive.members = []  # type: ignore[attr-defined]
                if member.offset_data < end:
                    raise tarfile.ReadError("members overlap")
                end = member.offset_data + (member.size if member.isreg() else 0)
                if end > size:
                    builder.skip(f"{shard.name}, {member.name}", "is cut short")
                    return
                if member.issparse() or not (member.isreg() or member.isdir()):
                    why = "is a link, a device or a sparse file, and is not read"
                    builder.skip(f"{shard.name}, {member.name}", why)
                elif member.isreg():
                    yield member, cast(BinaryIO, archive.extractfile(member))
            end = archive.offset
    except DAMAGE:
        builder.skip(shard.name, f"is no tar archive, or damaged after byte {end:,}")
        return
    file.seek(min(end, size))
    if file.read(tarfile.BLOCKSIZE) != bytes(tarfile.BLOCKSIZE):
        builder.skip(shard.name, f"ends without an end mark at byte {end:,}, cut short perhaps")


def _key_and_suffix(name: str) -> tuple[str, str]:
    folder, slash, base = name.removeprefix("./").rpartition("/")
    stem, dot, suffix = base.partition(".")
    return f"{folder}{slash}{stem}", f"{dot}{suffix}".lower()


FORMAT = Format(
    "webdataset",
    "webdataset shards (.tar)",
    looks_like_webdataset,
    read_webdataset,
    priority=40,
    endings=(".tar",),
    alone=False,
)
