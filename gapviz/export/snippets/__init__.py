"""Code for the places where an exported strategy can run, one file a place.

A place is found by being there: a file of this folder, or an entry point of a package, with a
`StoreExport`.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from gapviz.core.discovery import installed, modules_of
from gapviz.export.card import ExportCard
from gapviz.export.snippets.base import Snippet, StoreExport
from gapviz.strategies import Strategy

__all__ = ["Snippet", "StoreExport", "snippets_of"]

ENTRY_POINTS = "gapviz.exports"

NO_CODE = (
    "No code: this strategy comes without code that moves vectors. Move them with `gapviz apply`, "
    "or in Python with `load_exported(folder).transform`, and index what it writes."
)


def snippets_of(card: ExportCard, strategy: Strategy) -> tuple[Snippet, ...]:
    """One snippet a place, with the real values of `card`; one without code says why.

    Args:
        card: of the exported strategy.
        strategy: that strategy, fitted or restored.
    """
    made = [export.make(card, strategy) for export in store_exports()]
    if strategy.spec.moves_vectors and not strategy.move_code:
        made = [replace(one, code="", note=NO_CODE) for one in made]
    return tuple(made)


@cache
def store_exports() -> tuple[StoreExport, ...]:
    """Every place, in the order of lists."""
    modules = modules_of(__name__, __path__)
    found = [module.EXPORT for module in modules if hasattr(module, "EXPORT")]
    found += installed(ENTRY_POINTS, StoreExport)
    return tuple(sorted(found, key=lambda export: export.place))
