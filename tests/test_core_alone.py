"""The core of gapviz: what runs where nothing but its own dependencies is installed."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import gapviz
from gapviz.core.libraries import CORE, LIBRARIES, install_command

HEAVY = {"torch", "streamlit", "plotly", "numba", "pandas", "pyarrow", "scipy", "sklearn"}

LIGHT_ROOMS = (
    "core", "storage", "sources", "encoders", "strategies", "measures", "analyses", "export",
)  # fmt: skip

WORKS = {
    "info": "info SOURCE",
    "measure": "measure SOURCE --strategy znorm",
    "scoreboard": "scoreboard SOURCE",
    "search": "search SOURCE --item 03",
    "caption": "search builtin dog",
    "curves": "curves SOURCE",
    "thresholds": "thresholds SOURCE",
    "anatomy": "anatomy SOURCE",
    "directions": "directions SOURCE",
    "decide": "decide SOURCE",
    "story": "story SOURCE",
    "protocol": "protocol SOURCE",
    "cones": "cones SOURCE --layout pca --out cones.csv",
    "export": "export SOURCE --strategy znorm --out exported",
    "apply": "apply exported SOURCE --array image --modality image --out moved.npy",
    "report": "report SOURCE --out report.html",
    "explain": "explain gap",
    "drawings": "info builtin",
    "doctor": "doctor",
}
"""Commands, and what they need nothing more for."""

LACKS = {
    "serve": ("the dashboard needs streamlit", "dashboard"),
    "cones SOURCE": ("a UMAP layout needs umap-learn", "dashboard"),
    "cones SOURCE --layout pca --out cones.html": ("a figure needs plotly", "dashboard"),
    "search builtin 'a sad clown'": ("a typed query needs torch", "encode"),
    "encode builtin --out encoded": ("encoding needs torch", "encode"),
    "why builtin": ("an untrained CLIP needs torch", "encode"),
    "train SOURCE": ("training needs torch", "encode"),
    "approximate SOURCE": ("an approximate index needs faiss-cpu", "approximate"),
    "info qdrant://localhost:6333/items": ("Qdrant needs qdrant-client", "qdrant"),
}
"""Command → what it says, and the extra that it names."""

ALONE = """
import io, json, shlex, sys
from contextlib import redirect_stderr, redirect_stdout
hidden, commands = json.loads(sys.argv[1]), json.loads(sys.argv[2])
class Hiding:
    def __init__(self, finder):
        self.finder = finder
    def __getattr__(self, name):
        return getattr(self.finder, name)
    def find_spec(self, name, *where):
        return None if name.split(".")[0] in hidden else self.finder.find_spec(name, *where)
    def find_distributions(self, context):
        look = getattr(self.finder, "find_distributions", lambda context: [])
        return [] if context.name in hidden.values() else look(context)
# An entry of None in sys.modules would mislead scipy, which looks for torch there.
sys.meta_path[:] = map(Hiding, sys.meta_path)
from gapviz.commands.cli import main
found = {}
for command in commands:
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        try:
            code = main(shlex.split(command))
        except SystemExit as stop:
            code = stop.code
        except BaseException as error:
            code = repr(error)
    found[command] = [code, out.getvalue(), err.getvalue()]
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    """What commands answer in one process that finds none of the other libraries."""
    folder, rng = tmp_path_factory.mktemp("alone"), np.random.default_rng(0)
    content = rng.standard_normal((60, 8))
    noise = rng.standard_normal((2, 60, 8)) * 0.5 + np.array([1, -1])[:, None, None]
    np.savez(folder / "vectors.npz", image=content + noise[0], text=content + noise[1])
    hidden = {one.module: one.name for one in LIBRARIES.values() if one.extra != CORE}
    commands = [one.replace("SOURCE", "vectors.npz") for one in (*WORKS.values(), *LACKS)]
    environment = {
        "PYTHONPATH": str(Path(gapviz.__file__).parents[1]),  # this one, whatever is installed
        "GAPVIZ_CACHE": str(folder / "cache"),  # where nobody has computed anything before
        "GAPVIZ_HOME": str(folder / "home"),
    }
    done = subprocess.run(
        [sys.executable, "-c", ALONE, json.dumps(hidden), json.dumps(commands)],
        capture_output=True, text=True, check=True, cwd=folder, env=os.environ | environment,
    )  # fmt: skip
    found = json.loads(done.stdout)
    return lambda command: found[command.replace("SOURCE", "vectors.npz")]


@pytest.mark.slow
@pytest.mark.parametrize("command", WORKS.values(), ids=WORKS)
def test_what_needs_nothing_more_runs_without_it(alone, command):
    code, out, err = alone(command)
    assert (code, err) == (0, "")
    assert out.strip()


@pytest.mark.slow
@pytest.mark.parametrize("command", LACKS)
def test_what_needs_more_says_in_one_line_what_and_how_to_get_it(alone, command):
    code, out, err = alone(command)
    what, extra = LACKS[command]
    (line,) = err.splitlines()
    assert (code, out) == (2, "")
    assert line.startswith("gapviz: ") and line.endswith(".")
    assert what in line and install_command(extra) in line


@pytest.mark.slow
def test_drawings_that_cannot_be_rendered_are_not_broken_pictures(alone):
    out = alone(WORKS["drawings"])[1]
    assert "broken 0" in out
    assert "drawings were not looked at" in out and install_command("builtin") in out


@pytest.mark.slow
def test_importing_the_library_loads_no_library_that_is_heavy():
    program = f"""
import sys
from importlib import import_module
from pkgutil import walk_packages
import gapviz
heavy, seen = {HEAVY!r}, []
def look(name):
    seen.extend((name, one) for one in heavy & set(sys.modules))
look("gapviz")
for room in {LIGHT_ROOMS!r}:
    package = import_module(f"gapviz.{{room}}")
    for found in walk_packages(package.__path__, f"gapviz.{{room}}."):
        import_module(found.name)
        look(found.name)
print(seen[:3])
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert (done.stdout.strip(), done.stderr) == ("[]", "")
