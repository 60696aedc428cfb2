import json
import subprocess

import numpy as np
import pytest
from PIL import Image

from gapviz.commands.cli import main
from gapviz.core.collection import Collection
from gapviz.core.item import Item
from gapviz.core.plain_json import VERSION
from gapviz.storage.saved_collection import save_collection


@pytest.fixture
def run(capsys):
    """The command line in this process, which is a hundred times as fast."""

    def call(*arguments):
        try:
            code = main([str(argument) for argument in arguments])
        except SystemExit as stop:
            code = stop.code
        return subprocess.CompletedProcess(arguments, code, *capsys.readouterr())

    return call


@pytest.fixture
def refused(run):
    def call(*arguments):
        done = run(*arguments)
        assert (done.returncode, done.stdout) == (2, "")
        (line,) = done.stderr.splitlines()
        assert line.startswith("gapviz: ") and line.endswith(".")
        return line

    return call


@pytest.fixture
def figures(run):
    def call(*arguments):
        done = run(*arguments, "--json")
        assert (done.returncode, done.stderr) == (0, "")
        told = json.loads(done.stdout)
        assert told.pop("version") == VERSION
        return told

    return call


@pytest.fixture
def source(tmp_path):
    """A collection without vectors: six items, a broken picture, two equal ones."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    for index in range(6):
        noise = np.random.default_rng(min(index, 4)).integers(0, 255, (20, 20, 3), dtype=np.uint8)
        Image.fromarray(noise).save(folder / f"{index}.png")
    (folder / "2.png").write_bytes(b"no picture")
    items = tuple(
        Item(f"item{i}", "odd" if i % 2 else None, ("a word", f"number {i}")[: 1 + i % 2],
             f"{i}.png")
        for i in range(6)
    )  # fmt: skip
    save_collection(Collection("six", items, {}), tmp_path / "bare")
    return tmp_path / "bare", "--images", folder
