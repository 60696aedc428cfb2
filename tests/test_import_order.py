"""Packages import in one direction: what stands later may know what stands before."""

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "gapviz"

ORDER = (
    "storage",
    "collection",
    "geometry",
    "alignment",
    "retrieval",
    "strategies",
    "evaluation",
    "measure",
    "studies",
    "figures",
    "dashboard",
)

# A collection saves itself by calling what can read it.
ONE_UNIT = {"saved_collection": "collection"}


def unit_of(module: str) -> str:
    """The folder of `gapviz` that a module lies in, or its file in gapviz itself."""
    parts = module.split(".")
    name = parts[1] if len(parts) > 1 else "gapviz"
    return ONE_UNIT.get(name, name)


def imported(tree: ast.AST) -> Iterator[str]:
    """Modules of gapviz that are imported anywhere, in functions too, but for types alone."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            # `from gapviz import encoders` names a module; so may any other import.
            for alias in node.names:
                name = f"{node.module}.{alias.name}"
                path = PACKAGE.parent.joinpath(*name.split("."))
                is_module = path.is_dir() or path.with_suffix(".py").is_file()
                yield name if is_module else node.module
        yield from imported(node)


def import_graph() -> dict[str, set[str]]:
    graph: dict[str, set[str]] = {}
    for path in PACKAGE.rglob("*.py"):
        parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
        unit = unit_of(".".join(part for part in parts if part != "__init__"))
        modules = imported(ast.parse(path.read_text("utf-8")))
        found = {unit_of(name) for name in modules if name.split(".")[0] == "gapviz"}
        graph.setdefault(unit, set()).update(found - {unit})
    return graph


@pytest.fixture(scope="module")
def graph():
    return import_graph()


def reached(graph: dict[str, set[str]], unit: str) -> set[str]:
    seen: set[str] = set()
    ahead = [unit]
    while ahead:
        for other in graph[ahead.pop()] - seen:
            seen.add(other)
            ahead.append(other)
    return seen


def test_no_packages_import_each_other_in_a_circle(graph):
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(f"imports go round: {' → '.join(error.args[1])}")


@pytest.mark.parametrize("unit", ORDER)
def test_a_package_needs_nothing_that_stands_after_it(graph, unit):
    later = set(ORDER[ORDER.index(unit) + 1 :])
    assert reached(graph, unit) & later == set()


def test_the_order_names_packages_that_are_there(graph):
    assert set(ORDER) <= set(graph)
    assert "alignment" in reached(graph, "retrieval")
