"""The README's commands and code, run as they stand there, print what stands there."""

import csv
import re
import runpy
import shlex
from pathlib import Path

import numpy as np
import pytest

from gapviz.analyses.registry import analyses
from gapviz.commands.cli import COMMANDS, main
from gapviz.sources.builtin import builtin_collection
from gapviz.sources.builtin.drawings import drawing_png

README = (Path(__file__).parents[1] / "README.md").read_text("utf-8")
PICTURES = 40
ARCHITECTURE = (Path(__file__).parents[1] / "ARCHITECTURE.md").read_text("utf-8")
NUMBER = re.compile(r"-?\d[\d,]*(?:\.\d+)?")
ONLY_RUN_BY_THEIR_OWN_TESTS = {"serve", "live"}
SHOWN_IN_DOCS = {"watch", "rehearse"}
"""Commands with a page of their own, whose test runs what it shows: docs/gap_watch.md."""
STORE = "/data/store"
"""Where the README's collections of stores lie."""


def console(store):
    """(command, what it prints) of every console block, from top to bottom."""
    for block in re.findall(r"```console\n(.*?)```", README.replace(STORE, store), re.S):
        for told in re.split(r"^\$ ", block, flags=re.M)[1:]:
            command, _, printed = told.partition("\n")
            yield command, printed


def alike(one, other, tolerance=0.02):
    """Whether two texts are the same but for the last digits of their numbers."""
    if " ".join(NUMBER.sub("#", one).split()) != " ".join(NUMBER.sub("#", other).split()):
        return False
    pairs = zip(NUMBER.findall(one), NUMBER.findall(other), strict=True)
    return all(abs(_number(a) - _number(b)) <= tolerance for a, b in pairs)


def _number(text):
    return float(text.replace(",", ""))


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """What the commands speak of: pictures with a table of captions, and a file of vectors."""
    drawings = builtin_collection()
    (tmp_path / "photos").mkdir()
    with (tmp_path / "photos" / "metadata.csv").open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["file_name", "text", "label"])
        for position in drawings.splits["evaluate"][:PICTURES]:
            item = drawings.items[position]
            (tmp_path / "photos" / f"{item.id}.png").write_bytes(drawing_png(item.id, 96))
            table.writerow([f"{item.id}.png", item.captions[0], item.label.split("-")[0]])
    np.save(tmp_path / "vectors.npy", drawings.modality("text").corpus.vectors)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.encoder
def test_commands_and_code_do_what_the_readme_says(folder, capsys):
    seen = set()
    for command, expected in console(f"{folder}/store"):
        name, *arguments = shlex.split(re.sub(r" > \S+$", "", command), comments=True)
        assert name == "gapviz"
        seen.add(arguments[0])
        if arguments[0] in ONLY_RUN_BY_THEIR_OWN_TESTS:
            continue
        code = main(arguments)
        printed = capsys.readouterr()
        told = printed.err if "--json" in arguments else printed.out
        assert code == ("--fail-if" in arguments), printed.err
        seconds = re.compile(r"in [\d.]+ s ")
        shown = expected.removesuffix("…\n")
        if shown != expected:
            told = "\n".join(told.splitlines()[: shown.count("\n")])
        assert alike(seconds.sub("", told), seconds.sub("", shown)), f"{command}\n{told}"
    commands = {command.__name__.rpartition(".")[2] for command in COMMANDS} | set(analyses())
    assert seen | SHOWN_IN_DOCS == commands
    (code,) = re.findall(r"```python\n(.*?)```", README, re.S)
    names = {}
    exec(code, names)
    assert names["result"].collection.n_items == PICTURES // 2


def test_the_tables_that_follow_from_the_code_are_as_the_code_has_them():
    script = runpy.run_path(str(Path(__file__).parents[1] / "docs" / "build_tables.py"))
    assert "| Ridge towards identity | ridge |" in README
    assert script["with_tables"](README) == README


def test_the_protocol_in_the_docs_is_as_the_code_has_it():
    docs = Path(__file__).parents[1] / "docs"
    script = runpy.run_path(str(docs / "build_tables.py"))
    assert script["protocol_page"]() == (docs / "protocol.md").read_text("utf-8")
    page = (docs / "judgments.md").read_text("utf-8")
    assert script["with_formats"](page) == page
    page = (docs / "stores.md").read_text("utf-8")
    assert script["with_stores"](page) == page


def test_other_words_or_other_figures_are_told_apart():
    assert alike("gap  0.791 → 0.078", "gap 0.79 → 0.08")
    assert not alike("gap 0.791", "bias 0.791")
    assert not alike("gap 0.791", "gap 0.891")
    assert not alike("1,619 rows", "1,620 rows")


def test_every_picture_and_page_of_the_readme_is_there():
    root = Path(__file__).parents[1]
    links = re.findall(r"\]\((?!https?://)([^)#]+)", README + ARCHITECTURE)
    assert links and not [link for link in links if not (root / link).exists()]


def test_what_the_architecture_names_is_there():
    root = Path(__file__).parents[1]
    named = re.findall(r"`((?:gapviz|tests|docs|benchmarks)/[\w/.]*)`", ARCHITECTURE)
    assert len(named) > 10 and not [path for path in named if not (root / path).exists()]
    drawn = re.findall(r">(\w+)/</text>", (root / "docs" / "rooms.svg").read_text("utf-8"))
    rooms = {path.name for path in (root / "gapviz").iterdir() if any(path.glob("*.py"))}
    assert set(drawn) == rooms
