"""gapviz: see, measure and close the modality gap of a dual encoder."""

from gapviz.collection import Collection, Item, ModalityVectors
from gapviz.errors import GapvizError

__version__ = "0.1.0"

__all__ = ["Collection", "GapvizError", "Item", "ModalityVectors", "__version__"]
