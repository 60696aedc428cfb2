"""`make matrix`: resolve the wheel beside older and newer libraries, install it, and run it.

Prints a table, one line an environment. Needs a package index. What comes with torch is resolved
and not installed: the public index's builds take gigabytes.
"""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from packaging.utils import canonicalize_name

from distribution import wheel
from distribution.environments import (
    PYTHONS,
    WHEEL_TESTS,
    RefusedError,
    installed,
    interpreter,
    resolved,
    tried,
)
from distribution.requirements import asked, pinned

SHOWN = (
    "numpy", "scipy", "pandas", "pyarrow", "scikit-learn", "pillow", "streamlit", "plotly",
    "numba", "torch", "transformers", "sentence-transformers",
)  # fmt: skip


@dataclass(frozen=True)
class Row:
    """One kind of environment."""

    name: str
    beside: tuple[str, ...] = ()
    """What else is asked for."""
    extras: tuple[str, ...] = ()
    lowest: bool = False
    """Whether each of gapviz's own requirements is taken at its lower bound."""
    pythons: tuple[str, ...] = PYTHONS
    tests: str | None = "version or measured or upload"
    """Which tests of the wheel run there; None installs nothing."""
    refused: str = ""
    """Why this cannot be had; empty where it must."""


NO_GRID = "the pages lie in st.grid, which came with 1.67"
NO_REPORT = "transformers 4 does not tell of weights that a model lacks, which would be random"
DASHBOARD = "version or measured or upload or served or drawn"

ROWS = (
    Row("core, lowest", lowest=True),
    Row("core, newest"),
    Row("numpy 2.0, pandas 2.2", ("numpy==2.0.*", "pandas==2.2.*"), pythons=("3.11", "3.12")),
    # numpy 2.1 is the first with wheels for it.
    Row("numpy 2.1, pandas 2.2", ("numpy==2.1.*", "pandas==2.2.*"), pythons=("3.13",)),
    Row("dashboard, lowest", extras=("dashboard",), lowest=True, tests=DASHBOARD),
    Row("dashboard, newest", extras=("dashboard",), tests=DASHBOARD),
    Row(
        "dashboard, numpy 2.0, pandas 2.2",
        ("numpy==2.0.*", "pandas==2.2.*"), ("dashboard",), pythons=("3.11", "3.12"),
        tests=DASHBOARD,
    ),
    Row("Streamlit of a year ago", ("streamlit==1.51.*",), ("dashboard",), refused=NO_GRID),
    Row("Streamlit 1.40", ("streamlit==1.40.*",), ("dashboard",), refused=NO_GRID),
    Row("encode, lowest", extras=("encode",), lowest=True, tests=None),
    Row("encode, newest", extras=("encode",), tests=None),
    Row("transformers 4", ("transformers==4.*",), ("encode",), tests=None, refused=NO_REPORT),
    Row("torch 2.4", ("torch==2.4.*",), ("encode",), pythons=("3.11", "3.12"), tests=None),
    # torchvision 0.21, which goes with 2.6, is the first that says it has wheels for it.
    Row("torch 2.6", ("torch==2.6.*",), ("encode",), pythons=("3.13",), tests=None),
    Row("all", extras=("all",), tests=None),
    Row("core beside transformers 4", ("transformers==4.*",), tests=None),
    Row("core beside vllm", ("vllm",), tests=None),
    Row("core beside Spotlight", ("renumics-spotlight",), tests=None),
    Row("core beside langchain-huggingface", ("langchain-huggingface",), tests=None),
    Row("encode beside langchain-huggingface", ("langchain-huggingface",), ("encode",), tests=None),
)  # fmt: skip


def lines(rows: tuple[Row, ...], built: Path, folder: Path) -> Iterator[tuple[str, bool]]:
    """Each environment's line of the table, and whether it is as it should be.

    Args:
        rows: of the matrix.
        built: the wheel.
        folder: for the environments, one at a time.
    """
    core = sorted(canonicalize_name(one.name) for one in asked().of())
    for row in rows:
        extras = f"[{','.join(row.extras)}]" if row.extras else ""
        for python in row.pythons:
            gapviz = f"gapviz{extras} @ {built.as_uri()}"
            try:
                own = [str(one) for one in asked().of(row.extras)] if row.lowest else []
                options = ["--resolution", "lowest-direct"] if row.lowest else []
                pins = resolved(python, [gapviz, *own, *row.beside], options)
                versions = {name: max(ones) for name, ones in pinned("\n".join(pins)).items()}
                if not set(core) <= set(versions):
                    raise RefusedError(f"resolved without {set(core) - set(versions)}")
                shown = ", ".join(f"{name} {versions[name]}" for name in SHOWN if name in versions)
                passed, told = not row.refused, "resolves"
                if row.tests is not None and passed:
                    place = folder / re.sub(r"\W+", "-", f"{row.name}-{python}")
                    passed, told = _run(place, python, pins, row.tests)
            except RefusedError as error:
                passed, shown = bool(row.refused), ""
                told = f"refused: {row.refused or error}"
            yield f"| {row.name} | {python} | {shown} | {told} |", passed


def _run(place: Path, python: str, pins: list[str], tests: str) -> tuple[bool, str]:
    command = interpreter(python)
    if command is None:
        return True, "resolves; not run: no such Python here"
    which = ["-k", tests, "-m", "not encoder", WHEEL_TESTS]
    passed, told = tried(installed(place, command, pins), *which)
    shutil.rmtree(place)
    return passed, told.splitlines()[-1].strip(" =") if passed else f"fails\n{told}"


def main(names: list[str]) -> int:
    """Print the matrix, or of its rows those whose names hold one of some words."""
    rows = tuple(row for row in ROWS if not names or any(name in row.name for name in names))
    failed = 0
    with TemporaryDirectory() as folder:
        built = wheel.build("wheel", Path(folder))
        print("| environment | Python | versions | answer |\n|---|---|---|---|", flush=True)
        for line, passed in lines(rows, built, Path(folder)):
            print(line, flush=True)
            failed += not passed
    if failed:
        print(f"{failed} of these are not as they should be")
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
