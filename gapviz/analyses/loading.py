"""Whether libraries that are installed can be imported, tried in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys

from gapviz.core.libraries import LIBRARIES, is_installed

PATIENCE_S = 300
"""Within which all libraries must be imported."""

_TRIED = """
import json, os, sys
# Libraries may print; what is told goes another way.
told = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)
from importlib import import_module
names = json.loads(sys.argv[1])
if "torch" in names and "torchvision" in names:
    from gapviz.encoders.torchvision_operators import declare_torchvision_operators
    try:
        declare_torchvision_operators()
    except Exception:
        pass
for name in names:
    print(json.dumps([name, "begun"]), file=told, flush=True)
    try:
        import_module(name)
        why = None
    except Exception as error:
        why = f"{type(error).__name__}: {error}"[:200]
    print(json.dumps([name, why]), file=told, flush=True)
"""


def libraries_that_fail() -> list[str]:
    """The libraries that are installed and stop while they are imported, one sentence each.

    Of one that ends the process, those after it are not tried.
    """
    names = [module for module in LIBRARIES if is_installed(module)]
    try:
        done = subprocess.run(
            [sys.executable, "-c", _TRIED, json.dumps(names)],
            capture_output=True,
            timeout=PATIENCE_S,
            check=False,
        )
        output, ended = done.stdout, f"ends the process with code {done.returncode}"
    except subprocess.TimeoutExpired as error:
        output, ended = error.stdout or b"", f"takes more than {PATIENCE_S} s"
    found: dict[str, str | None] = dict(map(json.loads, output.decode("utf-8").splitlines()))
    return [
        f"{LIBRARIES[name].name} does not load: {ended if why == 'begun' else why}"
        for name, why in found.items()
        if why is not None
    ]
