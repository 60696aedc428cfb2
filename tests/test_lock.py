"""The locks hold what pyproject.toml asks for."""

import pytest

from distribution.lock import RUN, TEST
from distribution.requirements import ROOT, asked, disagreements, pinned

PROJECT = """
[project]
dependencies = ["numpy>=2", "some_Name==1.0"]
[project.optional-dependencies]
figures = ["plotly>=6"]
all = ["gapviz[figures]", "torch"]
[dependency-groups]
docs = ["mkdocs"]
test = [{ include-group = "docs" }, "pytest>=9"]
"""
LOCK = """\
numpy==2.4.6
    # via
    #   gapviz (pyproject.toml)
    #   plotly
plotly==7.1.0
    # via gapviz (pyproject.toml)
some-name==1.0
    # via gapviz (pyproject.toml)
torch==2.13.0
    # via gapviz (pyproject.toml)
"""


def text(lock):
    return (ROOT / lock.file).read_text("utf-8")


@pytest.mark.parametrize("lock", [RUN, TEST], ids=lambda lock: lock.file)
def test_the_lock_is_that_of_pyproject(lock):
    wrong = disagreements(text(lock), asked().of(lock.extras, lock.groups))
    assert not wrong, f"run make lock: {'; '.join(wrong)}"


def test_the_tests_run_with_what_make_run_installs():
    tested = pinned(text(TEST))
    assert {name: tested.get(name) for name in pinned(text(RUN))} == pinned(text(RUN))


@pytest.mark.parametrize("lock", [RUN, TEST], ids=lambda lock: lock.file)
def test_no_lock_brings_the_libraries_of_cuda(lock):
    assert not [
        name for name in pinned(text(lock)) if name.startswith(("nvidia", "cuda", "triton"))
    ]


def test_a_requirement_that_the_lock_lacks_or_has_otherwise_is_named():
    project = PROJECT.replace("numpy>=2", "numpy>=2.5").replace('"torch"', '"torch", "timm"')
    assert disagreements(LOCK, asked(project).of(["all"])) == [
        "numpy>=2.5 is asked for, and 2.4.6 is locked",
        "timm is asked for, and is not locked",
    ]


def test_what_is_locked_and_no_longer_asked_for_is_named():
    assert disagreements(LOCK, asked(PROJECT).of(["figures"])) == [
        "torch is locked for gapviz, and is not asked for"
    ]


def test_extras_and_groups_bring_what_they_include():
    found = {one.name for one in asked(PROJECT).of(["all"], ["test"])}
    assert found == {"numpy", "some_Name", "plotly", "torch", "mkdocs", "pytest"}
    assert not disagreements(LOCK, asked(PROJECT).of(["all"]))


def test_all_is_all_the_extras():
    everything = {one.name for one in asked().of(["all"])}
    assert everything == {one.name for one in asked().of(asked().extras)}


def test_the_core_holds_neither_torch_nor_the_dashboard():
    assert not {one.name for one in asked().of()} & {"torch", "streamlit", "plotly", "numba"}
