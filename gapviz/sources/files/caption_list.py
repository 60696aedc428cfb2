"""A folder of images with a list of their captions under any name, as data sets are published.

Flickr8k's `captions.txt`, Flickr30k's `results.token`, Karpathy's `dataset_coco.json`, BLIP's and
LLaVA's lists, Kohya's metadata, `train.csv`: see `caption_tables`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path, PurePosixPath

from gapviz.sources.files.caption_tables import (
    CAPTION_ENDINGS,
    JSON_ENDING,
    LINE_ENDINGS,
    may_list_images,
)
from gapviz.sources.files.described_images import DescribedImages
from gapviz.sources.files.folders import peeked_files
from gapviz.sources.files.format import Format, Reading, ReadOptions
from gapviz.sources.files.tables import TABLE_ENDINGS
from gapviz.sources.images.decoding import is_image_name

FIRST_IMAGES = 20
"""Images that are looked for in a file to recognise it."""

KINDS = (TABLE_ENDINGS, (JSON_ENDING,), LINE_ENDINGS)
"""Files of one kind are read together; several kinds would tell the same captions twice."""

# Flickr8k's captions once more, each word in its basic form.
_ONCE_MORE = ".lemma."


def read_caption_list(path: Path, options: ReadOptions = ReadOptions()) -> Reading:
    """Every image below `path`, with the captions of the lists that lie there.

    Paths of a list count from its folder, else they are the end of one image's path. An image
    that no list names has no captions.

    Raises:
        GapvizError: no folder, or no image in it that can be read.
    """
    described = DescribedImages(path, options)
    lists = list(_lists(path, described.names))
    for endings in KINDS:
        kind = [name for name in lists if name.lower().endswith(endings)]
        fitting = [name for name in kind if described.add_if_it_fits(name)]
        if fitting:
            break
    return described.reading()


def looks_like_caption_list(path: Path) -> bool:
    """Whether a folder of images holds a file that looks like a list of them."""
    names = peeked_files(path)
    return any(is_image_name(name) for name in names) and any(_lists(path, names))


def _lists(folder: Path, names: Sequence[str]) -> Iterator[str]:
    """Those files of a folder that look like lists of its images."""
    images = islice((name for name in names if is_image_name(name)), FIRST_IMAGES)
    stems = [PurePosixPath(name).stem for name in images]
    for name in names:
        lower = name.lower()
        may_be = lower.endswith(CAPTION_ENDINGS) and _ONCE_MORE not in lower
        if may_be and may_list_images(folder / name, stems):
            yield name


FORMAT = Format(
    "caption_list",
    "a folder of images with a list of their captions (captions.txt, .token, .json, .csv)",
    looks_like_caption_list,
    read_caption_list,
    priority=64,
)
