"""gapviz: see, measure and close the modality gap of a dual encoder."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from gapviz.core.collection import Collection as Collection
    from gapviz.core.errors import GapvizError as GapvizError
    from gapviz.core.item import Item as Item
    from gapviz.core.modality_vectors import ModalityVectors as ModalityVectors
    from gapviz.notebook.advise import advise as advise
    from gapviz.notebook.answer import Answer as Answer
    from gapviz.notebook.compare import compare as compare
    from gapviz.notebook.cones import cones as cones
    from gapviz.notebook.measure import measure as measure
    from gapviz.notebook.modality_transformer import ModalityTransformer as ModalityTransformer
    from gapviz.notebook.read import read as read
    from gapviz.notebook.scoreboard import scoreboard as scoreboard
    from gapviz.notebook.search import search as search
    from gapviz.notebook.serve import Dashboard as Dashboard
    from gapviz.notebook.serve import serve as serve
    from gapviz.strategies.estimator import strategy as strategy

_OFFERED = {
    "Answer": "gapviz.notebook.answer",
    "Collection": "gapviz.core.collection",
    "Dashboard": "gapviz.notebook.serve",
    "GapvizError": "gapviz.core.errors",
    "Item": "gapviz.core.item",
    "ModalityTransformer": "gapviz.notebook.modality_transformer",
    "ModalityVectors": "gapviz.core.modality_vectors",
    "advise": "gapviz.notebook.advise",
    "compare": "gapviz.notebook.compare",
    "cones": "gapviz.notebook.cones",
    "measure": "gapviz.notebook.measure",
    "read": "gapviz.notebook.read",
    "scoreboard": "gapviz.notebook.scoreboard",
    "search": "gapviz.notebook.search",
    "serve": "gapviz.notebook.serve",
    "strategy": "gapviz.strategies.estimator",
}
"""Name → the module it comes from, which is loaded when the name is first asked for."""

__all__ = [  # noqa: PLE0604
    "__version__",
    *_OFFERED,
]


def __getattr__(name: str) -> Any:
    module = _OFFERED.get(name)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(import_module(module), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted(__all__)
