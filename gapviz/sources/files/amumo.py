"""The folder layout of Amumo (Humer et al. 2024): one set of items as several models saw it.

`similarities/MODEL.csv` holds the cosines of [images; texts] or [images; texts; audios], and that
is enough; `prompts.txt` a caption a line, `images/N.jpg` the picture of line N, and `audios/N.wav`
its sound.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from gapviz.core.collection import Collection
from gapviz.core.errors import GapvizError
from gapviz.core.halves import split_alike
from gapviz.core.modality_names import modality_name
from gapviz.sources.files.columns import Fields
from gapviz.sources.files.format import Format, Reading, ReadOptions, Skipped
from gapviz.sources.files.gram import gram_blocks
from gapviz.sources.files.item_metadata import ItemMetadata, caption_lines
from gapviz.sources.files.named_arrays import USUAL_MODALITIES
from gapviz.sources.files.pairing import reading_of
from gapviz.sources.images.decoding import is_image_name

PROMPTS = "prompts.txt"
SIMILARITIES = "similarities"
IMAGES = "images"
AUDIOS = "audios"


def is_amumo_folder(path: Path) -> bool:
    """Whether the folder holds `similarities/MODEL.csv`."""
    return path.is_dir() and bool(_matrices(path))


def read_amumo(path: Path, options: ReadOptions = ReadOptions()) -> Reading:
    """One collection a model, all with the same items, the model's name as encoder.

    A model whose matrix cannot be read is skipped; `options.encoder` takes one model alone.

    Raises:
        GapvizError: no matrix that can be read, or counts that do not fit.
    """
    sound = ("audio",) if any((path / AUDIOS).glob("*")) else ()
    named = tuple(map(modality_name, options.modalities))
    modalities = named or (*USUAL_MODALITIES, *sound)
    collections: list[Collection] = []
    skipped: list[Skipped] = []
    missing: list[Skipped] = []
    files = _matrices(path)
    for file in files:
        if options.encoder not in (None, file.stem):
            continue
        where = f"{SIMILARITIES}/{file.name}"
        try:
            blocks = gram_blocks(file, modalities)
            metadata, missing = _metadata(path, len(blocks[modalities[0]].vectors))
            reading = reading_of(
                path.name, blocks, metadata, encoder=file.stem, root=path, rotated=True
            )
            collections.append(reading.collection)
        except GapvizError as error:
            if len(files) == 1:
                raise
            skipped.append(Skipped(where, error.sentence.removesuffix(".")))
    if not collections:
        known = ", ".join(file.stem for file in files)
        raise GapvizError(
            f"holds no matrix of cosines that can be read (of {known or 'none'})",
            where=path.name,
            hint=skipped[-1].why if skipped else f"put MODEL.csv into {SIMILARITIES}",
        )
    alike = len({one.items for one in collections}) == 1
    missing = [one for one in missing if one.what not in options.left_out]
    return Reading(split_alike(collections) if alike else tuple(collections), (*missing, *skipped))


def _matrices(path: Path) -> list[Path]:
    """The files of cosines, whatever the case of their ending."""
    return sorted(one for one in (path / SIMILARITIES).glob("*") if one.suffix.lower() == ".csv")


def _metadata(path: Path, n_items: int) -> tuple[ItemMetadata, list[Skipped]]:
    """Captions and pictures by number, and what is missing of them."""
    missing = []
    if (path / PROMPTS).exists():
        captions = caption_lines(path / PROMPTS)
    else:
        captions = ItemMetadata([Fields()] * n_items, where=path.name)
        missing.append(Skipped(PROMPTS, "is missing, so that no item has a caption"))
    pictures = {
        file.stem: f"{IMAGES}/{file.name}"
        for file in sorted((path / IMAGES).glob("*"))
        if is_image_name(file.name)
    }
    entries = [
        replace(entry, image=pictures.get(str(number)))
        for number, entry in enumerate(captions.entries)
    ]
    if pictures:
        missing += [
            Skipped(f"{IMAGES}/{number}.jpg", "is missing")
            for number, entry in enumerate(entries)
            if entry.image is None
        ]
    else:
        missing.append(Skipped(IMAGES, "holds no pictures, so that no item has one"))
    return replace(captions, entries=entries), missing


FORMAT = Format(
    "amumo",
    "an Amumo folder (similarities/MODEL.csv)",
    is_amumo_folder,
    read_amumo,
    priority=24,
    has_columns=False,
)
