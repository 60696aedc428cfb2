"""From what a person names to a `Reading`: which format it is, and its reader."""

from __future__ import annotations

from pathlib import Path

from gapviz.core.errors import GapvizError
from gapviz.sources.builtin import BUILTIN_ENCODERS, builtin_collection
from gapviz.sources.builtin.variants import BUILTIN
from gapviz.sources.files.format import formats
from gapviz.sources.files.reading import Reading, ReadOptions
from gapviz.sources.files.texts import shown
from gapviz.storage.saved_collection import ITEMS_FILE


def read(source: str, options: ReadOptions = ReadOptions()) -> Reading:
    """What `builtin` or a variant of it names, or a file or folder of one of `formats()`.

    The reading says what was skipped.

    Raises:
        GapvizError: nothing there, a format that no reader knows, or what its reader says.
    """
    if source in BUILTIN_ENCODERS:
        return Reading((builtin_collection(source),))
    path = Path(source)
    try:
        path.stat()
        known = next((form for form in formats() if form.recognises(path)), None)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        missing = isinstance(error, FileNotFoundError)
        raise GapvizError(
            "there is no such file" if missing else f"cannot be read ({why})",
            where=shown(source),
            hint=f"check the path, or use {BUILTIN!r} for the built-in collection",
        ) from error
    if known is None:
        raise _unknown(path, source)
    return known.read(path, options)


def _unknown(path: Path, source: str) -> GapvizError:
    ending = path.suffix.lower()
    likely = [] if path.is_dir() else [one for one in formats() if ending in one.endings]
    titles = [one.title for one in likely]
    if titles:
        return GapvizError(
            f"is neither {' nor '.join(titles)}" if len(titles) > 1 else f"is not {titles[0]}",
            where=source,
            hint=", or ".join(one.hint for one in likely if one.hint),
        )
    endings = dict.fromkeys(ending for one in formats() for ending in one.endings)
    return GapvizError(
        "the folder holds nothing that a reader knows"
        if path.is_dir()
        else f"no reader knows the ending {path.suffix!r}",
        where=source,
        hint=f"give a file ending in {', '.join(endings)}, one of the folders that `gapviz info "
        f"--help` lists, or what was saved ({ITEMS_FILE})",
    )
