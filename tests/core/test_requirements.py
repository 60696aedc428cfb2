"""Versions that do not fit together, as the metadata of installed packages tells them."""

import pytest

from gapviz.core.requirements import version_conflicts


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """Add the metadata of a package before that of the packages that are really there."""

    def add(name, version, *asks_for, extras=()):
        folder = tmp_path / f"{name.replace('-', '_')}-{version}.dist-info"
        folder.mkdir()
        lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}"]
        lines += [f"Provides-Extra: {one}" for one in extras]
        lines += [f"Requires-Dist: {one}" for one in asks_for]
        (folder / "METADATA").write_text("\n".join(lines) + "\n")

    monkeypatch.syspath_prepend(tmp_path)
    return add


def told():
    return [one.sentence for one in version_conflicts()]


def test_a_pair_that_does_not_fit_is_told_with_what_is_installed(installed):
    installed("torchvision", "0.99.0", "torch==2.99.0")
    installed("torch", "2.13.0+cpu")
    assert "torchvision needs torch==2.99.0, and 2.13.0+cpu is installed" in told()


def test_the_build_of_a_version_does_not_matter(installed):
    installed("torchvision", "0.99.0", "torch==2.13.0")
    installed("torch", "2.13.0+cpu")
    assert not any("torchvision needs" in one for one in told())


def test_a_range_of_gapviz_counts_where_its_extra_is_installed(installed):
    installed("gapviz", "0.1.0", 'timm>=99; extra == "encode"', extras=["encode"])
    installed("timm", "1.0.0")
    assert "gapviz needs timm>=99, and 1.0.0 is installed" in told()


def test_what_is_not_installed_and_extras_of_others_are_no_conflict(installed):
    installed("gapviz", "0.1.0", "a-package-that-nobody-has>=1")
    installed("timm", "1.0.0", 'numpy<1; extra == "old"', 'numpy<1; python_version < "3"')
    assert not any(one.startswith(("gapviz", "timm")) for one in told())
