"""What several commands share: their source, and a bar for what takes long."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

from gapviz.encoders.base import Progress
from gapviz.readers import read_source
from gapviz.readers.reading import Reading

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def add_source(command: argparse.ArgumentParser) -> None:
    """The argument and the option that every command has."""
    command.add_argument(
        "source",
        help="'builtin', a .npy of shape (2, n, dim) with [0] image and [1] text, "
        "an .npz of named modalities, or the folder of a saved collection",
    )
    command.add_argument("--json", action="store_true", help="print one JSON object")


def add_images(command: argparse.ArgumentParser) -> None:
    """The option of commands that open pictures."""
    command.add_argument(
        "--images", type=Path, metavar="FOLDER", help="where the source's pictures lie"
    )


def read(source: str, images: Path | None = None) -> Reading:
    """The source, its pictures below `images` where that is given.

    Raises:
        GapvizError: as `read_source`.
    """
    collection = read_source(source)
    return Reading((collection if images is None else replace(collection, root=images),))


@contextmanager
def progress_bar() -> Iterator[Progress]:
    """A bar on stderr; nothing where that is no terminal."""
    from tqdm import tqdm

    shape = "{percentage:3.0f}% |{bar:30}| {desc}"
    with tqdm(total=1.0, bar_format=shape, leave=False, disable=None, file=sys.stderr) as bar:

        def tell(share: float, stage: str) -> None:
            bar.n = min(share, 1.0)
            bar.set_description_str(stage)

        yield tell
