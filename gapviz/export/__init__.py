"""Taking a fitted strategy home: files, code for where it will run, and moving vectors."""

from gapviz.export.card import ExportCard, PairThreshold
from gapviz.export.folder import (
    ARRAYS_FILE,
    CARD_FILE,
    Exported,
    export_files,
    export_strategy,
    load_exported,
    zipped,
)
from gapviz.export.snippets import Snippet, snippets_of

__all__ = [
    "ARRAYS_FILE",
    "CARD_FILE",
    "ExportCard",
    "Exported",
    "PairThreshold",
    "Snippet",
    "export_files",
    "export_strategy",
    "load_exported",
    "snippets_of",
    "zipped",
]
