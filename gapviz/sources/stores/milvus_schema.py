"""What a collection of Milvus declares, read and written, and its expressions."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from gapviz.core.errors import GapvizError
from gapviz.sources.stores.store import Metric, VectorField

METRICS: dict[str, Metric] = {"COSINE": "cosine", "IP": "dot", "L2": "euclidean"}
KEY, OTHER_KEY = "id", "gapviz_id"
"""Key of a collection that gapviz creates, and where something else is called so already."""
ONE_VECTOR = "vector"
"""Field of an entry whose one vector has no name."""
MARK = "gapviz"
"""Description of a collection that gapviz created; Milvus Lite keeps a property instead."""
REST = "$meta"
"""Holds what a row has beside the declared fields."""
EXACT = ("FLAT", "BRUTE_FORCE")
EFFORTS = (("IVF", "nprobe"), ("SCANN", "nprobe"), ("DISKANN", "search_list"), ("", "ef"))
"""What the effort of a search is called, by how the name of the index begins."""
LONGEST_ID = 1_024
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")

NULLS = (
    "Milvus Lite keeps a missing vector as zeros, searches it with the score 0, above every "
    "negative one, and lets it share in rank fusion"
)


@dataclass(frozen=True, slots=True)
class Declared:
    """The fields of a collection."""

    key: str
    key_is_text: bool
    vectors: tuple[VectorField, ...]
    nullable: frozenset[str]
    """Vector fields that an entry may lack."""
    scalars: Mapping[str, str]
    """Type by name of the other fields."""
    open_ended: bool
    """Whether rows may hold more than is declared."""

    def expression(self, where: Mapping[str, str]) -> str:
        """What rows have to equal, as Milvus writes it; text is quoted as in JSON."""
        return " and ".join(self._equals(name, value) for name, value in where.items())

    def _equals(self, name: str, value: str) -> str:
        kind = self.scalars.get(name)
        quoted = json.dumps(value, ensure_ascii=False)
        plain = re.fullmatch(r"-?\d+(\.\d+)?|true|false", value) is not None
        if kind == "VARCHAR":
            return f"{name} == {quoted}"
        if kind is not None:
            return f"{name} == {value if plain else quoted}"
        left = f"{REST}[{json.dumps(name, ensure_ascii=False)}]"
        return f"({left} == {quoted} or {left} == {value})" if plain else f"{left} == {quoted}"

    def keys(self, ids: Sequence[str]) -> str:
        """Rows with one of some keys."""
        return f"{self.key} in [{', '.join(map(self.literal, ids))}]"

    def literal(self, key: str) -> str:
        """A key in an expression.

        Raises:
            GapvizError: it should be a number and is none.
        """
        if self.key_is_text:
            return json.dumps(key, ensure_ascii=False)
        if re.fullmatch(r"-?\d+", key) is None:
            raise GapvizError(f"the keys of this collection are numbers, {key!r} is none")
        return key


def read_declared(client: Any, collection: str) -> Declared:
    """The fields of a collection, as Milvus describes them."""
    told = client.describe_collection(collection)
    vectors, scalars, nullable, key, key_is_text = [], {}, set(), "", False
    for field in told["fields"]:
        kind, name = field["type"].name, field["name"]
        if field.get("is_primary"):
            key, key_is_text = name, kind == "VARCHAR"
        elif kind == "FLOAT_VECTOR":
            vectors.append(_vector_field(client, collection, field))
            if field.get("nullable"):
                nullable.add(name)
        elif "VECTOR" not in kind:
            scalars[name] = kind
    return Declared(
        key, key_is_text, tuple(vectors), frozenset(nullable), scalars,
        bool(told.get("enable_dynamic_field")),
    )  # fmt: skip


def is_ours(client: Any, collection: str) -> bool:
    """Whether gapviz created a collection."""
    told = client.describe_collection(collection)
    return told.get("description") == MARK or MARK in (told.get("properties") or {})


def _vector_field(client: Any, collection: str, field: Mapping[str, Any]) -> VectorField:
    name, dim = field["name"], int(field["params"]["dim"])
    names = client.list_indexes(collection, field_name=name)
    if not names:
        return VectorField(name, dim)
    index = client.describe_index(collection, names[0])
    kind, metric = index.get("index_type", ""), METRICS.get(index.get("metric_type", ""))
    if metric is None:
        raise GapvizError(
            f"the field {name!r} is measured by {index.get('metric_type')}",
            hint=f"gapviz reads {', '.join(METRICS)}",
        )
    settings = [
        f"{key} = {value}"
        for key, value in index.items()
        if key in ("M", "efConstruction", "nlist", "m", "nbits")
    ]
    return VectorField(
        name, dim, metric, index="" if kind in EXACT else ", ".join([kind, *settings])
    )


def named_field(field: VectorField) -> VectorField:
    """The field with a name that Milvus takes."""
    return replace(field, name=field.name or ONE_VECTOR)


def collection_schema(library: Any, fields: Sequence[VectorField], payload: Sequence[str]) -> Any:
    """The schema of a new collection: a key of text, and rows that may hold any payload.

    Raises:
        GapvizError: a name that Milvus does not take, or several vectors in one field.
    """
    names = [one.name for one in fields]
    taken = {*names} & {*payload}
    if taken:
        raise GapvizError(f"{sorted(taken)[0]!r} is the name of a vector and of its payload")
    schema = library.MilvusClient.create_schema(
        auto_id=False, enable_dynamic_field=True, description=MARK
    )
    kinds = library.DataType
    key = KEY if KEY not in {*names, *payload} else OTHER_KEY
    schema.add_field(key, kinds.VARCHAR, is_primary=True, max_length=LONGEST_ID)
    for one in fields:
        if NAME.fullmatch(one.name) is None:
            raise GapvizError(
                f"Milvus takes no field with the name {one.name!r}",
                hint="name it by letters, digits and underscores",
            )
        if one.several:
            raise GapvizError(
                f"an entry holds one vector in {one.name!r}, not several",
                hint="write an entry a vector",
            )
        # Of an entry with one field, a vector is what it is.
        schema.add_field(one.name, kinds.FLOAT_VECTOR, dim=one.dim, nullable=len(fields) > 1)
    return schema


def index_params(client: Any, fields: Sequence[VectorField]) -> Any:
    """The indexes of a new collection; every search is exact where none is named."""
    metrics = {metric: name for name, metric in METRICS.items()}
    made = client.prepare_index_params()
    for one in fields:
        kind, _, settings = one.index.partition(",")
        made.add_index(
            one.name,
            index_type=kind or EXACT[0],
            metric_type=metrics[one.metric],
            params={name: int(value) for name, value in re.findall(r"(\w+) = (\d+)", settings)},
        )
    return made


def effort_of(field: VectorField, effort: int | None) -> dict[str, int]:
    """The parameter of a search in a field; none where every search is exact."""
    if effort is None or not field.index:
        return {}
    return {next(name for start, name in EFFORTS if field.index.startswith(start)): effort}


def similarity_of(field: VectorField, told: float) -> float:
    """What Milvus tells of L2 is the squared distance; of the others, the similarity."""
    return -math.sqrt(told) if field.metric == "euclidean" else told
