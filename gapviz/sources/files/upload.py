"""What a browser uploads: a zip of images and captions, or one file of vectors.

Nothing of an upload is trusted. Names are judged before anything is written, sizes are
counted as bytes come out, and a folder appears under its own name only when it is complete.
"""

from __future__ import annotations

import os
import re
import shutil
import stat
import struct
import unicodedata
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from gapviz.core.errors import GapvizError
from gapviz.core.plain_text import one_line
from gapviz.sources.files.builder import CollectionBuilder
from gapviz.sources.files.caption_tables import CAPTION_ENDINGS
from gapviz.sources.files.folders import LEFT_BY_SYSTEMS
from gapviz.sources.files.format import Skipped, upload_endings
from gapviz.sources.files.limits import UPLOADS
from gapviz.sources.files.numpy_files import ZIP_DAMAGE
from gapviz.sources.files.texts import shown
from gapviz.sources.files.unread import BESIDE_ENDINGS
from gapviz.sources.images.decoding import (
    IMAGE_SUFFIXES,
    file_flaw,
    is_image_name,
    unread_kind,
    unread_picture,
)
from gapviz.storage.files import swapped_in, unwritable

BLOCK_BYTES = 1 << 18

DIRECTORY_BYTES_A_FILE = 2048
"""What a zip's list of members may take for each file; its entries are read at once."""


MAX_BYTES = 200_000_000
"""Of an upload as it is sent."""

MAX_FILES = 20_000

MAX_UNPACKED_BYTES = int(UPLOADS.most_bytes)
"""Of all files together, counted as they come out."""

MAX_RATIO = 100.0
"""Unpacked to packed bytes of one file, where it unpacks to more than `SMALL_BYTES`."""

SMALL_BYTES = 1 << 20
"""Below this size any ratio is allowed: short, repetitive texts pack well."""

CAPTION_SUFFIXES = frozenset({*CAPTION_ENDINGS, *BESIDE_ENDINGS})
ARCHIVE_SUFFIXES = frozenset(
    {".zip", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".zst", ".7z", ".rar", ".jar", ".lz4"}
)

LONGEST_PART_BYTES = 255
LONGEST_NAME_BYTES = 1024
DEEPEST = 32

# Windows opens a device for these names, with any ending.
_DEVICE = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])\s*(\..*)?", re.IGNORECASE)

_ENCRYPTED = 0x1

NO_USE = "is neither an image nor captions nor vectors"

THE_UPLOAD = "the upload"
"""What errors call a zip, which is given without a name."""


@dataclass(frozen=True, slots=True)
class UnpackedUpload:
    """What of an upload was refused."""

    skipped: tuple[Skipped, ...]
    left_out: frozenset[str]
    """What would lie in the folder, were it whole: `ReadOptions.left_out`."""


def unpack_upload(content: BinaryIO, folder: Path) -> UnpackedUpload:
    """Unpack a zip of images and captions, or of vectors, into a new folder.

    Members that may not or cannot be unpacked are listed by name, and the others still load.
    A top folder that all of them share is left out.

    Args:
        content: the zip; seekable.
        folder: where to unpack; must not exist, or be empty.

    Raises:
        GapvizError: no zip, more in it than is allowed, nothing in it that can be used, or a
            folder that cannot be made; then nothing is left behind.
    """
    _refuse_too_large(content, THE_UPLOAD, MAX_BYTES)
    _refuse_long_list(content)
    try:
        archive = zipfile.ZipFile(content)
    except ZIP_DAMAGE as error:
        raise GapvizError(
            "is not a zip archive, or is cut short", where=THE_UPLOAD, hint="make the zip again"
        ) from error
    if folder.exists() and not (folder.is_dir() and next(folder.iterdir(), None) is None):
        raise GapvizError(
            "there is already something of that name",
            where=shown(folder.name),
            hint="choose another name",
        )
    with archive, _writing(folder), swapped_in(folder) as new:
        return _unpack_all(archive, new)


def store_vectors_upload(name: str, content: BinaryIO, folder: Path) -> Path:
    """Keep one uploaded file of vectors under a safe name; its content is not looked at.

    Args:
        name: as the browser gives it; only a safe base name is left of it.
        content: the file; seekable.
        folder: where to keep it; made where missing. A file of that name is replaced.

    Returns:
        The path of the stored file.

    Raises:
        GapvizError: another ending than those of vectors, empty, too large, or not writable.
    """
    target = folder / safe_base_name(name)
    if target.suffix not in upload_endings():
        raise GapvizError(
            f"the ending {target.suffix!r} is not one of vectors",
            where=shown(name),
            hint=f"give a file ending in {', '.join(sorted(upload_endings()))}",
        )
    _refuse_too_large(content, shown(name), MAX_UNPACKED_BYTES)
    with _writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        with target.open("wb") as out:
            shutil.copyfileobj(content, out, BLOCK_BYTES)
    return target


def store_archive(content: BinaryIO, target: Path) -> None:
    """Keep an uploaded zip as it is, to be unpacked elsewhere.

    Raises:
        GapvizError: empty, too large, or not writable.
    """
    _refuse_too_large(content, THE_UPLOAD, MAX_BYTES)
    with _writing(target.parent), target.open("xb") as out:
        shutil.copyfileobj(content, out, BLOCK_BYTES)


def _unpack_all(archive: zipfile.ZipFile, folder: Path) -> UnpackedUpload:
    builder = CollectionBuilder()
    members = _allowed(archive, builder)
    top = _common_folder(list(members))
    left = MAX_UNPACKED_BYTES
    left_out = set()
    for member_name, member in members.items():
        target = folder / member_name.removeprefix(top)
        written, flaw = _unpack_one(archive, member, target, left)
        left -= written
        if left < 0:
            raise GapvizError(
                f"unpacks to more than {MAX_UNPACKED_BYTES / 1e6:,.0f} MB",
                where=THE_UPLOAD,
                hint="upload it in parts",
            )
        if flaw is None and is_image_name(member_name):
            flaw = file_flaw(target)
        if flaw is not None:
            target.unlink(missing_ok=True)
            builder.skip(member_name, flaw)
            left_out.add(member_name.removeprefix(top))
    if len(left_out) == len(members):
        first = next(iter(builder.skipped), None)
        raise GapvizError(
            f"holds nothing that can be used (first of {len(builder.skipped):,}: "
            f"{first.what} {first.why})"
            if first
            else "holds no files",
            where=THE_UPLOAD,
            hint="upload a zip of images and captions, or of vectors",
        )
    return UnpackedUpload(tuple(builder.skipped), frozenset(left_out))


def _allowed(archive: zipfile.ZipFile, builder: CollectionBuilder) -> dict[str, zipfile.ZipInfo]:
    """Members that may be unpacked, by their plain names; the others are listed.

    Each name is accepted once on any file system, without regard to case or accents' form.
    """
    members = [member for member in archive.infolist() if not _is_left_by_systems(member)]
    if len(members) > MAX_FILES:
        raise _too_many_files()
    allowed: dict[str, zipfile.ZipInfo] = {}
    files: dict[str, str] = {}
    folders: set[str] = set()
    for member in members:
        plain = _plain_name(member)
        key = _folded(plain)
        above = {_folded(str(parent)) for parent in PurePosixPath(plain).parents}
        flaw = _member_flaw(member)
        if flaw is None and key in files:
            same = f"differs from {files[key]!r} only in case or in how accents are written"
            flaw = "appears twice" if files[key] == plain else same
        if flaw is None and (key in folders or above & files.keys()):
            flaw = "is a file and a folder at once"
        if flaw is None:
            allowed[plain] = member
            files[key] = plain
            folders |= above
        else:
            builder.skip(member.orig_filename or "a file without a name", flaw)
    return allowed


def _unpack_one(
    archive: zipfile.ZipFile, member: zipfile.ZipInfo, target: Path, left: int
) -> tuple[int, str | None]:
    """Bytes that came out (at most one block more than `left`), and what is wrong, if anything."""
    written = 0
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("xb") as out:
        try:
            for block in _blocks(archive, member):
                written += len(block)
                if _is_bomb(written, member.compress_size):
                    return written, "unpacks to far more than it holds"
                if written > left:
                    return written, None
                out.write(block)
        except zipfile.BadZipFile:
            return written, "is damaged, or packed in a way that is not read"
    return written, None if written == member.file_size else "is cut short"


def _blocks(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Iterator[bytes]:
    """The member piece by piece; whatever is wrong with it raises `BadZipFile`."""
    try:
        with archive.open(member) as source:
            while block := source.read(BLOCK_BYTES):
                yield block
    except ZIP_DAMAGE as error:
        raise zipfile.BadZipFile(str(error)) from error


@contextmanager
def _writing(folder: Path) -> Iterator[None]:
    """Say in one sentence what the disk refuses."""
    try:
        yield
    except OSError as error:
        raise unwritable(shown(folder.name), error) from error


def _refuse_too_large(file: BinaryIO, name: str, max_bytes: int) -> None:
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    if size == 0:
        raise GapvizError("is empty", where=name, hint="upload the file again")
    if size > max_bytes:
        raise GapvizError(
            f"has {size / 1e6:,.1f} MB, more than the {max_bytes / 1e6:,.1f} MB allowed",
            where=name,
            hint="upload less, or read it from a folder on this machine",
        )


_END = struct.Struct("<4s4H2LH")
_END_MARK = b"PK\x05\x06"
_LONGEST_COMMENT = 0xFFFF
_SAYS_ZIP64 = 0xFFFFFFFF


def _refuse_long_list(file: BinaryIO) -> None:
    """Refuse a list of members so long that reading it alone would fill the memory.

    `zipfile` reads the whole central directory before anything can be counted; its size
    is in the record at the end (APPNOTE 4.3.16).
    """
    size = file.seek(0, os.SEEK_END)
    start = max(0, size - _END.size - _LONGEST_COMMENT)
    file.seek(start)
    tail = file.read()
    file.seek(0)
    at = len(tail) - _END.size
    if not (tail[at : at + 4] == _END_MARK and tail.endswith(b"\0\0")):
        at = tail.rfind(_END_MARK)
    record = tail[at : at + _END.size]
    if at < 0 or len(record) < _END.size:
        return  # zipfile finds no archive either, and says so
    directory_bytes = _END.unpack(record)[5]
    zip64 = directory_bytes == _SAYS_ZIP64 or tail[max(0, at - 20) : at].startswith(b"PK\x06\x07")
    if zip64 or directory_bytes > MAX_FILES * DIRECTORY_BYTES_A_FILE:
        raise _too_many_files()


def _too_many_files() -> GapvizError:
    return GapvizError(
        f"holds more than {MAX_FILES:,} files", where=THE_UPLOAD, hint="upload it in parts"
    )


def _plain_name(member: zipfile.ZipInfo) -> str:
    """The member's path with forward slashes, without `.` and empty parts."""
    parts = member.orig_filename.replace("\\", "/").split("/")
    kept = [part for part in parts if part not in {"", "."}]
    return "/".join(kept)


def _is_left_by_systems(member: zipfile.ZipInfo) -> bool:
    """Whether it is a folder, hidden, or what a file manager adds unasked."""
    parts = _plain_name(member).split("/")
    hidden = any(part.startswith(".") and part != ".." for part in parts)
    is_folder = member.orig_filename.endswith(("/", "\\"))
    return is_folder or hidden or bool(LEFT_BY_SYSTEMS.intersection(parts))


def _member_flaw(member: zipfile.ZipInfo) -> str | None:
    """Why a member is not unpacked, in a clause; None where its header allows it."""
    raw = member.orig_filename.replace("\\", "/")
    name = _plain_name(member)
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
        NO_USE: suffix not in IMAGE_SUFFIXES | CAPTION_SUFFIXES | upload_endings(),
        "unpacks to far more than it holds": _is_bomb(member.file_size, member.compress_size),
    }
    flaw = next((flaw for flaw, holds in flaws.items() if holds), None)
    kind = unread_kind(name)
    return unread_picture(kind) if flaw == NO_USE and kind is not None else flaw


def _is_bomb(unpacked: int, packed: int) -> bool:
    """Whether that many bytes out of so few are suspicious."""
    return unpacked > SMALL_BYTES and unpacked > MAX_RATIO * max(packed, 1)


def _common_folder(names: list[str]) -> str:
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
