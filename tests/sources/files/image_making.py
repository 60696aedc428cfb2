"""Small real pictures, tables and archives for the readers' tests."""

import csv
import io
import json
import tarfile

import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

from gapviz.sources.images.decoding import decode_image
from gapviz.sources.images.references import image_bytes


def picture(colour="red", size=(8, 6), kind="PNG"):
    buffer = io.BytesIO()
    Image.new("RGB", size, colour).save(buffer, kind)
    return buffer.getvalue()


def opened(reference, root):
    """The decoded picture of an item."""
    return decode_image(image_bytes(reference, root), where=reference)


def put(folder, name, content=None):
    """Write a file below `folder`; a picture of its ending unless told."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    if content is None:
        kind = {".jpg": "JPEG", ".webp": "WEBP"}.get(path.suffix, "PNG")
        content = picture(kind=kind)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def put_csv(path, rows, encoding="utf-8", delimiter=","):
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file, delimiter=delimiter).writerows(rows)
    return path


def put_json_lines(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def put_parquet(path, columns, **how):
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(columns), path, **how)
    return path


def put_tar(path, members):
    with tarfile.open(path, "w") as archive:
        for name, content in members:
            header = tarfile.TarInfo(name)
            header.size = len(content)
            archive.addfile(header, io.BytesIO(content))
    return path


def told(reading):
    """What was skipped, as a mapping."""
    return {skipped.what: skipped.why for skipped in reading.skipped}


def items(reading):
    return {item.id: item for item in reading.collection.items}


def captions(reading):
    return {item.id: item.captions for item in reading.collection.items}
