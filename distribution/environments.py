"""Fresh environments for trying the wheel in, as somebody who installs it has them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from distribution import wheel
from distribution.requirements import ROOT

PYTHONS = ("3.11", "3.12", "3.13")

WHEEL_TESTS = "tests/test_wheel.py"


class RefusedError(Exception):
    """No set of packages fits together; the text says which do not."""


def _done(command: Sequence[str], given: str = "") -> str:
    # Away from the checkout, whose settings are those of its own environment.
    done = subprocess.run(
        command, cwd="/", input=given, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RefusedError(done.stderr.strip())
    return done.stdout


def _uv(*arguments: str, given: str = "") -> str:
    uv = shutil.which("uv", path=str(Path(sys.executable).parent)) or shutil.which("uv")
    if uv is None:
        sys.exit("this needs uv, which requirements-test.txt holds")
    return _done([uv, *arguments, "--quiet", "--no-python-downloads"], given)


def interpreter(python: str) -> str | None:
    """The command of a version of Python, where it is on the PATH."""
    return shutil.which(f"python{python}")


def resolved(python: str, requirements: Sequence[str], options: Sequence[str] = ()) -> list[str]:
    """The pins that these requirements come to on a Python, nothing installed.

    Raises:
        RefusedError: they do not fit together.
    """
    command = ["pip", "compile", "-", "--no-header", "--no-annotate", "--only-binary", ":all:"]
    given = "\n".join(requirements)
    return _uv(*command, "--python-version", python, *options, given=given).splitlines()


def installed(folder: Path, interpreter: str, pins: Sequence[str]) -> Path:
    """The Python of a new environment that holds these.

    Raises:
        RefusedError: they cannot be installed.
    """
    _uv("venv", "--python", interpreter, str(folder))
    python = wheel.python_of(folder)
    _uv("pip", "install", "--python", str(python), *pins)
    return python


def installed_by_pip(
    folder: Path, interpreter: str, requirements: Sequence[str], options: Sequence[str] = ()
) -> Path:
    """The same by pip, which also finds what its settings name, such as a CPU build of torch.

    Raises:
        RefusedError: they cannot be installed.
    """
    _done([interpreter, "-m", "venv", str(folder)])
    python = wheel.python_of(folder)
    _done([str(python), "-m", "pip", "install", "--quiet", *options, *requirements])
    return python


def tried(python: Path, *options: str) -> tuple[bool, str]:
    """Whether tests of the wheel pass in an environment, and what pytest says of it.

    Args:
        python: of that environment.
        options: of pytest: files of tests, and which of these.
    """
    # The checkout is found without it, and must not be found in that environment.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    environment[wheel.GIVEN] = str(python)
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-rs"]
    done = subprocess.run(
        [*command, *options], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    return done.returncode == 0, done.stdout.strip()
