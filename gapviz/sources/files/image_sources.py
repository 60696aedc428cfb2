"""Readers of images with texts, from the most telling signs of a format to the least."""

from __future__ import annotations

from gapviz.sources.files.class_folders import looks_like_class_folders, read_class_folders
from gapviz.sources.files.coco import looks_like_coco, read_coco
from gapviz.sources.files.image_table import looks_like_image_table, read_image_table
from gapviz.sources.files.imagefolder import looks_like_imagefolder, read_imagefolder
from gapviz.sources.files.plain_folder import looks_like_plain_folder, read_plain_folder
from gapviz.sources.files.reading import Format
from gapviz.sources.files.sidecar_text import looks_like_sidecar_text, read_sidecar_text
from gapviz.sources.files.webdataset import looks_like_webdataset, read_webdataset

IMAGE_FORMATS = (
    Format("webdataset shards (.tar)", looks_like_webdataset, read_webdataset),
    Format("a COCO captions .json", looks_like_coco, read_coco),
    Format("a folder of images with metadata", looks_like_imagefolder, read_imagefolder),
    Format("a table with a column of image paths", looks_like_image_table, read_image_table),
    Format("a folder of images with a .txt each", looks_like_sidecar_text, read_sidecar_text),
    Format("folders of images, one a class", looks_like_class_folders, read_class_folders),
    Format("a folder of images", looks_like_plain_folder, read_plain_folder),
)
"""In the order in which a source is tried: the first that looks like it reads it."""
