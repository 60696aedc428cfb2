"""A folder with a `.txt` (and perhaps a `.json`) beside each image, as img2dataset leaves it."""

from __future__ import annotations

import itertools
from pathlib import Path, PurePosixPath

from gapviz.sources.files.columns import fields_in
from gapviz.sources.files.folders import (
    folder_files,
    peeked_images,
    small_file,
    source_name,
    whole_images,
)
from gapviz.sources.files.gathering import DEFAULT_OPTIONS, Gathering
from gapviz.sources.files.reading import Reading, ReadOptions
from gapviz.sources.files.words import captions_in_lines, decoded, json_in
from gapviz.sources.images import path_reference

LOOKED_AT = 50
"""Images whose neighbours are looked for to recognise the format."""


def read_sidecar_text(path: Path, options: ReadOptions = DEFAULT_OPTIONS) -> Reading:
    """Every image below `path`, with the lines of the `.txt` beside it as its captions.

    A `.json` beside it adds its caption and its label.

    Raises:
        GapvizError: no folder, or no image in it that can be read.
    """
    gathering = Gathering()
    names = folder_files(path, gathering)
    present = set(names)
    for name in whole_images(path, names, gathering):
        stem = str(PurePosixPath(name).with_suffix(""))
        captions: tuple[str, ...] = ()
        label = None
        if f"{stem}.txt" in present:
            captions = _lines(path, f"{stem}.txt", gathering)
        if f"{stem}.json" in present:
            told, label = _described(path, f"{stem}.json", options, gathering)
            captions += told
        gathering.add(name, image=path_reference(name), captions=captions, label=label)
    return gathering.reading(source_name(path), path, options)


def looks_like_sidecar_text(path: Path) -> bool:
    """Whether one of the first images has a `.txt` beside it."""
    return any(
        (path / name).with_suffix(".txt").is_file()
        for name in itertools.islice(peeked_images(path), LOOKED_AT)
    )


def _lines(root: Path, name: str, gathering: Gathering) -> tuple[str, ...]:
    try:
        text, encoding = decoded(small_file(root / name))
    except ValueError as error:
        gathering.skip(name, str(error))
        return ()
    if encoding.assumed:
        gathering.skip(name, encoding.assumed)
    return captions_in_lines(text)


def _described(
    root: Path, name: str, options: ReadOptions, gathering: Gathering
) -> tuple[tuple[str, ...], str | None]:
    """Captions and label of a `.json`; what is wrong with it is listed."""
    try:
        content = small_file(root / name)
    except ValueError as error:
        gathering.skip(name, str(error))
        return (), None
    try:
        words, label = fields_in(json_in(content), options)
    except ValueError:
        gathering.skip(name, "is not a JSON object")
        return (), None
    if words.flaw:
        gathering.skip(name, words.flaw)
    return words.captions, label
