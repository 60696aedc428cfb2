"""One picture out of a zip archive, without unpacking the others."""

from __future__ import annotations

import zipfile
import zlib
from functools import lru_cache
from pathlib import Path

from gapviz.core.errors import GapvizError
from gapviz.sources.images.decoding import MAX_FILE_BYTES

# What zipfile raises on archives that were cut short, altered, encrypted or never theirs.
DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    OSError,
    EOFError,
    RuntimeError,
    NotImplementedError,
    ValueError,
    OverflowError,
)


def zip_image(path: Path, member: str, *, where: str) -> bytes:
    """The bytes of one member, at most `MAX_FILE_BYTES`, whatever size the archive declares.

    Raises:
        GapvizError: no archive, no such member, a damaged, encrypted or too large one.
    """
    try:
        status = path.stat()
        archive = _opened(str(path), status.st_mtime_ns, status.st_size)
        with archive.open(member) as file:
            content = file.read(MAX_FILE_BYTES + 1)
    except KeyError as error:
        raise GapvizError(
            "the archive has no such member", where=where, hint="read the source again"
        ) from error
    except DAMAGE as error:
        raise GapvizError(
            "cannot be read from its archive (damaged, encrypted or cut short)",
            where=where,
            hint="make the archive again, without a password",
        ) from error
    if len(content) > MAX_FILE_BYTES:
        raise GapvizError(
            "unpacks to too much for one image",
            where=where,
            hint=f"give images below {MAX_FILE_BYTES / 1e6:,.0f} MB",
        )
    return content


@lru_cache(maxsize=4)
def _opened(path: str, modified_ns: int, size: int) -> zipfile.ZipFile:
    # Reading the list of members costs milliseconds a thousand, so a few stay open.
    return zipfile.ZipFile(path)
