"""JSON with a checksum of its own content, so that a flipped bit is found."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from gapviz.core.plain_json import parsed_json

SEAL = "sha256"
"""Key of the checksum, beside what it is of. What was written without one is read as well."""


def sealed_json(values: Mapping[str, Any], *, indent: int | None = None) -> bytes:
    """The values as JSON in UTF-8, with their checksum."""
    whole = {**values, SEAL: _checksum(values)}
    return json.dumps(whole, ensure_ascii=False, indent=indent).encode()


def opened_json(content: bytes) -> dict[str, Any]:
    """The values that `sealed_json` wrote.

    Raises:
        ValueError: no JSON object, or other values than were written.
    """
    values = parsed_json(content.decode())
    if not isinstance(values, dict):
        raise ValueError("is no JSON object")
    seal = values.pop(SEAL, None)
    if seal is not None and seal != _checksum(values):
        raise ValueError("its checksum differs")
    return values


def _checksum(values: Mapping[str, Any]) -> str:
    """SHA-256 of the values, however they are laid out, in hex."""
    text = json.dumps(values, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
