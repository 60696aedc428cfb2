"""Pictures of items, from wherever `Item.image` says they come.

A reference is read inside the collection's folder alone: absolute paths, paths that climb
out and links that lead out are refused by name.
"""

from gapviz.sources.images.decoding import MAX_FILE_BYTES, MAX_PIXELS, decode_image, over_white
from gapviz.sources.images.headers import (
    IMAGE_SUFFIXES,
    content_flaw,
    file_flaw,
    header_flaw,
    is_image_name,
)
from gapviz.sources.images.references import (
    image_bytes,
    inside,
    open_image,
    path_reference,
    relative_path,
)
from gapviz.sources.images.thumbnails import thumbnail_png

__all__ = [
    "IMAGE_SUFFIXES",
    "MAX_FILE_BYTES",
    "MAX_PIXELS",
    "content_flaw",
    "decode_image",
    "file_flaw",
    "header_flaw",
    "image_bytes",
    "inside",
    "is_image_name",
    "open_image",
    "over_white",
    "path_reference",
    "relative_path",
    "thumbnail_png",
]
