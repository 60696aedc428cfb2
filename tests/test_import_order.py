"""Rooms import in one direction: what stands later may know what stands before."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "gapviz"

ROOMS = (
    "core",
    "storage",
    "sources",
    "encoders",
    "strategies",
    "retrieval",
    "measures",
    "analyses",
    "figures",
    "export",
    "dashboard",
    "notebook",
    "commands",
)

MOST_ROOMS = 13


def module_of(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


MODULES = {module_of(path): path for path in PACKAGE.rglob("*.py")}


def room_of(module: str) -> str:
    """The folder of `gapviz` that a module lies in; "" for gapviz itself."""
    return module.split(".")[1] if "." in module else ""


FACE = "gapviz"
"""The module whose imports for types only say what it offers: it loads a room when asked for it."""


def imported(tree: ast.AST) -> Iterator[str]:
    """Modules of gapviz that are imported anywhere, in functions and for types too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in MODULES)
        elif isinstance(node, ast.ImportFrom) and node.module in MODULES:
            for alias in node.names:
                # `from gapviz import encoders` names a module; so may any other import.
                name = f"{node.module}.{alias.name}"
                yield name if name in MODULES else node.module


@pytest.fixture(scope="module")
def graph():
    return {
        module: set(imported(ast.parse(path.read_text("utf-8")))) - {module}
        for module, path in MODULES.items()
        if module != FACE
    } | {FACE: set()}


def test_the_face_of_the_package_imports_rooms_for_types_alone():
    body = ast.parse(MODULES[FACE].read_text("utf-8")).body
    at_run_time = [node for node in body if not isinstance(node, ast.If)]
    assert not [one for node in at_run_time for one in imported(node)]


def test_the_house_has_the_rooms_that_it_says_and_nothing_beside_them():
    entries = {
        path.stem
        for path in PACKAGE.iterdir()
        if (path.is_dir() and any(path.glob("*.py"))) or path.suffix == ".py"
    }
    assert entries - {"__init__", "__main__"} == set(ROOMS)
    assert len(ROOMS) <= MOST_ROOMS


def test_no_modules_import_each_other_in_a_circle(graph):
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(f"imports go round: {' → '.join(error.args[1])}")


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_only_what_stands_before_it(graph, room):
    allowed = {"", *ROOMS[: ROOMS.index(room) + 1]}
    wrong = [
        f"{module} imports {other}"
        for module, others in graph.items()
        if room_of(module) == room
        for other in others
        if room_of(other) not in allowed
    ]
    assert not wrong


def test_the_graph_sees_imports(graph):
    assert "gapviz.core.errors" in graph["gapviz.core.collection"]


@pytest.mark.parametrize("first", ["gapviz.sources.images.references", "gapviz.sources.files"])
def test_readers_of_images_and_of_files_can_be_imported_in_any_order(first):
    subprocess.run([sys.executable, "-c", f"import {first}"], check=True)
