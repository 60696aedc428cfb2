"""COCO captions: one JSON file with images and annotations, and the folder of its images."""

from __future__ import annotations

import mmap
import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

from gapviz.core.errors import GapvizError
from gapviz.sources.files.builder import CollectionBuilder
from gapviz.sources.files.caption_json import file_name_of, json_file
from gapviz.sources.files.columns import Fields
from gapviz.sources.files.folders import files_in, folder_files, source_name
from gapviz.sources.files.format import Format, Reading, ReadOptions
from gapviz.sources.files.named_paths import PathFinder, picture_named
from gapviz.sources.files.texts import captions_in, shown
from gapviz.sources.images.references import named_flaw, path_reference

TRIED_IMAGES = 20
"""Images looked for in each likely folder, to choose among them."""

USUAL_FOLDERS = ("images", "val2017", "train2017", "val2014", "train2014", "test2017", "")

_SPLIT_IN_NAME = re.compile(r"captions_(\w+)")


def read_coco(path: Path, options: ReadOptions = ReadOptions()) -> Reading:
    """The images of a COCO captions file, with all captions of each.

    Args:
        path: the JSON file, or a folder with one captions file in it or in `annotations/`.
        options: `image_folder`, where the images lie elsewhere than in `val2017/`,
            `images/` and the like beside the file or beside its folder.

    Raises:
        GapvizError: no such file, another kind of JSON, or no image that can be read.
    """
    file = _captions_file(path) if path.is_dir() else path
    content = _parsed(file)
    images = list(_entries(content, "images", file))
    annotations = _entries(content, "annotations", file)
    root = options.image_folder or _image_folder(file, images, options.within)
    builder = CollectionBuilder()
    if path.is_dir() and root.resolve().is_relative_to(path.resolve()):
        folder_files(path, builder)
        builder.base = root.resolve().relative_to(path.resolve()).as_posix()
        builder.read.add(file.relative_to(path).as_posix())
        builder.captions_from = file.name
    listed = {}
    for number, image in enumerate(images):
        place = f"{file.name}, image {number}"
        item_id = _id_in(image.get("id"))
        name = file_name_of(image)
        if name is None or item_id is None:
            builder.skip(place, "has no id")
        elif item_id in listed:
            builder.skip(place, f"has the id {item_id} of an image before it")
        else:
            listed[item_id] = name
    captions = _captions(annotations, listed, file, builder)
    finder = PathFinder.below(root)
    for item_id, named in listed.items():
        name, flaw = picture_named(named, root, finder)
        if flaw is None:
            fields = Fields(captions=tuple(captions.get(item_id, ())))
            builder.add(item_id, path_reference(name), fields)
        elif name not in options.left_out:
            builder.skip(name, "is an id without a file name" if name == item_id else flaw)
    for note in finder.notes():
        builder.skip(file.name, note)
    return builder.reading(source_name(file), root, options)


def looks_like_coco(path: Path) -> bool:
    """Whether it is a JSON file of images and annotations, or a folder around one."""
    if path.is_dir():
        return any(_speaks_of_captions(file) for file in _captions_files(path))
    return path.suffix.lower() == ".json" and path.is_file() and _speaks_of_captions(path)


def _speaks_of_captions(path: Path) -> bool:
    keys = (b'"images"', b'"annotations"', b'"caption"')
    try:
        with (
            path.open("rb") as file,
            mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content,
        ):
            return all(content.find(key) >= 0 for key in keys)
    except (OSError, ValueError):
        return False


def _captions_files(folder: Path) -> list[Path]:
    places = (folder, folder / "annotations")
    return sorted(file for place in places for file in files_in(place, "captions_*.json"))


def _captions_file(folder: Path) -> Path:
    files = _captions_files(folder)
    if len(files) == 1:
        return files[0]
    listed = ", ".join(shown(file.name) for file in files[:5])
    raise GapvizError(
        f"holds several captions files ({listed})" if files else "holds no captions_*.json",
        where=shown(str(folder)),
        hint="name the JSON file itself",
    )


def _parsed(file: Path) -> Mapping[str, Any]:
    content = json_file(file, file.name)
    if not isinstance(content, dict):
        raise GapvizError(
            "is no JSON object",
            where=shown(file.name),
            hint="give a COCO captions file, with lists of images and annotations",
        )
    return content


def _entries(content: Mapping[str, Any], key: str, file: Path) -> Iterator[dict[str, Any]]:
    entries = content.get(key)
    if not isinstance(entries, list):
        raise GapvizError(
            f"has no list of {key}", where=shown(file.name), hint="give a COCO captions file"
        )
    return (entry if isinstance(entry, dict) else {} for entry in entries)


def _captions(
    annotations: Iterable[dict[str, Any]],
    listed: Mapping[str, str],
    file: Path,
    builder: CollectionBuilder,
) -> dict[str, list[str]]:
    """Captions of each image id; strays are counted rather than listed one by one."""
    captions: dict[str, list[str]] = {}
    strays = 0
    for number, annotation in enumerate(annotations):
        item_id = _id_in(annotation.get("image_id"))
        found, flaw, _ = captions_in(annotation.get("caption"))
        if item_id is None or item_id not in listed:
            strays += 1
        elif found:
            captions.setdefault(item_id, []).extend(found)
        else:
            why = flaw or "has no caption"
            builder.skip(f"{file.name}, annotation {number}", why)
    if strays:
        why = f"{strays:,} annotations belong to no image that the file lists"
        builder.skip(file.name, why)
    return captions


def _id_in(value: object) -> str | None:
    return str(value) if isinstance(value, int | str) and not isinstance(value, bool) else None


def _image_folder(file: Path, images: list[dict[str, Any]], within: Path | None) -> Path:
    """The likely folder that holds most of the first images."""
    split = _SPLIT_IN_NAME.match(file.stem)
    splits = (split.group(1), f"images/{split.group(1)}") if split else ()
    candidates = [
        base / place
        for base in (file.parent, file.parent.parent)
        if within is None or base.resolve().is_relative_to(within.resolve())
        for place in (*splits, *USUAL_FOLDERS)
    ]
    names = [name for image in islice(images, TRIED_IMAGES) if (name := file_name_of(image))]

    def found(folder: Path) -> int:
        return sum(named_flaw(folder, name) is None for name in names)

    def like(folder: Path) -> int:
        finder = PathFinder.below(folder)
        return sum(finder.find(name)[0] is not None for name in names)

    beside = [folder for folder in candidates if folder != file.parent.parent]
    for count, folders in ((found, candidates), (like, beside)):
        best: Path = max(folders, key=count)
        if count(best):
            return best
    raise GapvizError(
        "none of its first images lies in a usual folder beside it",
        where=shown(file.name),
        hint="say where the images lie (the image folder)",
    )


FORMAT = Format(
    "coco",
    "a COCO captions .json",
    looks_like_coco,
    read_coco,
    priority=42,
    endings=(".json",),
    hint="write images and annotations, or give the table as .csv",
    alone=False,
    has_columns=False,
)
