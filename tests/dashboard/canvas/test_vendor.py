"""The script of others that draws the points is the one that was built, and tells whose it is."""

import hashlib
import json
import re
from pathlib import Path

import pytest

from gapviz.dashboard.canvas.vendor import build

ROOT = Path(__file__).parents[3]


def test_the_bundle_is_the_one_that_the_script_built():
    record = json.loads(build.BUILT.read_text("utf-8"))
    code = build.BUNDLE.read_bytes()
    assert record == {"sha256": hashlib.sha256(code).hexdigest(), "bytes": len(code)}


def test_it_is_the_version_that_is_recorded_with_the_shapes_of_the_modalities():
    text = build.BUNDLE.read_text("utf-8")
    assert json.loads(build.PACKAGES.read_text("utf-8"))["regl-scatterplot"]["version"] in text
    assert "shape > 4.5" in text and "float sdf = length(c) * finalPointSize" not in text


def test_it_fetches_nothing():
    text = build.BUNDLE.read_text("utf-8")
    assert not re.search(r"\bfetch\(|XMLHttpRequest|\bimport\(|importScripts", text)
    # Where a browser without WebGL is told to look, in the words of an error.
    assert set(re.findall(r"https?://[\w.]+", text)) == {"http://get.webgl.org"}


def test_every_part_has_its_licence_beside_it():
    licences = build.LICENCES.read_text("utf-8")
    for name, package in json.loads(build.PACKAGES.read_text("utf-8")).items():
        assert package["integrity"].startswith("sha512-")
        if name != build.BUNDLER:
            assert re.search(
                rf"^{re.escape(name)} {package['version']} \((MIT|ISC)\)$", licences, re.MULTILINE
            )


def test_a_package_that_is_another_one_is_refused(monkeypatch, tmp_path):
    def packed(command, **options):
        (Path(command[-1]) / "one.tgz").write_bytes(b"something else")

    monkeypatch.setattr(build.subprocess, "run", packed)
    with pytest.raises(SystemExit, match=r"one 1\.0\.0 is not the package that is recorded"):
        build._bring("one", "1.0.0", "sha512-AAAA", tmp_path / "one")
