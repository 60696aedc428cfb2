"""webdataset shards: uncompressed tar archives whose members are grouped by name.

Members are streamed past and never extracted; a picture is later read by seeking.
"""

from __future__ import annotations

import os
import re
import tarfile
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, cast

from gapviz.core.errors import GapvizError
from gapviz.core.plain_text import one_line
from gapviz.core.wording import counted
from gapviz.sources.files.builder import CollectionBuilder
from gapviz.sources.files.columns import NOTHING, Fields, fields_beside
from gapviz.sources.files.folders import files_in, folder_files, source_name
from gapviz.sources.files.format import Format, Reading, ReadOptions, Skipped, has_ending
from gapviz.sources.files.texts import shown
from gapviz.sources.images.decoding import IMAGE_SUFFIXES, header_flaw

TEXT_SUFFIXES = frozenset({".txt", ".text", ".caption", ".json", ".cls"})
KNOWN_SUFFIXES = IMAGE_SUFFIXES | TEXT_SUFFIXES

MOST_ENDINGS = 8
"""Endings that are named where members are passed over."""

# What stands between two dots and tells members of one item apart: `.left.jpg`, `.seg.png`.
_PART = re.compile(r"\.[A-Za-z_]+")

EXTENDED = frozenset(
    {
        tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE, tarfile.GNUTYPE_LONGNAME,
        tarfile.GNUTYPE_LONGLINK,
    }
)  # fmt: skip
"""Types of members that say something of the next one."""
LARGEST_HEADER = 1 << 16
"""Bytes of such a member."""

# What tarfile raises on archives that were cut short, altered or never theirs.
DAMAGE = (tarfile.TarError, OSError, ValueError, EOFError, OverflowError, RecursionError)


def read_webdataset(path: Path, options: ReadOptions = ReadOptions()) -> Reading:
    """The items of one `.tar`, or of all `.tar` directly in a folder.

    An item is the members that share a name up to its first dot: a picture, `.txt` with one
    caption a line, `.json` with caption and label, `.cls` with a label. A name such as
    `take 2.0.jpg`, which has no ending by that rule, is taken up to its last dot. Of an archive
    that was cut short, what is whole is read and the rest is listed.

    Raises:
        GapvizError: no such file, or no picture that can be read in any of them.
    """
    # One shard that is a link is read where it lies, so that its pictures are found again.
    shards = _shards(path) if path.is_dir() else [Path(os.path.realpath(path))]
    root = path if path.is_dir() else shards[0].parent
    if not shards:
        raise GapvizError("holds no .tar", where=shown(str(path)), hint="give a folder of shards")
    builder = CollectionBuilder(captions_from="the shards")
    if path.is_dir():
        folder_files(path, builder)
    passed_over = _PassedOver()
    for shard in shards:
        builder.read.add(shard.name)
        _add_shard(shard, builder, options, passed_over)
    passed_over.tell(builder)
    return builder.reading(source_name(path), root, options)


def looks_like_webdataset(path: Path) -> bool:
    """Whether it is a `.tar`, or a folder with one directly in it."""
    return bool(_shards(path)) if path.is_dir() else has_ending(".tar")(path)


class _Member(tarfile.TarInfo):
    """A member whose long name or extended header is short.

    `tarfile` reads these whole, and takes time that grows faster than their length.
    """

    def _proc_member(self, archive: tarfile.TarFile) -> tarfile.TarInfo:
        if self.type in EXTENDED and self.size > LARGEST_HEADER:
            raise tarfile.ReadError(f"an extended header of {self.size:,} bytes")
        return cast(tarfile.TarInfo, super()._proc_member(archive))  # type: ignore[misc]


@dataclass(slots=True)
class _Group:
    image: str | None = None
    fields: Fields = NOTHING
    flawed: bool = False
    members: list[str] = field(default_factory=list)
    flaws: list[tuple[str, str]] = field(default_factory=list)
    has_texts: bool = False


@dataclass
class _PassedOver:
    """How many members have which ending that is not read, and the first of them."""

    endings: Counter[str] = field(default_factory=Counter)
    first: str = ""

    def add(self, shard: str, member: str) -> None:
        self.endings[_key_and_suffix(member)[1]] += 1
        self.first = self.first or shown(f"{shard}, {member}", 80)

    def tell(self, builder: CollectionBuilder) -> None:
        """List them in one line, the first of all, with the rule."""
        if not self.endings:
            return
        common = self.endings.most_common(MOST_ENDINGS)
        named = ", ".join(shown(ending, 20) or "no ending" for ending, _ in common)
        if len(self.endings) > MOST_ENDINGS:
            named += " and others"
        rule = ""
        if any(ending.count(".") > 1 for ending in self.endings):
            rule = "; by webdataset's rule an ending is all that follows the first dot of a name"
        why = (
            f"with the endings {named} were passed over (first: {self.first}){rule}; pictures end "
            "in .jpg, .png, .webp and the like, captions in .txt or .json"
        )
        members = counted(self.endings.total(), "member")
        builder.skipped.insert(0, Skipped(members, why))


def _shards(folder: Path) -> list[Path]:
    shards = files_in(folder, "*.[tT][aA][rR]")
    return [shard for shard in shards if shard.resolve().is_relative_to(folder.resolve())]


def _add_shard(
    shard: Path,
    builder: CollectionBuilder,
    options: ReadOptions,
    passed_over: _PassedOver,
) -> None:
    """Add the items of one shard; names of members with unknown endings go to `passed_over`."""
    groups: dict[str, _Group] = {}
    dotted: dict[str, _Group] = {}
    unknown: list[str] = []
    try:
        with shard.open("rb") as file:
            for member, content in _members(file, shard, builder):
                key, suffix = _key_and_suffix(member.name)
                among = groups
                if suffix not in KNOWN_SUFFIXES:
                    key, suffix = _last_dot(member.name)
                    among = dotted
                if suffix not in KNOWN_SUFFIXES:
                    unknown.append(member.name)
                    continue
                group = among.setdefault(key, _Group())
                group.members.append(member.name)
                if suffix in IMAGE_SUFFIXES:
                    flaw = _add_image(group, member, content, shard)
                else:
                    flaw = _add_texts(group, content, suffix, options)
                if flaw is not None:
                    group.flaws.append((f"{shard.name}, {member.name}", flaw))
    except OSError as error:
        builder.skip(shard.name, f"cannot be read ({error.strerror or error})")
    taken = {key: group for key, group in dotted.items() if _is_one_name(key, group, groups)}
    if taken:
        first = next(iter(taken.values())).members[0]
        names = counted(len(taken), "name")
        builder.skip(
            shard.name,
            f"holds {names} with further dots, taken up to the last one, where webdataset would "
            f"end them at the first (first: {shown(first, 80)})",
        )
    unknown += [name for key in dotted if key not in taken for name in dotted[key].members]
    for name in unknown:
        passed_over.add(shard.name, name)
    for key, group in (groups | taken).items():
        for place, flaw in group.flaws:
            builder.skip(place, flaw)
        _add_item(key, group, shard, builder)


def _add_item(key: str, group: _Group, shard: Path, builder: CollectionBuilder) -> None:
    if group.image is not None:
        name = one_line(key)
        item_id = f"{one_line(shard.stem)}/{name}" if name in builder else name
        if item_id in builder:
            builder.skip(f"{shard.name}, {key}", "has the name of another item")
        else:
            builder.add(item_id, group.image, group.fields)
    elif not group.flawed:
        builder.skip(f"{shard.name}, {key}", "has no picture")


def _is_one_name(key: str, group: _Group, groups: Mapping[str, _Group]) -> bool:
    """Whether a name with a dot in it is an item's, rather than a part of another item."""
    base, middle = _key_and_suffix(key)
    if base in groups or group.image is None:
        return False
    return group.has_texts or _PART.fullmatch(middle) is None


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
    group.has_texts = True
    # A `.cls` says what the label is, whatever a `.json` calls it.
    group.fields = said.joined(before) if suffix == ".cls" else before.joined(said)
    return said.flaw


def _members(
    file: BinaryIO, shard: Path, builder: CollectionBuilder
) -> Iterator[tuple[tarfile.TarInfo, BinaryIO]]:
    """Every whole regular member and its content; what follows after damage is listed once."""
    size = shard.stat().st_size
    end = 0
    try:
        with closing(tarfile.open(fileobj=file, mode="r:", tarinfo=_Member)) as archive:
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


def _last_dot(name: str) -> tuple[str, str]:
    stem, dot, suffix = name.removeprefix("./").rpartition(".")
    return (stem, f"{dot}{suffix}".lower()) if stem else (suffix, "")


FORMAT = Format(
    "webdataset",
    "webdataset shards (.tar)",
    looks_like_webdataset,
    read_webdataset,
    priority=40,
    endings=(".tar",),
    alone=False,
)
