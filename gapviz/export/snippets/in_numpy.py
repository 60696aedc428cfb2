"""The strategy in plain numpy: the reference that the other generated files import."""

from __future__ import annotations

from gapviz.core.python_source import literal
from gapviz.export.card import ExportCard
from gapviz.export.matches import match_code
from gapviz.export.snippets.base import Snippet, StoreExport, head
from gapviz.strategies import Strategy

_IMPORTS = '''
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file

STORED = load_file(Path(__file__).with_name("strategy.safetensors"))
MODALITIES = {modalities}
DIM = {dim}


def unit(rows):
    """Rows (n, dim) scaled to length 1, as float32."""
    rows = np.asarray(rows, dtype=np.float64)
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
'''

_MIXED = '''

def search(query, modality, rows, k=10):
    """The k best of moved rows {modality: (n, dim)}, as [((modality, row), score)]."""
    moved = move_query(query[None], modality)[0]
    hits = [
        ((name, row), float(score))
        for name, block in rows.items()
        for row, score in enumerate(block @ moved)
    ]
    return sorted(hits, key=lambda hit: -hit[1])[:k]
'''

_SEARCH = '''

def search(query, modality, rows, {items}k=10):
    """The k best {what}"""
    moved = move_query(query[None], modality)[0]
    lists = {{}}
    for name, block in rows.items():
        cosines = block @ moved
        order = np.argsort(-cosines, kind="stable")
        lists[name] = [({key}, float(cosines[row])) for row in order]
    return merge(lists, modality)[:k]
'''
_LISTS = {
    "items": "",
    "what": "of unit rows {modality: (n, dim)}, as [((modality, row), score)].",
    "key": "(name, int(row))",
}
_ITEMS = {
    "items": "items, ",
    "what": """items of unit rows {modality: (n, dim)}, as [(item, score)].

    `items` names the item of every row: {modality: n of them}.
    """,
    "key": "items[name][row]",
}


def numpy_snippet(card: ExportCard, strategy: Strategy) -> Snippet:
    """`move`, `move_query`, `search` and `match_probability`; `merge` where lists are merged."""
    code = head(card, "numpy safetensors")
    code += _IMPORTS.format(modalities=literal(card.modalities), dim=card.dim)
    code += strategy.generated_move() + _search(strategy, card) + match_code(card.matches)
    note = (
        "Exact search over arrays in memory; `gapviz apply` moves files too large for that, and "
        "gives the bits that gapviz itself searches."
    )
    return Snippet("Plain numpy", "in_numpy.py", code, note)


def _search(strategy: Strategy, card: ExportCard) -> str:
    if strategy.search_code:
        return strategy.search_code
    if card.serving == "mixed":
        return _MIXED
    merge = strategy.merge_code(card.modalities)
    return merge + _SEARCH.format(**(_ITEMS if card.by_item else _LISTS))


EXPORT = StoreExport(numpy_snippet, place=10)
