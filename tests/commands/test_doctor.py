"""`gapviz doctor`: what is installed, what is missing for what, and what is broken."""

import json
import os
import platform
import sys

import numpy as np
import pytest

import gapviz
from gapviz.analyses import installation
from gapviz.analyses.installation import examine_installation
from gapviz.analyses.loading import libraries_that_fail
from gapviz.core import libraries
from gapviz.core.libraries import EXTRAS, LIBRARIES
from gapviz.sources.library.stored import Workspace


@pytest.fixture(autouse=True)
def own_folders(tmp_path, monkeypatch):
    """A cache with a thousand bytes, and a home with nothing in it."""
    monkeypatch.setenv("GAPVIZ_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("GAPVIZ_HOME", str(tmp_path / "home"))
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "kept").write_bytes(bytes(1_000))


@pytest.fixture
def whole(monkeypatch):
    """An installation without a fault, whatever is installed here; the shipped parts are left out
    for speed, but one.
    """
    parts = list(installation._shipped_parts())
    monkeypatch.setattr(installation, "_shipped_parts", lambda: iter(parts[-2:-1]))
    monkeypatch.setattr(installation, "version_conflicts", lambda: ())


def test_versions_machine_and_folders_are_those_of_this_process(whole, figures, tmp_path):
    told = figures("doctor")
    assert (told["gapviz"], told["python"]) == (gapviz.__version__, platform.python_version())
    core, *others = told["extras"]
    assert core["libraries"]["numpy"] == np.__version__ and core["missing"] == []
    assert [one["name"] for one in others] == list(EXTRAS)[1:]
    assert 1 <= told["machine"]["processors"] <= os.cpu_count()
    assert told["cache"]["path"] == str(tmp_path / "cache")
    assert (told["cache"]["n_bytes"], told["cache"]["writable"]) == (1_000, True)
    assert (told["home"]["n_bytes"], told["home"]["writable"]) == (0, True)
    assert told["settings"]["GAPVIZ_CACHE"] == str(tmp_path / "cache")


def test_collections_of_the_dashboard_are_counted(whole, figures, make_collection):
    Workspace().add([make_collection()], title="mine")
    told = figures("doctor")
    assert told["n_collections"] == 1
    assert told["home"]["n_bytes"] > 0


def test_what_is_missing_is_told_with_the_command_that_brings_it(whole, run, monkeypatch):
    gone = {**LIBRARIES, "faiss": libraries.Library("faiss", "approximate", package="gone-cpu")}
    monkeypatch.setattr(installation, "LIBRARIES", gone)
    done = run("doctor")
    assert done.returncode == 0
    assert "not installed: gone-cpu" in done.stdout
    assert "pip install 'gapviz[approximate]'" in done.stdout


def test_no_secret_is_printed(whole, run, monkeypatch):
    secrets = ("QDRANT_API_KEY", "OPENSEARCH_USER", "GAPVIZ_FUTURE_TOKEN")
    for name in secrets:
        monkeypatch.setenv(name, "open-sesame")
    for output in ((), ("--json",)):
        done = run("doctor", *output)
        assert "open-sesame" not in done.stdout
        assert all(name in done.stdout for name in secrets)


def test_every_shipped_part_is_whole_and_is_looked_through():
    found = dict(installation._faults_of_shipped())
    assert set(found.values()) == {None}
    assert {"collection builtin, builtin", "heads of builtin:sigmoid", "list of models"} <= set(
        found
    )


def test_a_shipped_file_that_is_damaged_is_broken(whole, run, monkeypatch, tmp_path):
    (tmp_path / "inputs.safetensors").write_bytes(b"cut short")
    monkeypatch.setattr(installation, "variant_folder", lambda variant: tmp_path)
    monkeypatch.setattr(
        installation,
        "_shipped_parts",
        lambda: [
            ("inputs", lambda: installation.ImageInputs.load(tmp_path / "inputs.safetensors"))
        ],
    )
    done = run("doctor")
    assert done.returncode == 1
    assert "broken" in done.stdout and "inputs.safetensors" in done.stdout
    assert "gapviz: failed, since" in done.stderr


def test_a_pair_of_libraries_that_does_not_fit_is_broken(whole, run, monkeypatch):
    conflict = installation.version_conflicts
    pair = ("torchvision", "torch==2.99.0", "2.13.0")
    from gapviz.core.requirements import Conflict

    assert conflict() == ()
    monkeypatch.setattr(installation, "version_conflicts", lambda: (Conflict(*pair),))
    done = run("doctor", "--json")
    assert done.returncode == 1
    assert json.loads(done.stdout)["broken"] == [
        "torchvision needs torch==2.99.0, and 2.13.0 is installed"
    ]


def test_a_folder_that_cannot_be_written_is_broken(whole, monkeypatch, tmp_path):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("GAPVIZ_CACHE", str(tmp_path / "file" / "cache"))
    found = examine_installation()
    assert not found.cache.writable
    assert any("GAPVIZ_CACHE" in one for one in found.broken)


@pytest.mark.slow
def test_a_library_that_does_not_load_is_found_where_it_is_asked_for(monkeypatch, tmp_path):
    (tmp_path / "half_made.py").write_text("print('noise')\nraise OSError('no libcudart')")
    (tmp_path / "deadly.py").write_text("import os\nos._exit(7)")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), *sys.path]))
    three = [libraries.Library(name, "encode") for name in ("json", "half_made", "deadly")]
    monkeypatch.setattr("gapviz.analyses.loading.LIBRARIES", {one.module: one for one in three})
    assert libraries_that_fail() == [
        "half_made does not load: OSError: no libcudart",
        "deadly does not load: ends the process with code 7",
    ]
