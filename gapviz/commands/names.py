"""Names that people type where a source or an encoder is wanted, for completion and for hints."""

from __future__ import annotations

from gapviz.sources.builtin import SHIPPED_COLLECTIONS
from gapviz.sources.builtin.variants import BUILTIN_ENCODERS
from gapviz.sources.library.stored import Workspace


def source_names() -> list[str]:
    """Collections that come along, and those of the dashboard by their titles."""
    kept = (one.title or one.id for one in Workspace().collections())
    return list(dict.fromkeys([*SHIPPED_COLLECTIONS, *BUILTIN_ENCODERS, *kept]))


def encoder_names() -> list[str]:
    """Encoders that come along, and those that collections of the dashboard have vectors of."""
    kept = (one.encoder for held in Workspace().collections() for one in held.encodings)
    return list(dict.fromkeys([*BUILTIN_ENCODERS, *kept]))
