"""gapviz: see, measure and close the modality gap of a dual encoder."""

from gapviz.core.collection import Collection, Item, ModalityVectors
from gapviz.core.errors import GapvizError

__version__ = "0.1.0"

__all__ = ["Collection", "GapvizError", "Item", "ModalityVectors", "__version__"]
