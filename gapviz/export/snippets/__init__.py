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

NO_SEARCH = (
    "No code: several steps change the scores of whole lists. Search in Python with "
    "`load_exported(folder).strategy` and `gapviz.retrieval.exact_index.ExactIndex`."
)


def snippets_of(card: ExportCard, strategy: Strategy) -> tuple[Snippet, ...]:
    """One snippet a place, with the real values of `card`; one without code says why.

    Args:
        card: of the exported strategy.
        strategy: that strategy, fitted or restored.
    """
    made = [export.make(card, strategy) for export in store_exports()]
    why = None
    if strategy.spec.moves_vectors and not strategy.generated_move():
        why = NO_CODE
    elif strategy.serving == "references" and not strategy.search_code:
        why = NO_SEARCH
    return tuple(made if why is None else [replace(one, code="", note=why) for one in made])


@cache
def store_exports() -> tuple[StoreExport, ...]:
    """Every place, in the order of lists."""
    modules = modules_of(__name__, __path__)
    found = [module.EXPORT for module in modules if hasattr(module, "EXPORT")]
    found += installed(ENTRY_POINTS, StoreExport)
    return tuple(sorted(found, key=lambda export: export.place))
