"""A folder with a file of captions beside each image: `.txt`, `.caption` (Kohya), `.json`.

So img2dataset leaves it, and so trainers of generative models read it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path, PurePosixPath

from gapviz.core.wording import counted
from gapviz.sources.files.builder import CollectionBuilder
from gapviz.sources.files.class_folders import class_labels
from gapviz.sources.files.columns import NOTHING, Fields, fields_beside
from gapviz.sources.files.folders import (
    folder_files,
    peeked_files,
    source_name,
    whole_images,
)
from gapviz.sources.files.format import Format, Reading, ReadOptions
from gapviz.sources.files.unread import BESIDE, BESIDE_ENDINGS
from gapviz.sources.images.decoding import is_image_name
from gapviz.sources.images.references import path_reference

LOOKED_AT = 50
"""Images whose neighbours are looked for to recognise the format."""


def read_sidecar_text(path: Path, options: ReadOptions = ReadOptions()) -> Reading:
    """Every image below `path`, with the lines of the `.txt` or `.caption` beside it as captions.

    A `.json` beside it adds its captions and its label; else folders of classes give that.
    Endings count in any letter case, and `1.jpg.txt` lies beside `1.jpg` as `1.txt` does.

    Raises:
        GapvizError: no folder, or no image in it that can be read.
    """
    builder = CollectionBuilder(captions_from=BESIDE)
    names = folder_files(path, builder)
    images = list(whole_images(path, names, builder))
    labels = class_labels(images)
    for name, said in said_beside(path, names, images, builder, options).items():
        labelled = replace(said, label=said.label or labels.get(name))
        builder.add(name, path_reference(name), labelled, where=name)
    return builder.reading(source_name(path), path, options)


def said_beside(
    root: Path,
    names: Sequence[str],
    images: Iterable[str],
    builder: CollectionBuilder,
    options: ReadOptions,
) -> dict[str, Fields]:
    """What the files beside each image say of it; what is wrong with them is listed.

    Args:
        root: the folder of the source.
        names: its files.
        images: those of them that are described.
        builder: learns which files were read.
        options: may name the keys of a `.json`.
    """
    beside = _beside(names)
    silent: Counter[str] = Counter()
    said_of = {}
    for name in images:
        said = NOTHING
        for file in beside(name):
            builder.read.add(file)
            more = _fields(root / file, options)
            if more.flaw:
                builder.skip(file, more.flaw)
            elif not more.captions and not more.label:
                silent[PurePosixPath(file).suffix] += 1
            said = said.joined(more)
        said_of[name] = said
    for ending, count in silent.items():
        builder.skip(counted(count, f"{ending} file"), "beside a picture gave no captions")
    return said_of


def looks_like_sidecar_text(path: Path) -> bool:
    """Whether one of the first images has a file beside it that describes it."""
    names = peeked_files(path)
    beside = _beside(names)
    images = islice((name for name in names if is_image_name(name)), LOOKED_AT)
    return any(_describes(path / file) for name in images for file in beside(name))


def _beside(names: Iterable[str]) -> Callable[[str], list[str]]:
    """From an image to the files beside it, in the order of `BESIDE_ENDINGS`."""
    known: dict[str, list[tuple[int, str]]] = {}
    for name in names:
        path = PurePosixPath(name)
        ending = path.suffix.lower()
        if ending in BESIDE_ENDINGS:
            stem = str(path.with_suffix(""))
            known.setdefault(stem, []).append((BESIDE_ENDINGS.index(ending), name))

    def of(image: str) -> list[str]:
        stems = (str(PurePosixPath(image).with_suffix("")), image)
        return [name for stem in stems for _, name in sorted(known.get(stem, ()))]

    return of


def _describes(file: Path) -> bool:
    """Whether a file beside an image says something of it; a text always does."""
    if file.suffix.lower() != ".json":
        return True
    said = _fields(file, ReadOptions())
    return bool(said.captions or said.label or said.flaw)


def _fields(file: Path, options: ReadOptions) -> Fields:
    try:
        with file.open("rb") as content:
            return fields_beside(file.suffix.lower(), content, options)
    except OSError as error:
        return Fields(flaw=f"cannot be read ({error.strerror or error})")


FORMAT = Format(
    "sidecar_text",
    "a folder of images with a .txt, .caption or .json each",
    looks_like_sidecar_text,
    read_sidecar_text,
    priority=60,
)
