"""Which members of an uploaded zip may be unpacked, by their names and headers alone."""

from __future__ import annotations

import re
import stat
import unicodedata
import zipfile
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


def member_flaw(member: zipfile.ZipInfo) -> str | None:
    """Why a member is not unpacked, in a clause; None where its header allows it."""
    raw = member.orig_filename.replace("\\", "/")
    name = plain_name(member)
    parts = name.split("/")
    suffix = PurePosixPath(name).suffix.lower()
    unix_kind = stat.S_IFMT(member.external_attr >> 16)
    flaws = {
        "has an absolute path": raw.startswith("/"),
        "leads out of the folder": ".." in parts,
        "names a drive, or has a colon in its name": ":" in raw,
        "has control characters in its name": any(
            unicodedata.category(letter) in {"Cc", "Cs"} for letter in raw
        ),
        "has the name of a device": any(_DEVICE.fullmatch(part) for part in parts),
        "has a name that ends in a space or dot": any(part[-1:] in {" ", "."} for part in parts),
        "has too long a name": len(parts) > DEEPEST
        or len(name.encode(errors="replace")) > LONGEST_NAME_BYTES
        or any(len(part.encode(errors="replace")) > LONGEST_PART_BYTES for part in parts),
        "is a symbolic link": unix_kind == stat.S_IFLNK,
        "is a device": unix_kind not in {0, stat.S_IFREG, stat.S_IFLNK},
        "is encrypted": bool(member.flag_bits & _ENCRYPTED),
        "is an archive within the archive": suffix in ARCHIVE_SUFFIXES,
        "is neither an image nor captions nor vectors": suffix
        not in IMAGE_SUFFIXES | CAPTION_SUFFIXES | upload_endings(),
        "unpacks to far more than it holds": is_bomb(member.file_size, member.compress_size),
    }
    return next((flaw for flaw, holds in flaws.items() if holds), None)


MAX_RATIO = 100.0
"""Unpacked to packed bytes of one file, where it unpacks to more than `SMALL_BYTES`."""

SMALL_BYTES = 1 << 20
"""Below this size any ratio is allowed: short, repetitive texts pack well."""


def is_bomb(unpacked: int, packed: int) -> bool:
    """Whether that many bytes out of so few are suspicious."""
    return unpacked > SMALL_BYTES and unpacked > MAX_RATIO * max(packed, 1)


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
