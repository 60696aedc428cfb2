"""Readers of images with texts, from the most telling signs of a format to the least."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from gapviz.readers.class_folders import looks_like_class_folders, read_class_folders
from gapviz.readers.coco import looks_like_coco, read_coco
from gapviz.readers.image_table import looks_like_image_table, read_image_table
from gapviz.readers.imagefolder import looks_like_imagefolder, read_imagefolder
from gapviz.readers.plain_folder import looks_like_plain_folder, read_plain_folder
from gapviz.readers.reading import Reading, ReadOptions
from gapviz.readers.sidecar_text import looks_like_sidecar_text, read_sidecar_text
from gapviz.readers.webdataset import looks_like_webdataset, read_webdataset


@dataclass(frozen=True, slots=True)
class ImageReader:
    """One format: what it is called, what it is known by, and what reads it."""

    name: str
    """For a person: `class folders`."""
    looks_like: Callable[[Path], bool]
    """Cheap, and never raises for a path that exists."""
    read: Callable[[Path, ReadOptions], Reading]


IMAGE_READERS = (
    ImageReader("webdataset", looks_like_webdataset, read_webdataset),
    ImageReader("COCO captions", looks_like_coco, read_coco),
    ImageReader("imagefolder", looks_like_imagefolder, read_imagefolder),
    ImageReader("table of images", looks_like_image_table, read_image_table),
    ImageReader("texts beside images", looks_like_sidecar_text, read_sidecar_text),
    ImageReader("class folders", looks_like_class_folders, read_class_folders),
    ImageReader("folder of images", looks_like_plain_folder, read_plain_folder),
)
"""In the order in which a source is tried: the first that looks like it reads it."""
