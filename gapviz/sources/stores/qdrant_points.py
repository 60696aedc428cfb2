"""What Qdrant takes: ids, vectors, filters and the set-up of a field, from what gapviz has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from gapviz.core.vectors import Float32
from gapviz.sources.stores.store import Metric, VectorField

TEXT_ID = "gapviz_id"
"""Payload of a point whose id is neither a whole number nor a UUID, all that Qdrant takes."""
METRICS: dict[str, Metric] = {"Cosine": "cosine", "Dot": "dot", "Euclid": "euclidean"}


def field_config(models: Any, field: VectorField) -> Any:
    """The set-up of a field; of several vectors of an entry the best counts."""
    distance = {metric: name for name, metric in METRICS.items()}[field.metric]
    best = models.MultiVectorConfig(comparator=models.MultiVectorComparator.MAX_SIM)
    return models.VectorParams(
        size=field.dim,
        distance=models.Distance(distance),
        multivector_config=best if field.several else None,
    )


def equal_filter(models: Any, where: Mapping[str, str] | None) -> Any:
    """The filter that lets through payload that equals what is asked; None lets through all."""
    if not where:
        return None
    return models.Filter(
        must=[
            models.FieldCondition(key=key, match=models.MatchValue(value=value))
            for key, value in where.items()
        ]
    )


def asked_vector(field: VectorField, row: Float32) -> list[Any]:
    """A query `(dim,)` in the form that the field takes."""
    numbers: list[Any] = row.tolist()
    return [numbers] if field.several else numbers


def point_id(text: str) -> int | str:
    """What Qdrant takes for an id: the number or UUID that the text is, else one made of it."""
    digits = text.isascii() and text.isdigit() and len(text) <= len(str(1 << 64))
    if digits and str(int(text)) == text and int(text) < 1 << 64:
        return int(text)
    try:
        return text if str(UUID(text)) == text else str(uuid5(NAMESPACE_URL, text))
    except ValueError:
        return str(uuid5(NAMESPACE_URL, text))


def text_id(point: Any) -> str:
    """The id of a point as it was written."""
    return str((point.payload or {}).get(TEXT_ID, point.id))
