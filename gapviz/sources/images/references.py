"""What `Item.image` may say, and how each form is read.

| reference | picture |
|---|---|
| `openmoji:1F600` | a drawing of the built-in collection |
| `openmoji-outline:1F600` | its black lines alone |
| `photos/a.jpg` | a file, relative to the root |
| `tar:shards/0.tar#1536,20480` | 20,480 bytes at byte 1,536 of an uncompressed archive |
| `parquet:data/0.parquet#17,image` | row 17 (from 0) of a column that stores images |
"""

from __future__ import annotations

import posixpath
import re
import stat
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

from gapviz.core.errors import GapvizError
from gapviz.sources.builtin.drawings import IMAGE_SCHEME, OUTLINE_SCHEME, drawing_png
from gapviz.sources.images.decoding import MAX_FILE_BYTES, decode_image, file_flaw, over_white
from gapviz.sources.images.parquet import parquet_image
from gapviz.storage.files import unreadable

LEADS_OUT = "leads out of the collection's folder, and is not read"

DRAWING_SIZE = 224
"""Pixels that a vector drawing is rendered at for an encoder."""

_TAR = re.compile(r"(?P<path>.+)#(?P<offset>[0-9]{1,18}),(?P<size>[0-9]{1,18})", re.DOTALL)
_PARQUET = re.compile(r"(?P<path>.+)#(?P<row>[0-9]{1,18}),(?P<column>.+)", re.DOTALL)


def image_bytes(reference: str, root: Path | None) -> bytes:
    """The file that `Item.image` refers to, as it is stored.

    Args:
        reference: one of the forms above.
        root: `Collection.root`.

    Raises:
        GapvizError: nothing there, a picture of too many bytes, or a reference that leads out
            of `root`.
    """
    for scheme, read in _READ.items():
        if reference.startswith(scheme):
            return read(reference, root)
    return _span(inside(root, reference), reference)


def thumbnail_png(reference: str, root: Path | None, size: int) -> bytes:
    """A picture as an opaque PNG of at most `size` × `size` pixels, transparency over white.

    Raises:
        GapvizError: as `image_bytes`, or `decode_image`.
    """
    if reference.startswith((IMAGE_SCHEME, OUTLINE_SCHEME)):
        return drawing_png(reference, size)
    image = decode_image(image_bytes(reference, root), where=reference, about=size)
    small = over_white(image)
    small.thumbnail((size, size))
    buffer = BytesIO()
    small.save(buffer, "PNG")
    return buffer.getvalue()


def byte_count(reference: str, root: Path | None) -> int | None:
    """How many bytes `image_bytes` would give; None where that is not known without reading them.

    A reference that cannot be followed has none either.
    """
    if reference.startswith("tar:"):
        match = _TAR.fullmatch(reference.partition(":")[2])
        return None if match is None else int(match["size"])
    if reference.startswith(tuple(_READ)):
        return None
    try:
        return inside(root, reference).stat().st_size
    except (GapvizError, OSError):
        return None


def path_reference(relative: str) -> str:
    """The reference to a file, also where its name begins like another form."""
    return f"./{relative}" if relative.startswith(tuple(_READ)) else relative


def relative_path(named: str, base: Path) -> str:
    """One spelling a file: without `./`, and relative where it is an absolute path into `base`.

    Args:
        named: the path as a table gives it.
        base: the folder of images, links resolved.
    """
    try:
        return Path(named).relative_to(base).as_posix()
    except ValueError:
        return posixpath.normpath(named)


def inside(root: Path | None, reference: str) -> Path:
    """The path of `reference` below `root`, links resolved.

    Raises:
        GapvizError: no root, an absolute path, one that leads out of it, or no path at all.
    """
    if root is None:
        raise GapvizError(
            "the collection knows no folder of images",
            where=reference,
            hint="read the collection from its source again",
        )
    try:
        base = root.resolve()
        path = (base / reference).resolve()
    except (OSError, ValueError, RuntimeError) as error:
        raise GapvizError(
            "is not a path that can be followed", where=repr(reference[:200]), hint="check the path"
        ) from error
    if Path(reference).is_absolute() or not path.is_relative_to(base):
        raise GapvizError(
            LEADS_OUT,
            where=reference,
            hint="keep images inside the folder",
        )
    return path


def named_flaw(root: Path, name: str) -> str | None:
    """Why the picture that a source names cannot be used, in a clause; None where it can."""
    try:
        return file_flaw(inside(root, name))
    except GapvizError as error:
        return error.what


def _tar_bytes(reference: str, root: Path | None) -> bytes:
    path, parts = _located(_TAR, reference, root)
    return _span(path, reference, int(parts["offset"]), int(parts["size"]))


def _span(path: Path, reference: str, offset: int = 0, size: int | None = None) -> bytes:
    """The bytes of a file, or `size` of them from `offset` on."""
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise GapvizError("is not a file", where=reference, hint="name an image file")
        n_bytes = status.st_size if size is None else size
        if n_bytes > MAX_FILE_BYTES:
            raise GapvizError(
                f"has {n_bytes / 1e6:,.0f} MB, which is too much for one image",
                where=reference,
                hint=f"give images below {MAX_FILE_BYTES / 1e6:,.0f} MB",
            )
        with path.open("rb") as file:
            file.seek(offset)
            content = file.read(n_bytes)
    except OSError as error:
        raise unreadable(reference, error) from error
    if len(content) < n_bytes:
        raise GapvizError(
            "lies beyond the end of its archive",
            where=reference,
            hint="give the whole archive, or read the collection from it again",
        )
    return content


def _parquet_bytes(reference: str, root: Path | None) -> bytes:
    path, parts = _located(_PARQUET, reference, root)
    return parquet_image(path, int(parts["row"]), parts["column"], where=reference)


_READ: dict[str, Callable[[str, Path | None], bytes]] = {
    IMAGE_SCHEME: lambda reference, _: drawing_png(reference, DRAWING_SIZE),
    OUTLINE_SCHEME: lambda reference, _: drawing_png(reference, DRAWING_SIZE),
    "tar:": _tar_bytes,
    "parquet:": _parquet_bytes,
}


def _located(
    form: re.Pattern[str], reference: str, root: Path | None
) -> tuple[Path, dict[str, str]]:
    """The file below `root` that a reference with a scheme names, and its other parts."""
    scheme, _, rest = reference.partition(":")
    match = form.fullmatch(rest)
    if match is None:
        raise GapvizError(
            f"is not a whole reference of the form {scheme}:…#…",
            where=repr(reference[:200]),
            hint="read the collection from its source again",
        )
    path = inside(root, match["path"])
    if not path.is_file():
        hint = "put it back, or read the source again"
        raise GapvizError("there is no such file", where=match["path"], hint=hint)
    return path, match.groupdict()
