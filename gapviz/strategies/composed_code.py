"""Code of a composition for a generated file: every step in a function of its own."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import indent

from gapviz.strategies.base import ASKS_ALIKE, STAYS, Strategy

_PART = '''

def part(prefix):
    """The stored arrays of one step."""
    return {key.removeprefix(prefix): STORED[key] for key in STORED if key.startswith(prefix)}
'''

_STEP = '''

def {name}_{place}(STORED):
    """Step {number}: {strategy}."""
{code}
    return {gives}
'''

_MOVE = '''

MOVES = [{moves}]


def move(vectors, modality):
    """Unit rows (n, dim) float32 of documents, moved by every step."""
    for move_document, _ in MOVES:
        vectors = move_document(vectors, modality)
    return vectors


def move_query(vectors, modality):
    """The same of queries."""
    for _, move_as_query in MOVES:
        vectors = move_as_query(vectors, modality)
    return vectors
'''


def composed_move(moving: Sequence[tuple[int, Strategy]]) -> str:
    """`part`, `move` and `move_query` of steps with their places."""
    if not moving:
        return _PART + STAYS.format() + ASKS_ALIKE
    code = "".join(
        _step("step", place, step, step.generated_move(), "move, move_query")
        for place, step in moving
    )
    calls = ", ".join(f'step_{place}(part("{place}."))' for place, _ in moving)
    return _PART + code + _MOVE.format(moves=calls)


def composed_search(place: int, step: Strategy) -> str:
    """`search` of the step that adjusts scores."""
    if not step.search_code:
        return ""
    code = _step("scoring", place, step, step.search_code, "search")
    return code + f'\n\nsearch = scoring_{place}(part("{place}."))\n'


def _step(name: str, place: int, step: Strategy, code: str, gives: str) -> str:
    return _STEP.format(
        name=name,
        place=place,
        number=place + 1,
        strategy=step.spec.name,
        code=indent(code.strip("\n"), "    "),
        gives=gives,
    )
