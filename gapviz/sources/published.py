"""Published embeddings that gapviz fetches when online: where they are, and how to read them.

Nothing is fetched unless someone asks. Every file is pinned by commit and SHA-256.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib import resources
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from gapviz.core.errors import GapvizError
from gapviz.core.nearest import choose
from gapviz.core.progress import Progress, no_progress
from gapviz.sources.files.amumo import is_amumo_folder, read_amumo
from gapviz.sources.files.format import Reading, ReadOptions, Skipped
from gapviz.sources.files.numpy_files import read_stacked
from gapviz.storage.configuration import configuration
from gapviz.storage.files import private_folder, restrict, unwritable
from gapviz.storage.read_only import refuse_if_read_only

RAW_URL = "https://raw.githubusercontent.com"

SETS_FILE = "published.json"

CHUNK_BYTES = 64 * 1024
TIMEOUT_SECONDS = 30


@dataclass(frozen=True, slots=True)
class ReferenceFile:
    """One file of a set."""

    path: str
    """Within the set's folder, here and there."""
    n_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class ReferenceSet:
    """A set of files in one folder of one commit of a public repository."""

    name: str
    title: str
    about: str
    repository: str
    """`owner/name` on GitHub."""
    commit: str
    licence: str
    """Of the repository; `about` says where pictures have another."""
    root: str
    """Folder of the repository that `files` lie in."""
    files: tuple[ReferenceFile, ...]

    @property
    def total_bytes(self) -> int:
        return sum(file.n_bytes for file in self.files)

    @property
    def url(self) -> str:
        """The page where a person finds the files."""
        return f"https://github.com/{self.repository}/tree/{self.commit}/{self.root}"

    @property
    def folder(self) -> Path:
        """Where `fetch` keeps the set by default."""
        return configuration().cache / "reference-sets" / self.name


def _read_sets() -> dict[str, ReferenceSet]:
    sets = json.loads(resources.files("gapviz.sources").joinpath(SETS_FILE).read_text("utf-8"))
    return {
        name: ReferenceSet(
            **{**entry, "files": tuple(ReferenceFile(*file) for file in entry["files"])}, name=name
        )
        for name, entry in sets.items()
    }


REFERENCE_SETS = _read_sets()
"""By name."""


def reference_set(name: str) -> ReferenceSet:
    """The set of that name.

    Raises:
        GapvizError: no set of that name.
    """
    try:
        return REFERENCE_SETS[name]
    except KeyError:
        raise GapvizError(
            f"there is no reference set {name[:80]!r}",
            hint=choose(name, REFERENCE_SETS),
        ) from None


def fetch(name: str, folder: Path | None = None, *, progress: Progress = no_progress) -> Path:
    """Download what is missing or damaged of a set, and check every file.

    A file appears under its name only when it is whole, so that a fetch that was cancelled
    or cut off goes on where it stopped.

    Args:
        name: one of `REFERENCE_SETS`.
        folder: where to; None takes the set's own folder in the cache.
        progress: called with the share of bytes done; what it raises cancels the fetch.

    Returns:
        The folder that now holds the whole set.

    Raises:
        GapvizError: offline, a broken connection, a file that is not the pinned one, or a
            folder that cannot be written; or a gapviz that only shows.
    """
    import pooch

    refuse_if_read_only("no published set is fetched")
    wanted = reference_set(name)
    target = folder or wanted.folder
    if folder is None:
        try:
            private_folder(target)
        except OSError as error:
            raise unwritable(target, error, hint="name another folder in GAPVIZ_CACHE") from error
    pooch.get_logger().setLevel("WARNING")
    store = pooch.create(
        path=target,
        base_url=f"{RAW_URL}/{wanted.repository}/{wanted.commit}/{wanted.root}/",
        registry={file.path: f"sha256:{file.sha256}" for file in wanted.files},
    )
    done = 0
    for file in wanted.files:
        downloader = _Downloader(file, done, wanted.total_bytes, progress)
        downloader.report(0)
        _fetch_file(store, file, downloader, target)
        done += file.n_bytes
    if folder is None:
        restrict(target)
    progress(1.0, f"{wanted.title} is complete")
    return target


def read_reference_set(name: str, folder: Path) -> tuple[Reading, ...]:
    """The readings of a set that `fetch` has put into `folder`.

    A set of several data sets gives a reading for each; in a reading, each encoder has its
    collection. Data sets without any file in the folder are left out.

    Raises:
        GapvizError: no set of that name, nothing of it in the folder, or a damaged file.
    """
    wanted = reference_set(name)
    if is_amumo_folder(folder):
        readings = [read_amumo(folder)]
    else:
        stacks = (_read_stack(folder, *stack) for stack in _STACKS.get(name, ()))
        readings = [reading for reading in stacks if reading.collections]
    if not readings:
        raise GapvizError(
            "holds nothing of this set",
            where=f"{wanted.title}, {folder}",
            hint="fetch it first",
        )
    credit = f"{wanted.title}, {wanted.url}, licence {wanted.licence}"
    return tuple(
        replace(
            reading,
            collections=tuple(replace(one, attribution=credit) for one in reading.collections),
        )
        for reading in readings
    )


def _read_stack(folder: Path, stem: str, encoder: str, modalities: tuple[str, ...]) -> Reading:
    """One data set as two states of one encoder saw it, each a stacked `.npy`."""
    states = {f"{stem}.npy": encoder, f"{stem}_random.npy": f"{encoder}, untrained"}
    here = {file: state for file, state in states.items() if (folder / file).is_file()}
    options = ReadOptions(modalities=modalities)
    collections = (
        replace(read_stacked(folder / file, options).collection, name=encoder, encoder=state)
        for file, state in here.items()
    )
    missing = (Skipped(file, "is missing") for file in states if file not in here)
    return Reading(tuple(collections), tuple(missing))


_STACKS: Mapping[str, tuple[tuple[str, str, tuple[str, ...]], ...]] = {
    "liang2022": (
        ("features_clip", "CLIP ViT-B/32", ("image", "text")),
        ("features_convirt", "ConVIRT", ("image", "text")),
        ("features_videoclip", "VideoCLIP", ("video", "text")),
        ("features_clasp", "CLASP", ("protein", "text")),
    )
}
"""By set: stem of the files, encoder and modalities of each of its data sets."""


@dataclass(frozen=True, slots=True)
class _Downloader:
    """Downloads one file for pooch, counts its bytes, and refuses more than were pinned."""

    file: ReferenceFile
    before: int
    """Bytes of the files before it."""
    all_bytes: int
    progress: Progress

    def __call__(self, url: str, output_file: str, pooch: object) -> None:
        import requests

        received = 0
        with requests.get(url, stream=True, timeout=TIMEOUT_SECONDS) as response:
            response.raise_for_status()
            with Path(output_file).open("wb") as output:
                for chunk in response.iter_content(CHUNK_BYTES):
                    received += len(chunk)
                    if received > self.file.n_bytes:
                        raise ValueError("longer than the pinned file")
                    output.write(chunk)
                    self.report(received)

    def report(self, n_bytes: int) -> None:
        """Report `n_bytes` of this file, and all of those before it, as done."""
        done = self.before + n_bytes
        phrase = f"{done / 1e6:.1f} of {self.all_bytes / 1e6:.1f} MB, {self.file.path}"
        self.progress(done / self.all_bytes, phrase)


def _fetch_file(store: Any, file: ReferenceFile, downloader: _Downloader, target: Path) -> None:
    from requests import exceptions

    host = urlsplit(store.base_url).hostname or store.base_url
    again = "fetch the set again: what is whole is kept"
    try:
        store.fetch(file.path, downloader=downloader)
    except GapvizError:
        raise  # from the progress callback
    except exceptions.RequestException as error:
        if isinstance(error, exceptions.HTTPError):
            what = f"{host} answers {error.response.status_code} instead of the file"
            hint = "try again later"
        elif isinstance(error, exceptions.ChunkedEncodingError):
            what, hint = f"the connection to {host} broke off", again
        else:
            what = f"cannot be downloaded, since {host} does not answer"
            hint = f"go online and fetch the set again, or put its files into {target}"
        raise GapvizError(what, where=file.path, hint=hint) from error
    except OSError as error:
        raise unwritable(target / file.path, error) from error
    except ValueError as error:
        raise GapvizError(
            f"what {host} sent is not the pinned file", where=file.path, hint=again
        ) from error
