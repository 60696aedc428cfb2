"""What gapviz says of libraries that are missing or do not load."""

import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from gapviz.core import libraries
from gapviz.core.errors import GapvizError
from gapviz.core.libraries import (
    CORE,
    EXTRAS,
    LIBRARIES,
    Library,
    MissingLibraryError,
    is_installed,
    needed,
    refuse_missing,
)

PROJECT = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text("utf-8"))[
    "project"
]

BROUGHT = {"packaging"}
"""Of the core, what comes with another library of it (pooch)."""


def names(lines):
    """What requirements name: packages, and the extras of others that are packages themselves."""
    found = set()
    for one in map(Requirement, lines):
        found |= {canonicalize_name(one.name), *map(canonicalize_name, one.extras)}
    return found


@pytest.mark.parametrize("extra", EXTRAS, ids=lambda extra: extra or "core")
def test_every_library_is_in_the_extra_that_is_said_to_bring_it(extra):
    declared = PROJECT.get("optional-dependencies", {})
    lines = PROJECT.get("dependencies") if extra == CORE else declared.get(extra)
    if lines is None:
        pytest.skip("its libraries do not stand in pyproject.toml")
    ours = {canonicalize_name(one.name) for one in LIBRARIES.values() if one.extra == extra}
    assert ours - names(lines) <= BROUGHT


def test_a_library_that_is_there_is_given():
    assert needed("numpy") is sys.modules["numpy"]
    assert LIBRARIES["numpy"].version == sys.modules["numpy"].__version__
    refuse_missing("numpy")


@pytest.mark.parametrize("call", [needed, refuse_missing])
def test_a_library_that_is_not_there_is_one_sentence_with_its_extra(call, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    assert not is_installed("torch")
    with pytest.raises(MissingLibraryError) as caught:
        call("torch", use="a typed query", instead="search with an item")
    assert isinstance(caught.value, GapvizError)
    assert caught.value.sentence == (
        "a typed query needs torch, which is not installed; pip install 'gapviz[encode]', or "
        "search with an item."
    )


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("raise OSError('libcudart.so.12: cannot open')", "libcudart.so.12: cannot open"),
        ("import a_part_that_is_gone", "No module named 'a_part_that_is_gone'"),
    ],
)
def test_a_library_that_is_there_but_does_not_load_is_not_called_missing(
    content, why, tmp_path, monkeypatch
):
    (tmp_path / "half_made.py").write_text(content)
    monkeypatch.syspath_prepend(tmp_path)
    half = Library("half_made", "encode", "an encoder")
    monkeypatch.setattr(libraries, "LIBRARIES", {"half_made": half})
    with pytest.raises(MissingLibraryError, match=r"half_made, which does not load here") as caught:
        needed("half_made")
    assert why in caught.value.what and "not installed" not in caught.value.what
