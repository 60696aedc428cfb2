"""Which members of an uploaded zip may be unpacked, by their names and headers alone."""

from __future__ import annotations

import re
import stat
import unicodedata
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from gapviz.sources.files.folders import LEFT_BY_SYSTEMS
from gapviz.sources.files.format import upload_endings
from gapviz.sources.files.texts import one_line
from gapviz.sources.images.decoding import IMAGE_SUFFIXES

CAPTION_SUFFIXES = frozenset({".txt", ".json", ".jsonl", ".csv", ".tsv", ".parquet"})
ARCHIVE_SUFFIXES = frozenset(
    {".zip", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".zst", ".7z", ".rar", ".jar", ".lz4"}
)

LONGEST_PART_BYTES = 255
LONGEST_NAME_BYTES = 1024
DEEPEST = 32

# Windows opens a device for these names, with any ending.
_DEVICE = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])\s*(\..*)?", re.IGNORECASE)

_ENCRYPTED = 0x1
_UNIX_KINDS = {0: None, stat.S_IFREG: None, stat.S_IFLNK: "is a symbolic link"}


@dataclass(slots=True)
class NameKeeper:
    """Accepts each name once, on any file system: without regard to case or accents' form."""

    _files: dict[str, str] = field(default_factory=dict)
    _folders: set[str] = field(default_factory=set)

    def clash(self, name: str) -> str | None:
        """Why the name clashes with an earlier one; else None, and it is kept."""
        key = _folded(name)
        above = {_folded(str(parent)) for parent in PurePosixPath(name).parents}
        first = self._files.get(key)
        if first is not None:
            same = f"differs from {first!r} only in case or in how accents are written"
            return "appears twice" if first == name else same
        if key in self._folders or any(folder in self._files for folder in above):
            return "is a file and a folder at once"
        self._files[key] = name
        self._folders |= above
        return None


def plain_name(member: zipfile.ZipInfo) -> str:
    """The member's path with forward slashes, without `.` and empty parts."""
    parts = member.orig_filename.replace("\\", "/").split("/")
    kept = [part for part in parts if part not in {"", "."}]
    return "/".join(kept)


def is_left_by_systems(member: zipfile.ZipInfo) -> bool:
    """Whether it is a folder, hidden, or what a file manager adds unasked."""
    parts = plain_name(member).split("/")
    hidden = any(part.startswith(".") and part != ".." for part in parts)
    is_folder = member.orig_filename.endswith(("/", "\\"))
    return is_folder or hidden or bool(LEFT_BY_SYSTEMS.intersection(parts))


def member_flaw(member: zipfile.ZipInfo, max_ratio: float) -> str | None:
    """Why a member is not unpacked, in a clause; None where its header allows it."""
    return next(_flaws(member, max_ratio), None)


def _flaws(member: zipfile.ZipInfo, max_ratio: float) -> Iterator[str]:
    raw = member.orig_filename.replace("\\", "/")
    name = plain_name(member)
    parts = name.split("/")
    suffix = PurePosixPath(name).suffix.lower()
    if raw.startswith("/"):
        yield "has an absolute path"
    if ".." in parts:
        yield "leads out of the folder"
    if ":" in raw:
        yield "names a drive, or has a colon in its name"
    if any(unicodedata.category(letter) in {"Cc", "Cs"} for letter in raw):
        yield "has control characters in its name"
    if any(_DEVICE.fullmatch(part) for part in parts):
        yield "has the name of a device"
    if any(part != part.rstrip(" .") for part in parts):
        yield "has a name that ends in a space or dot"
    if (
        len(parts) > DEEPEST
        or len(name.encode(errors="replace")) > LONGEST_NAME_BYTES
        or any(len(part.encode(errors="replace")) > LONGEST_PART_BYTES for part in parts)
    ):
        yield "has too long a name"
    kind = _UNIX_KINDS.get(stat.S_IFMT(member.external_attr >> 16), "is a device")
    if kind is not None:
        yield kind
    if member.flag_bits & _ENCRYPTED:
        yield "is encrypted"
    if suffix in ARCHIVE_SUFFIXES:
        yield "is an archive within the archive"
    if suffix not in IMAGE_SUFFIXES | CAPTION_SUFFIXES | upload_endings():
        yield "is neither an image nor captions nor vectors"
    if is_bomb(member.file_size, member.compress_size, max_ratio):
        yield "unpacks to far more than it holds"


SMALL_BYTES = 1 << 20
"""Below this size any ratio is allowed: short, repetitive texts pack well."""


def is_bomb(unpacked: int, packed: int, max_ratio: float) -> bool:
    """Whether that many bytes out of so few are suspicious."""
    return unpacked > SMALL_BYTES and unpacked > max_ratio * max(packed, 1)


def common_folder(names: list[str]) -> str:
    """The one top folder that all names lie in, with its slash; empty where there is none."""
    tops = {name.partition("/")[0] for name in names}
    nested = all("/" in name for name in names)
    return f"{tops.pop()}/" if nested and len(tops) == 1 else ""


def safe_base_name(name: str) -> str:
    """A file name of letters, digits, dots, dashes and underscores, of any given one.

    Everything up to the last slash is dropped; an empty rest becomes `upload`.
    """
    base = unicodedata.normalize("NFKC", one_line(name)).replace("\\", "/").rpartition("/")[2]
    stem, dot, suffix = base.rpartition(".")
    if not dot:
        stem, suffix = base, ""
    stem = re.sub(r"[^\w-]+", "_", stem).strip("_")[:80] or "upload"
    suffix = re.sub(r"[^a-z0-9]+", "", suffix.lower())[:20]
    if _DEVICE.fullmatch(stem):
        stem = f"_{stem}"
    return f"{stem}.{suffix}" if suffix else stem


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFKD", name).casefold())
