"""The strategy in plain numpy: the reference that the other generated files import."""

from __future__ import annotations

from gapviz.core.python_source import literal
from gapviz.export.card import ExportCard
from gapviz.export.snippets.base import (
    Snippet,
    by_item,
    head,
    search_of,
    weights_of,
)

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

_STAY = '''

def move(vectors, modality):
    """Unit rows (n, dim) float32: this strategy moves no vector."""
    return unit(vectors)
'''

_SHIFT = '''

STRENGTH = {strength}


def move(vectors, modality):
    """Unit rows (n, dim) float32, moved; documents and queries alike go through it."""
    shift = STRENGTH * STORED[f"direction.{{modality}}"]
    return unit(unit(vectors) + shift)
'''

_ZSCORE = '''

def move(vectors, modality):
    """Unit rows (n, dim) float32, moved; documents and queries alike go through it."""
    return unit((unit(vectors) - STORED[f"mean.{modality}"]) / STORED[f"spread.{modality}"])
'''

_MAP = '''

ANCHOR = {anchor}


def move(vectors, modality):
    """Unit rows (n, dim) float32, moved; documents and queries alike go through it."""
    centred = unit(vectors) - STORED[f"mean.{{modality}}"]
    return unit(centred if modality == ANCHOR else centred @ STORED[f"matrix.{{modality}}"])
'''

_MIXED = '''

def search(query, modality, rows, k=10):
    """The k best of moved rows {modality: (n, dim)}, as [((modality, row), score)]."""
    moved = move(query[None], modality)[0]
    hits = [
        ((name, row), float(score))
        for name, block in rows.items()
        for row, score in enumerate(block @ moved)
    ]
    return sorted(hits, key=lambda hit: -hit[1])[:k]
'''

_REFERENCES = '''

ALPHA, NEIGHBOURS = {alpha}, {neighbours}


def levels(block, modality):
    """What rows (n, dim) score with the reference queries of a modality; take it once."""
    scores = block @ STORED[f"references.{{modality}}"].T
    scores = np.where(scores > 1 - 1e-6, -np.inf, scores)  # a copy of the row says nothing
    best = np.sort(scores, axis=1)[:, -NEIGHBOURS:]
    known = np.isfinite(best)
    return np.where(known, best, 0).sum(axis=1) / np.maximum(known.sum(axis=1), 1)


def search(query, modality, rows, k=10):
    """The k best of unit rows {{modality: (n, dim)}}, as [((modality, row), score)]."""
    moved = move(query[None], modality)[0]
    hits = [
        ((name, row), float(score))
        for name, block in rows.items()
        for row, score in enumerate(block @ moved - ALPHA * levels(block, modality))
    ]
    return sorted(hits, key=lambda hit: -hit[1])[:k]
'''

_RRF = '''

K, RANK_BASE = {k}, {rank_base}
WEIGHTS = {weights}


def list_order(modality):
    """Modalities in the order in which equal fused scores are broken."""
    return sorted(MODALITIES, key=lambda name: name {sign}= modality)


def merge(lists, modality):
    """Fuse {{modality: [(key, cosine), best first]}} by rank, as [(key, score)]."""
    scores = {{}}
    for name in list_order(modality):
        for rank, (key, _) in enumerate(lists.get(name, []), start=RANK_BASE):
            scores[key] = scores.get(key, 0.0) + WEIGHTS[name] / (K + rank)
    return sorted(scores.items(), key=lambda entry: -entry[1])
'''

_ITEMS_RRF = '''

K, RANK_BASE = {k}, {rank_base}
WEIGHTS = {weights}


def merge(lists, modality):
    """Fuse {{modality: [(item, cosine), best first]}} by rank of an item's best row."""
    scores = {{}}
    for name in MODALITIES:
        items = dict.fromkeys(item for item, _ in lists.get(name, []))
        for rank, item in enumerate(items, start=RANK_BASE):
            scores[item] = scores.get(item, 0.0) + WEIGHTS[name] / (K + rank)
    return sorted(scores.items(), key=lambda entry: -entry[1])
'''

_ITEMS_MAX = '''

def merge(lists, modality):
    """The best cosine of every item in {modality: [(item, cosine)]}, as [(item, score)]."""
    scores = {}
    for name in MODALITIES:
        for item, cosine in lists.get(name, []):
            scores[item] = max(scores.get(item, -1.0), cosine)
    return sorted(scores.items(), key=lambda entry: -entry[1])
'''

_LEVELS = '''

# Query modality, row modality → mean and spread of the calibration cosines.
LEVELS = {levels}


def merge(lists, modality):
    """Merge {{modality: [(key, cosine)]}} by cosines made comparable, as [(key, score)]."""
    scores = []
    for name, entries in lists.items():
        mean, spread = LEVELS[modality, name]
        scores += [(key, (cosine - mean) / spread) for key, cosine in entries]
    return sorted(scores, key=lambda entry: -entry[1])
'''

_RESCALED = '''

def rescaled(cosines):
    """The cosines of one whole list, made comparable with those of another."""
    cosines = np.asarray(cosines, dtype=np.float64)
    {rescale}


def merge(lists, modality):
    """Merge whole lists {{modality: [(key, cosine)]}} by rescaled score, as [(key, score)]."""
    scores = []
    for name, entries in lists.items():
        fused = rescaled([cosine for _, cosine in entries])
        scores += [
            (key, float(score), name {sign}= modality, cosine)
            for (key, cosine), score in zip(entries, fused)
        ]
    # Equal scores: {first}, then by cosine.
    scores.sort(key=lambda entry: (-entry[1], entry[2], -entry[3]))
    return [(key, score) for key, score, _, _ in scores]
'''

_RESCALE = {
    "min-max": "low, width = cosines.min(), np.ptp(cosines)\n"
    "    return (cosines - low) / width if width > 0 else np.zeros_like(cosines)",
    "z-score": "spread = cosines.std()\n"
    "    return (cosines - cosines.mean()) / spread if spread > 0 else np.zeros_like(cosines)",
    "dbsf": "spread = cosines.std()\n"
    "    fused = (cosines - cosines.mean()) / spread if spread > 0 else np.zeros_like(cosines)\n"
    "    return np.clip(fused, -3, 3)",
}

_SEARCH_LISTS = '''

def search(query, modality, rows, k=10):
    """The k best of unit rows {modality: (n, dim)}, as [((modality, row), score)]."""
    moved = move(query[None], modality)[0]
    lists = {}
    for name, block in rows.items():
        cosines = block @ moved
        order = np.argsort(-cosines, kind="stable")
        lists[name] = [((name, int(row)), float(cosines[row])) for row in order]
    return merge(lists, modality)[:k]
'''

_SEARCH_ITEMS = '''

def search(query, modality, rows, items, k=10):
    """The k best items of unit rows {modality: (n, dim)}, as [(item, score)].

    `items` names the item of every row: {modality: n of them}.
    """
    moved = move(query[None], modality)[0]
    lists = {}
    for name, block in rows.items():
        cosines = block @ moved
        order = np.argsort(-cosines, kind="stable")
        lists[name] = [(items[name][row], float(cosines[row])) for row in order]
    return merge(lists, modality)[:k]
'''


def numpy_snippet(card: ExportCard) -> Snippet:
    """`move` and `search`, and `merge` where lists are brought together."""
    code = (
        head(card, "numpy safetensors")
        + _IMPORTS.replace("{modalities}", literal(card.modalities)).replace("{dim}", str(card.dim))
        + _move(card)
        + _search(card)
    )
    note = (
        "Exact search over arrays in memory; `gapviz apply` moves files too large for that, and "
        "gives the bits that gapviz itself searches."
    )
    return Snippet("Plain numpy", "in_numpy.py", code, note)


def _move(card: ExportCard) -> str:
    if card.acts_on != "vectors":
        return _STAY
    if card.strategy == "zscore":
        return _ZSCORE
    if "anchor" in card.parameters:
        return _MAP.format(anchor=literal(card.parameters["anchor"]))
    return _SHIFT.format(strength=repr(card.parameters["strength"]))


def _search(card: ExportCard) -> str:
    how = search_of(card)
    if how == "mixed":
        return _MIXED
    if how == "references":
        return _REFERENCES.format(**card.parameters)
    return _merge(card) + (_SEARCH_ITEMS if by_item(card) else _SEARCH_LISTS)


def _merge(card: ExportCard) -> str:
    fusion = card.fusion or {}
    if search_of(card) == "ranks":
        return (_ITEMS_RRF if by_item(card) else _RRF).format(
            k=repr(fusion["k"]),
            rank_base=fusion["rank_base"],
            weights=literal(weights_of(card)),
            sign="!" if fusion["ties"] == "own-first" else "=",
        )
    if card.score_levels:
        levels = "".join(
            f"    ({literal(a)}, {literal(b)}): ({mean!r}, {spread!r}),\n"
            for a, b, mean, spread in card.score_levels
        )
        return _LEVELS.format(levels=f"{{\n{levels}}}")
    if by_item(card):
        return _ITEMS_MAX
    own_first = fusion["ties"] == "own-first"
    return _RESCALED.format(
        rescale=_RESCALE[fusion["method"]],
        sign="!" if own_first else "=",
        first="the query's modality first" if own_first else "the other modalities first",
    )
