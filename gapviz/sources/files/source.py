"""From what a person names to a `Reading`: which format it is, and its reader."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from gapviz.core.errors import GapvizError
from gapviz.sources.builtin import BUILTIN_ENCODERS, builtin_collection
from gapviz.sources.files.amumo import is_amumo_folder, read_amumo
from gapviz.sources.files.array_folder import is_array_folder, read_array_folder
from gapviz.sources.files.arrays import read_named, read_stacked
from gapviz.sources.files.clip_retrieval import is_clip_retrieval_folder, read_clip_retrieval
from gapviz.sources.files.gram import is_gram_file, read_gram
from gapviz.sources.files.image_sources import IMAGE_FORMATS
from gapviz.sources.files.parquet_vectors import is_vector_parquet, read_vector_parquet
from gapviz.sources.files.reading import Format, Reading, ReadOptions
from gapviz.sources.files.safetensors_file import read_safetensors
from gapviz.storage.saved_collection import ITEMS_FILE, load_collection

BUILTIN = "builtin"

LONGEST_SHOWN = 200

MUST_HOLD = {
    ".csv": "neither a square matrix of cosines nor a table with a column of image paths",
    ".tsv": "no table with a column of image paths",
    ".jsonl": "no table with a column of image paths",
    ".parquet": "neither columns of vectors nor a table with a column of images",
    ".json": "no captions as COCO stores them",
}
"""What is missing in a file of an ending that is known, where no reader knows its content."""

WRITE_SO = {
    ".csv": "write one row of cosines a line, without headings, or call the paths file_name",
    ".tsv": "call the column of paths file_name",
    ".jsonl": "call the paths file_name",
    ".parquet": "store each vector as a list of float32, or call the images image",
    ".json": "write images and annotations, or give the table as .csv",
}


def read(source: str, options: ReadOptions = ReadOptions()) -> Reading:
    """What `builtin` or a variant of it names, or a file or folder in one of `FORMATS`.

    The reading says what was skipped.

    Raises:
        GapvizError: nothing there, a format that no reader knows, or what its reader says.
    """
    if source in BUILTIN_ENCODERS:
        return Reading((builtin_collection(source),))
    path = Path(source)
    try:
        path.stat()
        known = next((form for form in FORMATS if form.recognises(path)), None)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        missing = isinstance(error, FileNotFoundError)
        raise GapvizError(
            "there is no such file" if missing else f"cannot be read ({why})",
            where=source if len(source) < LONGEST_SHOWN else f"{source[:LONGEST_SHOWN]}…",
            hint=f"check the path, or use {BUILTIN!r} for the built-in collection",
        ) from error
    if known is None:
        raise _nobody_reads(path, source)
    return known.read(path, options)


def _nobody_reads(path: Path, source: str) -> GapvizError:
    ending = path.suffix.lower()
    if ending in MUST_HOLD and not path.is_dir():
        return GapvizError(f"holds {MUST_HOLD[ending]}", where=source, hint=WRITE_SO[ending])
    return GapvizError(
        "the folder holds nothing that a reader knows"
        if path.is_dir()
        else f"no reader knows the ending {path.suffix!r}",
        where=source,
        hint="give vectors (.npy, .npz, .safetensors, .parquet, .csv), images with their "
        f"captions (.csv, .jsonl, .parquet, .txt, .json, .tar), or what was saved ({ITEMS_FILE})",
    )


def _file(ending: str) -> Callable[[Path], bool]:
    return lambda path: path.suffix.lower() == ending and path.is_file()


def _is_saved(path: Path) -> bool:
    return (path / ITEMS_FILE).is_file()


def _read_saved(path: Path, options: ReadOptions) -> Reading:
    return Reading((load_collection(path, root=options.image_folder),))


FORMATS: list[Format] = [
    Format(f"the folder of a saved collection ({ITEMS_FILE})", _is_saved, _read_saved),
    Format("a stacked .npy of shape (modalities, rows, dimensions)", _file(".npy"), read_stacked),
    Format("an .npz of named modalities", _file(".npz"), read_named),
    Format("a .safetensors of named modalities", _file(".safetensors"), read_safetensors),
    Format("a .parquet with columns of vectors", is_vector_parquet, read_vector_parquet),
    Format("a .csv matrix of cosines", is_gram_file, read_gram),
    Format("an Amumo folder (prompts.txt, similarities)", is_amumo_folder, read_amumo),
    Format("a clip-retrieval folder (img_emb)", is_clip_retrieval_folder, read_clip_retrieval),
    Format("a folder of .npy files, one a modality", is_array_folder, read_array_folder),
    *IMAGE_FORMATS,
]
"""Asked in this order; the first that recognises a source reads it."""
