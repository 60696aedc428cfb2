"""A reader that another package ships: one module, and one line that says where it is.

It is that of docs/contributing/reader.md.
"""

import json
import subprocess
import sys
from io import BytesIO

import pytest

from gapviz.commands.cli import main
from gapviz.core.errors import GapvizError
from gapviz.sources.files import read
from gapviz.sources.files.format import formats
from gapviz.sources.files.upload import store_vectors_upload
from tests.contributing import Example, install

EXAMPLE = Example("reader")

LINES = "1 0 0 | 0.9 0.1 0\n0 1 0 | 0 0.8 0.2\n0 0 1 | 0.3 0 0.7\n1 1 0 | 0.7 0.7 0.1\n" * 8


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A folder that holds an installed package, as pip leaves one."""
    monkeypatch.delitem(sys.modules, "gapviz_bars", raising=False)
    folder = tmp_path / "site"
    install(folder, {EXAMPLE.file: EXAMPLE.source}, EXAMPLE.entry_points)
    return folder


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "mine.bars"
    path.write_text(LINES)
    return path


def test_without_its_package_the_ending_is_unknown(source):
    with pytest.raises(GapvizError, match=r"no reader knows the ending '\.bars'"):
        read(str(source))


def test_it_is_read_listed_and_measured(package, source, monkeypatch, capsys):
    monkeypatch.syspath_prepend(package)
    collection = read(str(source)).collection
    assert (collection.n_items, collection.modality_names) == (32, ("image", "text"))
    assert main(["info", str(source), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["n_items"] == 32
    assert main(["measure", str(source), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)
    assert main(["info"]) == 0
    assert "a .bars file of two columns" in " ".join(capsys.readouterr().out.split())
    kept = store_vectors_upload("mine.bars", BytesIO(LINES.encode()), source.parent / "kept")
    assert read(str(kept)).collection.n_items == 32
    (source.parent / "x.unknown").write_text("")
    with pytest.raises(GapvizError, match=r"\.bars"):
        read(str(source.parent / "x.unknown"))


@pytest.mark.slow
def test_it_is_found_by_a_gapviz_started_anew(package, source, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(package), prepend=":")
    done = subprocess.run(
        [sys.executable, "-m", "gapviz", "info", str(source)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("mine: 32 items")


def test_a_reader_that_cannot_be_loaded_is_left_out_with_a_warning(package, source, monkeypatch):
    (package / "gapviz_bars.py").write_text("import no_such_module\n")
    monkeypatch.syspath_prepend(package)
    with (
        pytest.warns(UserWarning, match="gapviz_bars:FORMAT"),
        pytest.raises(GapvizError, match="no reader knows"),
    ):
        read(str(source))


def test_every_format_is_asked_in_one_order_and_the_least_telling_last():
    names = [one.name for one in formats()]
    assert len(set(names)) == len(names) == 23
    assert names.index("array_folder") < names.index("imagefolder") < names.index("plain_folder")
    assert names[-1] == "plain_folder"
    assert all(one.title and callable(one.recognises) and callable(one.read) for one in formats())
