"""`make lock`: write requirements.txt and requirements-test.txt from pyproject.toml.

What is locked stays as it is where it fits; `--upgrade` takes the newest of everything.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from distribution.requirements import ROOT

OLDEST_PYTHON = "3.11"

PAIR = ("torch==2.13.0", "torchvision==0.28.0")

CUDA = (
    "cuda-bindings", "cuda-toolkit", "nvidia-cudnn-cu13", "nvidia-cusparselt-cu13",
    "nvidia-nccl-cu13", "nvidia-nvshmem-cu13", "triton",
)  # fmt: skip
"""What the public index's torch for Linux brings along, by its own exact pins. A lock with them
would have everybody install them, beside a CPU build too."""


@dataclass(frozen=True)
class Lock:
    """A file of pins, and what it holds."""

    file: str
    extras: tuple[str, ...]
    groups: tuple[str, ...]
    about: str
    """Its first line."""


RUN = Lock(
    "requirements.txt",
    ("dashboard", "encode", "approximate", "completion"),
    ("data",),
    "What `make run` installs: the dashboard and the library, and what `make data` reads.",
)
TEST = Lock(
    "requirements-test.txt",
    (*RUN.extras, "lancedb", "milvus", "opensearch", "pgvector", "qdrant", "ray"),
    ("data", "test"),
    "What `make test` and `benchmarks/` need: all of requirements.txt, and more.",
)

HEADER = """\
# {about}
#
# Made from pyproject.toml by `make lock`; one set for Python 3.11 to 3.13.
#
# torch and torchvision are a pair: left free, pip takes the newest of each, with several
# GB of CUDA libraries. See gapviz/encoders/torchvision_operators.py for what a CPU torch
# beside torchvision's published wheel needs.

"""


def write(lock: Lock, *options: str) -> None:
    """Resolve and write one lock; the one that `make run` installs binds that of the tests.

    Args:
        lock: which one.
        options: more of `uv pip compile`.
    """
    uv = shutil.which("uv", path=str(Path(sys.executable).parent)) or shutil.which("uv")
    if uv is None:
        sys.exit("make lock needs uv, which requirements-test.txt holds")
    with TemporaryDirectory() as folder:
        pair, cuda = Path(folder, "pair.txt"), Path(folder, "cuda.txt")
        pair.write_text("\n".join(PAIR), "utf-8")
        cuda.write_text("\n".join(CUDA), "utf-8")
        command = [uv, "pip", "compile", "--quiet", "--universal", "--no-header"]
        command += ["--python-version", OLDEST_PYTHON, "--excludes", str(cuda)]
        command += ["--constraints", str(pair), "--output-file", lock.file]
        if lock is not RUN:
            command += ["--constraints", RUN.file]
        command += [f"--extra={extra}" for extra in lock.extras]
        command += [f"--group={group}" for group in lock.groups]
        subprocess.run([*command, *options, "pyproject.toml"], cwd=ROOT, check=True)
    target = ROOT / lock.file
    # Names of this run's own files say nothing to a reader.
    pins = [line for line in target.read_text("utf-8").splitlines() if f"-c {folder}" not in line]
    text = HEADER.format(about=lock.about) + "\n".join(pins) + "\n"
    target.write_text(text, "utf-8")


if __name__ == "__main__":
    for one in (RUN, TEST):
        write(one, *sys.argv[1:])
