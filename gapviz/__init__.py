"""gapviz: see, measure and close the modality gap of a dual encoder."""

from gapviz.core.collection import Collection
from gapviz.core.errors import GapvizError
from gapviz.core.item import Item
from gapviz.core.modality_vectors import ModalityVectors

__version__ = "0.1.0"

__all__ = ["Collection", "GapvizError", "Item", "ModalityVectors", "__version__"]
