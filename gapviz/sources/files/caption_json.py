"""JSON files that list images and captions, whatever shape they have, as tables.

| shape | known from |
|---|---|
| `[{"image": …, "caption": …}, …]`, with `captions`, `sentences`, `conversations` | BLIP, neuraltalk, LLaVA |
| `{"images": [{"filepath": …, "filename": …, "sentences": [{"raw": …}]}]}` | Karpathy's splits |
| `{"images": [{"id": …}], "annotations": [{"image_id": …, "caption": …}]}` | COCO, nocaps, VizWiz |
| `{"train": [{…}], "val": [{…}]}`, `{"data": [{…}]}` | many |
| `{"1.jpg": "…", "2.jpg": ["…", "…"], "3": {"caption": "…"}}` | Kohya's metadata, many |
| `{"image": ["1.jpg", …], "caption": ["…", …]}` | pandas |
"""  # noqa: E501, rows of a table

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gapviz.core.errors import GapvizError
from gapviz.sources.files.columns import usual_name
from gapviz.sources.files.tables import Flaw, Row, SourceTable
from gapviz.sources.files.texts import json_in, path_in, shown
from gapviz.sources.images.decoding import is_image_name
from gapviz.storage.files import unreadable

MAX_JSON_BYTES = 512 * 1024**2

PEEKED_BYTES = 1 << 18
"""Of a file that is looked at to recognise it."""

Entry = Mapping[str, Any]

_PICTURE = re.compile(
    rb"""\.(?:jpe?g|jpe|jfif|png|webp|gif|bmp|tiff?|avif)"|"image_?(?:id|name|path|file)?s?"\s*:""",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class HeldTable(SourceTable):
    """A table whose rows are in memory."""

    entries: tuple[Entry, ...] = ()

    def rows(
        self, columns: Sequence[str], flaw: Flaw, *, paths_only: bool = False
    ) -> Iterator[Row]:
        """Every entry."""
        for number, entry in enumerate(self.entries):
            yield Row(number, f"entry {number}", entry)

    @property
    def is_delimited(self) -> bool:
        """No: an entry may be empty, but is no line of commas."""
        return False


def open_caption_json(path: Path, name: str) -> HeldTable:
    """Open a JSON file as a table of images and captions.

    Raises:
        GapvizError: the file is missing, too large or no JSON, or lists no images.
    """
    entries = tuple(_entries(json_file(path, name)))
    columns = dict.fromkeys(key for entry in entries for key in entry)
    if not columns:
        raise GapvizError(
            "lists no pictures with their captions",
            where=shown(name),
            hint='write [{"file_name": …, "caption": …}, …]',
        )
    return HeldTable(path, name, tuple(columns), entries=entries)


def speaks_of_pictures(path: Path, stems: Iterable[str] = ()) -> bool:
    """Whether the start of a JSON file names a picture, or one of those without their ending."""
    with path.open("rb") as file:
        start = file.read(PEEKED_BYTES)
    return _PICTURE.search(start) is not None or any(f'{stem}"'.encode() in start for stem in stems)


def json_file(path: Path, name: str) -> Any:
    """The value of a JSON file of limited size; of several lines of JSON, the list of them.

    Raises:
        GapvizError: the file is missing, too large or no JSON.
    """
    hint = "give JSON that lists images and captions"
    try:
        size = path.stat().st_size
        if size > MAX_JSON_BYTES:
            raise GapvizError(
                f"has {size / 1e6:,.0f} MB, which is too much",
                where=shown(name),
                hint=f"split it below {MAX_JSON_BYTES / 1e6:,.0f} MB",
            )
        content = path.read_bytes()
    except OSError as error:
        raise unreadable(shown(name), error) from error
    try:
        return json_in(content)
    except ValueError as error:
        try:
            # JSON lines under the ending of JSON.
            return [json_in(line) for line in content.splitlines() if line.strip()]
        except ValueError:
            pass
        raise GapvizError("is no JSON, or cut short", where=shown(name), hint=hint) from error


def _entries(value: Any) -> Iterator[Entry]:
    """What a file of any of the shapes says, one entry a picture and its captions."""
    match value:
        case {"images": [*images], "annotations": [*annotations]} if _are_captions(annotations):
            return _joined(images, annotations)
        case [*listed]:
            return filter(None, map(_entry, listed))
        case dict() if _is_by_column(value):
            names = list(value)
            rows = zip(*map(_column, value.values()), strict=True)
            return (dict(zip(names, row, strict=True)) for row in rows)
        case dict():
            lists = [part for part in value.values() if _lists_images(part)]
            if lists:
                return filter(None, (_entry(entry) for part in lists for entry in part))
            # Beside names of pictures, other keys are about the file.
            names = list(filter(is_image_name, value)) or list(value)
            return filter(None, (_named(name, value[name]) for name in names))
    return iter(())


def _entry(entry: Any) -> Entry | None:
    """One entry of a list, with its picture under a usual name."""
    match entry:
        case {"filepath": str(folder), "filename": str(name)} if not is_image_name(folder):
            rest = {key: value for key, value in entry.items() if key != "filepath"}
            return rest | {"file_name": posixpath.join(folder, name)}
        case [str(name), caption]:
            return {"file_name": name, "caption": caption}
        case dict() if usual_name(entry, "image") is None:
            one = entry.get("images")
            if isinstance(one, list) and len(one) == 1 and path_in(one[0]):
                return {**entry, "file_name": path_in(one[0])}
            named = entry.get(usual_name(entry, "id") or "")
            known = isinstance(named, str | int) and not isinstance(named, bool)
            return {**entry, "file_name": str(named)} if known else None
        case dict():
            return entry
    return None


def _named(name: str, said: object) -> Entry | None:
    """An entry of `{name of the picture: what is said of it}`."""
    match said:
        case dict():
            own = usual_name(said, "image")
            return said if own and path_in(said[own]) else {**said, "file_name": name}
        case str() | [{"raw": _} | {"caption": _} | str(), *_]:
            return {"file_name": name, "caption": said}
    return None


def _joined(images: Sequence[object], annotations: Sequence[object]) -> Iterator[Entry]:
    """COCO's images with the captions of their annotations."""
    captions: dict[str, list[object]] = {}
    for annotation in annotations:
        if isinstance(annotation, dict):
            captions.setdefault(str(annotation.get("image_id")), []).append(
                annotation.get("caption")
            )
    for image in images:
        if isinstance(image, dict) and "id" in image:
            name = file_name_of(image)
            if name is not None:
                key = str(image["id"])
                yield {"id": key, "file_name": name, "captions": captions.get(key, [])}


def file_name_of(image: Entry) -> str | None:
    """The file of one of COCO's images: its name, else the end of its address, else its id."""
    for key in ("file_name", "coco_url", "flickr_url", "url"):
        if isinstance(named := image.get(key), str) and named:
            return named.rpartition("/")[2] if "://" in named else named
    named = image.get("id")
    return str(named) if isinstance(named, str | int) and not isinstance(named, bool) else None


def _are_captions(annotations: Sequence[object]) -> bool:
    first = next(iter(annotations), None)
    return isinstance(first, dict) and "caption" in first and "image_id" in first


def _lists_images(part: object) -> bool:
    return isinstance(part, list) and bool(part) and isinstance(part[0], dict)


def _is_by_column(value: Entry) -> bool:
    """Whether it holds columns of one length, one of them of images."""
    if usual_name(value, "image") is None:
        return False
    lengths = {len(part) if isinstance(part, list | dict) else -1 for part in value.values()}
    return len(lengths) == 1 and -1 not in lengths


def _column(part: list[object] | dict[str, object]) -> Sequence[object]:
    return part if isinstance(part, list) else list(part.values())
