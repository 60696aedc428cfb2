"""What an unfinished reading of a store has found so far, so that the next one goes on there."""

from __future__ import annotations

import logging
import shutil
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TypeVar

from gapviz.core.errors import GapvizError
from gapviz.storage.cache import packed, read_arrays, unpacked, write_arrays
from gapviz.storage.configuration import configuration
from gapviz.storage.files import alone, private_folder

KIND = "stores"
"""Folder of the cache."""

KEPT_DAYS = 7

Result = TypeVar("Result")

_log = logging.getLogger(__name__)


class Unfinished:
    """Named results of one reading, on disk until it is done.

    Args:
        folder: that holds them; None keeps nothing.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    def get(self, name: str, kind: type[Result]) -> Result | None:
        """What was kept under a name; None where there is nothing, or something else."""
        if self._folder is None:
            return None
        arrays = read_arrays(self._folder / f"{name}.safetensors")
        if arrays is None:
            return None
        try:
            return unpacked(arrays, kind)
        except (KeyError, TypeError, ValueError) as error:
            _log.warning("%s of %s is not what it should be (%s)", name, self._folder, error)
            return None

    def put(self, name: str, result: object) -> None:
        """Keep a result; a disk that cannot be written keeps nothing, and says so in the log."""
        if self._folder is None:
            return
        try:
            write_arrays(self._folder / f"{name}.safetensors", packed(result))
        except OSError as error:
            _log.warning("%s cannot be written (%s): nothing is kept there", self._folder, error)

    def forget(self) -> None:
        """The reading is done."""
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)


@contextmanager
def unfinished(key: str) -> Iterator[Unfinished]:
    """What was kept under a key; nothing is where another run reads the same at this moment.

    What nobody has gone on with for `KEPT_DAYS` is given up.
    """
    folder = configuration().cache / KIND / key
    with ExitStack() as held:
        place = None
        try:
            private_folder(folder.parent)
            held.enter_context(alone(folder))
            _give_up_old(folder)
            place = folder
        except (OSError, GapvizError) as error:
            _log.warning("nothing is kept of this reading (%s)", error)
        yield Unfinished(place)


def _give_up_old(folder: Path) -> None:
    """Delete what stands beside a folder and was last written long ago."""
    oldest = time.time() - KEPT_DAYS * 86_400
    for other in folder.parent.iterdir():
        with suppress(FileNotFoundError):
            if other != folder and other.is_dir() and other.stat().st_mtime < oldest:
                shutil.rmtree(other, ignore_errors=True)
