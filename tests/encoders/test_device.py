"""Where encoders would compute, told without torch where that can be."""

import sys

import pytest

from gapviz.encoders import device
from gapviz.encoders.device import encoding_device, mixed_builds


@pytest.fixture
def builds(tmp_path, monkeypatch):
    """Stand for torch and torchvision of these builds; to import one of them would fail."""

    def stand(**versions):
        for name in ("torch", "torchvision"):
            monkeypatch.setitem(sys.modules, name, None)
        for name, version in versions.items():
            folder = tmp_path / name
            folder.mkdir()
            (folder / "__init__.py").write_text("raise ImportError('was imported')")
            (folder / "version.py").write_text(f"__version__ = '{version}'\ncuda = None\n")
            monkeypatch.delitem(sys.modules, name)
        monkeypatch.syspath_prepend(tmp_path)

    return stand


def test_without_torch_there_is_none(builds):
    builds()
    assert encoding_device().name is None
    assert mixed_builds() is None


def test_a_build_for_processors_alone_is_known_without_importing_it(builds):
    builds(torch="2.13.0+cpu")
    found = encoding_device()
    assert (found.name, found.why) == ("cpu", "torch 2.13.0+cpu is built for processors alone")


@pytest.mark.skipif(sys.platform != "linux", reason="looks for a driver of Linux")
def test_without_a_driver_no_other_build_is_imported_either(builds, monkeypatch, tmp_path):
    builds(torch="2.13.0+cu130")
    monkeypatch.setattr(device, "_DRIVERS", (tmp_path / "none",))
    assert encoding_device().name == "cpu"


@pytest.mark.skipif(sys.platform != "linux", reason="looks for a driver of Linux")
def test_with_a_driver_torch_is_asked_and_what_it_says_is_told(builds, monkeypatch, tmp_path):
    builds(torch="2.13.0+cu130")
    monkeypatch.setattr(device, "_DRIVERS", (tmp_path,))
    found = encoding_device()
    assert found.name is None
    assert "does not load here (was imported)" in found.why


def test_builds_for_different_processors_are_told(builds):
    builds(torch="2.13.0+cpu", torchvision="0.28.0+cu130")
    assert "torch 2.13.0+cpu and torchvision 0.28.0+cu130" in mixed_builds()


def test_builds_for_the_same_processor_are_not(builds):
    builds(torch="2.13.0+cpu", torchvision="0.28.0+cpu")
    assert mixed_builds() is None
