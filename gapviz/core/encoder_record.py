"""What a collection remembers of its encoder, so that what asks later is encoded in its way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class EncoderRecord:
    """How the encoder of a collection is had again, and what it says before what it encodes."""

    loads_as: str | None = None
    """What `load_encoder` takes, where it is not `Collection.encoder`: a path, say."""
    document_prompt: str = ""
    """What stood before everything that is indexed."""
    query_prompt: str = ""
    """What stands before what asks."""
    asks_apart: bool = False
    """Whether what asks is encoded in another way than what is indexed."""

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> EncoderRecord:
        """The record of its fields as plain values, as a saved collection has them.

        Raises:
            TypeError: a field of another kind, or none of this name.
        """
        for name, value in told.items():
            kind = (str, type(None)) if name == "loads_as" else type(getattr(cls(), name, None))
            if not isinstance(value, kind):
                raise TypeError(f"{name} is {type(value).__name__}")
        return cls(**told)


NO_RECORD = EncoderRecord()
"""Of vectors that came as a file, and of an encoder that its name says all of."""
