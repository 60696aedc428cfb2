"""Where encoders would compute, told without importing torch where that can be avoided."""

from __future__ import annotations

import platform
import re
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from gapviz.core.errors import GapvizError
from gapviz.core.libraries import needed
from gapviz.encoders.base import choose_device

_DRIVERS = (Path("/proc/driver/nvidia/version"), Path("/dev/nvidiactl"), Path("/dev/kfd"))
"""One of them is there where Linux drives a graphics processor that torch can use."""


@dataclass(frozen=True, slots=True)
class Device:
    """Where encoders compute."""

    name: str | None
    """As `--device` takes it: `cpu`, `cuda` or `mps`; None without torch."""
    why: str
    """What it is, or why it is no other, in a clause."""


def encoding_device() -> Device:
    """The device that an encoder takes unless another is named.

    torch is imported only where it is built for a graphics processor and one may be there.
    """
    build = torch_build("torch")
    if build is None:
        return Device(None, "torch is not installed")
    alone = _no_other_than_cpu(build)
    if alone is not None:
        return Device("cpu", alone)
    try:
        torch, chosen = needed("torch"), choose_device()
    except GapvizError as error:
        return Device(None, error.what)
    if chosen == "cuda":
        return Device(chosen, str(torch.cuda.get_device_name(0)))
    return Device(chosen, f"torch {build} finds {'Metal' if chosen == 'mps' else 'no other'}")


def _no_other_than_cpu(build: str) -> str | None:
    """Why torch could find nothing but the processor, in a clause; None where it has to look."""
    if build.endswith("+cpu"):
        return f"torch {build} is built for processors alone"
    if sys.platform == "darwin" and platform.machine() != "arm64":
        return "this Mac has no Apple silicon"
    if sys.platform == "linux" and not any(path.exists() for path in _DRIVERS):
        return "no driver of a graphics processor is loaded"
    return None


def mixed_builds() -> str | None:
    """That torch and torchvision are built for different processors, in a sentence, if so.

    Their versions fit together even so, and pip installs such a pair where it takes torch from
    another index; see `gapviz.encoders.torchvision_operators`.
    """
    builds = torch_build("torch"), torch_build("torchvision")
    tags = [None if build is None else build.partition("+")[2] for build in builds]
    if None in tags or tags[0] == tags[1]:
        return None
    return (
        f"torch {builds[0]} and torchvision {builds[1]} are built for different processors: "
        "torchvision's own operators do not load, and gapviz declares them, so encoders work"
    )


def torch_build(module: str) -> str | None:
    """The version of torch or torchvision with what it is built for (`2.13.0+cpu`).

    Their metadata may leave the second part out. None where the library is not there, or does not
    say.
    """
    found = find_spec(module)
    for place in (found.submodule_search_locations or ()) if found else ():
        path = Path(place) / "version.py"
        if path.is_file():
            told = re.search(r"^__version__\s*=\s*['\"]([^'\"]+)", path.read_text("utf-8"), re.M)
            return told[1] if told else None
    return None
