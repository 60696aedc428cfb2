"""What this installation of gapviz can do, what it lacks, and what of it is broken."""

from __future__ import annotations

import json
import os
import platform
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open

import gapviz
from gapviz.analyses.loading import libraries_that_fail
from gapviz.core.errors import GapvizError
from gapviz.core.libraries import EXTRAS, LIBRARIES, install_command
from gapviz.core.machine import Machine, this_machine
from gapviz.core.plain_json import plain_json
from gapviz.core.requirements import OURS, version_conflicts
from gapviz.encoders.catalogue import available_models
from gapviz.encoders.device import Device, encoding_device, mixed_builds
from gapviz.encoders.heads import INPUTS_FILE, ImageInputs, load_joined
from gapviz.sources.builtin import BUILTIN_ENCODERS, SHIPPED_COLLECTIONS, dedicated_vectors
from gapviz.sources.builtin.photographs import recall_on_photographs
from gapviz.sources.builtin.shipped import shipped_folder, shipped_tensors
from gapviz.sources.builtin.variants import BUILTIN, HEADS_FILE, variant_folder, variant_of
from gapviz.sources.library.stored import Workspace
from gapviz.sources.stores.read_only import is_secret
from gapviz.sources.stores.registry import stores
from gapviz.storage.configuration import configuration
from gapviz.storage.files import bytes_in

OWN_VARIABLES = "GAPVIZ_"
"""How the names of gapviz's own variables of the environment begin."""
OTHER_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMBA_NUM_THREADS",
    "CUDA_VISIBLE_DEVICES",
    "HF_HOME",
    "HF_HUB_OFFLINE",
    "TRANSFORMERS_OFFLINE",
    "SOURCE_DATE_EPOCH",
)
"""Variables of libraries that change how fast gapviz is, or what it finds."""
HIDDEN = "set"
"""What is said of a variable that holds a secret."""


@dataclass(frozen=True, slots=True)
class ExtraState:
    """An extra of gapviz, and what of it is there."""

    name: str
    """Empty for the core."""
    use: str
    """What it is for."""
    libraries: Mapping[str, str | None]
    """By the name that people install, its version; None where it is not installed."""

    @property
    def missing(self) -> tuple[str, ...]:
        """Its libraries that are not installed."""
        return tuple(name for name, found in self.libraries.items() if found is None)

    @property
    def command(self) -> str:
        """What brings them."""
        return install_command(self.name)


@dataclass(frozen=True, slots=True)
class FolderState:
    """A folder that gapviz keeps things in."""

    path: str
    n_bytes: int
    """What lies in it."""
    writable: bool
    """Also where it is not there yet, and can be made."""
    free_bytes: int | None
    """Of its disk; None where the system does not say."""


@dataclass(frozen=True, slots=True)
class Installation:
    """Versions, machine, folders, settings, and what is missing or broken."""

    gapviz: str
    place: str
    """The folder that it runs from."""
    python: str
    system: str
    extras: tuple[ExtraState, ...]
    """The core first."""
    machine: Machine
    device: Device
    cache: FolderState
    home: FolderState
    n_collections: int
    """Stored in `home`."""
    settings: Mapping[str, str]
    """Variables of the environment that gapviz reads and that are set; of secrets only that."""
    n_shipped: int
    """Parts that come with gapviz and were looked through."""
    broken: tuple[str, ...]
    """What is installed and cannot be used, one sentence each."""
    notes: tuple[str, ...]
    """What is worth knowing and breaks nothing, one sentence each."""

    def to_json(self) -> dict[str, Any]:
        """Its fields by name, and of every extra what is missing and what brings it."""
        plain: dict[str, Any] = plain_json(self)
        for told, extra in zip(plain["extras"], self.extras, strict=True):
            told |= {"missing": list(extra.missing), "command": extra.command}
        return plain


def examine_installation(*, load: bool = False) -> Installation:
    """Look at libraries, machine, folders, settings and shipped files. Nothing is changed.

    Args:
        load: import every library that is installed too, in a process of its own, which takes up
            to a minute.
    """
    home = configuration().home
    collections, damaged = Workspace().collections(), Workspace().damaged()
    extras = tuple(
        ExtraState(
            name,
            use,
            {one.name: one.version for one in LIBRARIES.values() if one.extra == name},
        )
        for name, use in EXTRAS.items()
    )
    broken = [
        *(f"{name} of the core is not installed" for name in extras[0].missing),
        *(one.sentence for one in version_conflicts()),
        *(_without_stop(error.sentence) for error in damaged),
    ]
    found = dict(_faults_of_shipped())
    broken += filter(None, found.values())
    folders = {"cache": _folder(configuration().cache), "home": _folder(home)}
    broken += [
        f"the {name} folder {one.path} cannot be written; name another one in "
        f"{OWN_VARIABLES}{name.upper()}"
        for name, one in folders.items()
        if not one.writable
    ]
    if load:
        broken += libraries_that_fail()
    return Installation(
        gapviz=gapviz.__version__,
        place=str(Path(gapviz.__file__).resolve().parent),
        python=platform.python_version(),
        system=platform.platform(),
        extras=extras,
        machine=this_machine(),
        device=encoding_device(),
        **folders,
        n_collections=len(collections),
        settings=_settings(),
        n_shipped=len(found),
        broken=tuple(dict.fromkeys(broken)),
        notes=tuple(filter(None, [mixed_builds(), _not_this_one()])),
    )


def _without_stop(sentence: str) -> str:
    return sentence.removesuffix(".")


def _not_this_one() -> str | None:
    """That the metadata is not that of the gapviz that runs, so that its ranges say nothing."""
    try:
        installed = version(OURS)
    except PackageNotFoundError:
        return "gapviz runs from a folder and is not installed: its own ranges were not checked"
    if installed == gapviz.__version__:
        return None
    return f"gapviz {gapviz.__version__} runs here, but {installed} is installed"


def _folder(path: Path) -> FolderState:
    above = next((one for one in (path, *path.parents) if one.exists()), None)
    free = None
    if above is not None:
        try:
            free = shutil.disk_usage(above).free
        except OSError:
            free = None
    return FolderState(str(path), bytes_in(path), _writable(above), free)


def _writable(folder: Path | None) -> bool:
    """Whether a file can be made there; rights alone do not tell of a disk that is read-only."""
    if folder is None or not folder.is_dir():
        return False
    try:
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


def _settings() -> dict[str, str]:
    credentials = {name for store in stores() for name in store.credentials}
    own = sorted(name for name in os.environ if name.startswith(OWN_VARIABLES))
    names = dict.fromkeys([*own, *OTHER_VARIABLES, *sorted(credentials)])
    return {
        name: HIDDEN if name in credentials or is_secret(name) else os.environ[name]
        for name in names
        if os.environ.get(name)
    }


def _faults_of_shipped() -> Iterator[tuple[str, str | None]]:
    """Every part that comes with gapviz, and what is wrong with it; None where it is whole.

    Collections and layouts carry checksums of their arrays, which their readers compare.
    """
    for name, read in _shipped_parts():
        try:
            read()
        except (GapvizError, OSError, ValueError, SafetensorError) as error:
            said = error.sentence if isinstance(error, GapvizError) else str(error)
            yield name, _without_stop(said)
        else:
            yield name, None


def _shipped_parts() -> Iterator[tuple[str, Callable[[], object]]]:
    """What comes with gapviz, by name, with what reads it."""
    for source, shipped in SHIPPED_COLLECTIONS.items():
        for encoder in shipped.encoders:
            yield f"collection {source}, {encoder}", partial(shipped.load, encoder)
    for encoder in BUILTIN_ENCODERS:
        heads = partial(_heads, encoder)
        yield f"heads of {encoder}", heads
        yield f"photographs, {encoder}", partial(recall_on_photographs, encoder)
    for modality in SHIPPED_COLLECTIONS[BUILTIN].modalities:
        yield f"dedicated vectors, {modality}", partial(dedicated_vectors, modality)
    yield "image inputs", lambda: ImageInputs.load(variant_folder("") / INPUTS_FILE)
    yield "list of models", available_models
    yield "layouts and recommendations", _rest_of_builtin


def _heads(encoder: str) -> object:
    return load_joined(variant_folder(variant_of(encoder)) / HEADS_FILE)


def _rest_of_builtin() -> None:
    """Read every file beside the built-in collection whole.

    Raises:
        GapvizError: one is damaged.
    """
    for path in sorted(shipped_folder(BUILTIN).iterdir()):
        if path.suffix == ".json":
            json.loads(path.read_text("utf-8"))
        elif path.suffix == ".safetensors":
            with safe_open(path, framework="numpy") as tensors:
                names = list(tensors.keys())
            shipped_tensors(path, names, what=f"{path.name} is")
