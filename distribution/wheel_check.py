"""`make wheel-check`: install the wheel as others do, in fresh environments, and run its tests.

Each Python that the PATH has as python3.11, python3.12, python3.13 gets an environment of its own.
The first named one gets everything that `gapviz[all]` brings, torch too, by pip; the others the
dashboard with the built-in collection. Needs a package index.
"""

from __future__ import annotations

import argparse
import os
import shlex
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from distribution import wheel
from distribution.environments import (
    PYTHONS,
    WHEEL_TESTS,
    RefusedError,
    installed,
    installed_by_pip,
    interpreter,
    tried,
)
from distribution.lock import PAIR

EXTRAS = {"all": "[all]", "dashboard": "[dashboard]", "core": ""}
"""How much of it: the name of each amount, and what it is asked for by."""


def _checked(python: str, amount: str, built: Path, folder: Path, tests: list[str]) -> bool:
    command = interpreter(python)
    if command is None:
        print(f"Python {python}: not here", flush=True)
        return False
    asked, started = f"gapviz{EXTRAS[amount]} @ {built.as_uri()}", time.monotonic()
    place = folder / f"{amount}-{python}"
    try:
        if amount == "all":
            options = shlex.split(os.environ.get("PIP_ARGS", ""))
            made = installed_by_pip(place, command, [asked, *PAIR], options)
        else:
            made = installed(place, command, [asked])
    except RefusedError as error:
        print(f"Python {python}, gapviz{EXTRAS[amount]}: not installed: {error}", flush=True)
        return False
    seconds = time.monotonic() - started
    print(f"Python {python}, gapviz{EXTRAS[amount]}: installed in {seconds:.0f} s", flush=True)
    passed, told = tried(made, *tests)
    print(told, flush=True)
    return passed


def main(arguments: list[str] | None = None) -> int:
    """Check each environment, print what pytest says; 1 where one fails or cannot be had."""
    parser = argparse.ArgumentParser(prog="wheel_check", description=__doc__)
    parser.add_argument("--pythons", default=",".join(PYTHONS), metavar="VERSION[,VERSION]")
    parser.add_argument("--amount", choices=EXTRAS, help="the same for every Python")
    parser.add_argument("tests", nargs="*", default=[WHEEL_TESTS], help="files of tests")
    options = parser.parse_args(arguments)
    passed = True
    with TemporaryDirectory() as folder:
        built = wheel.build("wheel", Path(folder))
        for number, python in enumerate(options.pythons.split(",")):
            amount = options.amount or ("dashboard" if number else "all")
            passed &= _checked(python, amount, built, Path(folder), options.tests)
    return int(not passed)


if __name__ == "__main__":
    sys.exit(main())
