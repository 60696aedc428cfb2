"""What the mapping of an index of OpenSearch declares."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from gapviz.core.errors import GapvizError
from gapviz.sources.stores.clients import field_named
from gapviz.sources.stores.store import Metric, StoreSchema, VectorField

METRICS: dict[str, Metric] = {
    "cosinesimil": "cosine",
    "innerproduct": "dot",
    "l2": "euclidean",
}
WHOLE = {
    "keyword", "constant_keyword", "wildcard", "boolean", "byte", "short", "integer", "long",
    "unsigned_long", "float", "half_float", "double", "date", "ip",
}  # fmt: skip
"""Types that are compared as they are; text is taken apart when it is stored."""


@dataclass(frozen=True, slots=True)
class KnnField:
    """A field of vectors."""

    field: VectorField
    space: str
    engine: str
    method: str
    """`hnsw` or `ivf`."""
    nested: str = ""
    """Path of the nested objects that hold it, several a document."""


@dataclass(frozen=True, slots=True)
class IndexMapping:
    """The fields of an index."""

    vectors: tuple[KnnField, ...]
    payload: Mapping[str, Mapping[str, Any]]
    """What the mapping says of every other field, by its name."""

    @property
    def fields(self) -> tuple[VectorField, ...]:
        """As every store tells them."""
        return tuple(one.field for one in self.vectors)

    def vector(self, name: str, where: str) -> KnnField:
        """The field of vectors of a name.

        Raises:
            GapvizError: there is none.
        """
        found = field_named(StoreSchema(self.fields, (), 0), name, where)
        return next(one for one in self.vectors if one.field == found)

    def filters(self, where: Mapping[str, str], address: str) -> list[dict[str, Any]]:
        """The conditions that documents have to equal values.

        Raises:
            GapvizError: a field that is not there, or only as text that is taken apart.
        """
        return [{"term": {self._whole(name, address): value}} for name, value in where.items()]

    def _whole(self, name: str, address: str) -> str:
        told = self.payload.get(name)
        if told is None:
            raise GapvizError(f"the index has no field {name!r} to filter by", where=address)
        if told.get("type") in WHOLE:
            return name
        for part, kind in (told.get("fields") or {}).items():
            if kind.get("type") == "keyword":
                return f"{name}.{part}"
        raise GapvizError(
            f"the field {name!r} is text that is taken apart, and cannot be compared whole",
            where=address,
            hint="map it as keyword too",
        )


def read_mapping(client: Any, index: str, where: str) -> IndexMapping:
    """The mapping of an index; of an alias, that of the first index behind it.

    Raises:
        GapvizError: a field is measured by a space that gapviz does not read, or has no stated
            dimension.
    """
    told = client.indices.get_mapping(index=index)
    name = min(told)
    settings = client.indices.get_settings(index=name)[name]["settings"]["index"]
    searched = str(settings.get("knn", "false")).lower() == "true"
    vectors, payload = [], {}
    for path, field, nested in _leaves(told[name]["mappings"].get("properties", {}), "", ""):
        if field.get("type") == "knn_vector":
            if field.get("data_type") != "binary":
                vectors.append(_knn_field(path, field, nested, searched, settings, where))
        elif not nested:
            payload[path] = field
    return IndexMapping(tuple(vectors), payload)


def _leaves(
    properties: Mapping[str, Any], before: str, nested: str
) -> Iterator[tuple[str, Mapping[str, Any], str]]:
    """Path, declaration, and nested objects around it, of every field."""
    for name, field in properties.items():
        path = f"{before}{name}"
        if "properties" in field:
            inside = path if field.get("type") == "nested" else nested
            yield from _leaves(field["properties"], f"{path}.", inside)
        else:
            yield path, field, nested


def _knn_field(
    path: str,
    told: Mapping[str, Any],
    nested: str,
    searched: bool,
    settings: Mapping[str, Any],
    where: str,
) -> KnnField:
    method = told.get("method") or {}
    # Before 2.17 the space stood in the method or in the settings alone; l2 where nowhere.
    space = (
        told.get("space_type")
        or method.get("space_type")
        or settings.get("knn.space_type")
        or (settings.get("knn", {}) if isinstance(settings.get("knn"), dict) else {}).get(
            "space_type"
        )
        or "l2"
    )
    if space not in METRICS or "dimension" not in told:
        raise GapvizError(
            f"the field {path!r} is measured by {space!r}, or takes its dimension from a model",
            where=where,
            hint=f"gapviz reads {', '.join(METRICS)}, with the dimension in the mapping",
        )
    engine, name = method.get("engine", "faiss"), method.get("name", "hnsw")
    words = [f"{name.upper()} of {engine}"]
    words += [
        f"{key} = {value}"
        for key, value in (method.get("parameters") or {}).items()
        if isinstance(value, int)
    ]
    words += [f"{key} {told[key]}" for key in ("mode", "compression_level") if key in told]
    field = VectorField(
        path, int(told["dimension"]), METRICS[space], several=bool(nested),
        index=", ".join(words) if searched else "",
    )  # fmt: skip
    return KnnField(field, space, engine, name, nested)


def value_at(source: Mapping[str, Any], path: str) -> Any:
    """What a document holds at a path of names; a list where one of them holds several."""
    if path in source:
        return source[path]
    name, _, rest = path.partition(".")
    held = source.get(name)
    if not rest or held is None:
        return held
    if isinstance(held, list):
        return [value_at(one, rest) for one in held]
    return value_at(held, rest) if isinstance(held, Mapping) else None
