"""The wheel as others get it: built from the checkout, and a Python that has it installed."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from pathlib import Path

from distribution.requirements import ROOT

GIVEN = "GAPVIZ_WHEEL_PYTHON"
"""Names a Python whose environment has a wheel of gapviz already: `make wheel-check` does."""


def build(kind: str, folder: Path, source: Path = ROOT) -> Path:
    """A `wheel` or `sdist` of a folder, without network: with the builder that is installed."""
    command = [sys.executable, "-m", "build", "--no-isolation", f"--{kind}"]
    command += ["--outdir", str(folder), str(source)]
    subprocess.run(command, check=True, capture_output=True, text=True)
    (built,) = folder.glob("*.whl" if kind == "wheel" else "*.tar.gz")
    return built


def python_of(folder: Path) -> Path:
    """The Python of a virtual environment."""
    return folder / ("Scripts" if os.name == "nt" else "bin") / "python"


def install(wheel: Path, folder: Path) -> Path:
    """The Python of a new environment: gapviz is the wheel, all else that of this process."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    python = python_of(folder)
    pip = [sys.executable, "-m", "pip", "--python", str(python), "--disable-pip-version-check"]
    subprocess.run([*pip, "install", "--quiet", "--no-deps", "--no-index", str(wheel)], check=True)
    places = {"base": str(folder), "platbase": str(folder)}
    own = Path(sysconfig.get_path("purelib", "venv", vars=places))
    # A folder named by a `.pth` file comes after the environment's own, and its own `.pth` files
    # are not read; the checkout may still be on the path by PYTHONPATH.
    shared = sysconfig.get_path("purelib")
    without = f"import sys; sys.path[:] = [one for one in sys.path if one != {str(ROOT)!r}]"
    (own / "shared.pth").write_text(f"{shared}\n{without}\n", "utf-8")
    return python
