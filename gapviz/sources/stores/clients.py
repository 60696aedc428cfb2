"""What every store says alike: a collection that is missing, a field, a dimension."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager

import numpy as np

from gapviz.core.errors import GapvizError
from gapviz.core.vectors import Float32
from gapviz.sources.stores.address import StoreAddress
from gapviz.sources.stores.store import Batch, Store, StoreSchema, VectorField

QUERIES_AT_ONCE = 64
"""In one request to a server."""
SAMPLED = 64
"""Entries looked at for the names of payload that a store does not declare."""
PATIENCE_S = 600.0
"""How long a server may take to build its indexes."""
SHOWN = 12
"""Names listed in a message; more are counted."""


@contextmanager
def closed_on_error(store: Store) -> Iterator[None]:
    """Let go of a store that turns out not to be usable."""
    try:
        yield
    except GapvizError:
        store.close()
        raise


def wait_for_indexes(built: Callable[[], bool], address: StoreAddress) -> None:
    """Ask again and again until a server has built its indexes.

    Raises:
        GapvizError: it has not after ten minutes.
    """
    end = time.monotonic() + PATIENCE_S
    while not built():
        if time.monotonic() > end:
            raise GapvizError(
                f"the indexes are not built after {PATIENCE_S / 60:.0f} minutes",
                where=str(address),
                hint="look at the server, and go on when it is ready",
            )
        time.sleep(0.2)


def no_collection(address: StoreAddress, names: Iterable[str], kind: str) -> GapvizError:
    """That there is no such collection, with those there are.

    Args:
        address: what was asked for.
        names: those there are.
        kind: what the store calls them, such as `table`.
    """
    known = sorted(names)
    listed = ", ".join(known[:SHOWN])
    if len(known) > SHOWN:
        listed += f" and {len(known) - SHOWN:,} more"
    what = (
        f"there is no {kind} {address.collection!r}" if address.collection else f"names no {kind}"
    )
    hint = f"use one of {listed}" if known else f"the store holds no {kind} at all"
    return GapvizError(what, where=str(address), hint=hint)


def field_named(schema: StoreSchema, name: str, where: str) -> VectorField:
    """The vector field of a name.

    Raises:
        GapvizError: there is none; those there are stand in the message.
    """
    for one in schema.fields:
        if one.name == name:
            return one
    known = ", ".join(repr(one.name) for one in schema.fields)
    raise GapvizError(
        f"there is no vector field {name!r}",
        where=where,
        hint=f"use one of {known}" if known else "it holds no vectors",
    )


def refuse_other_dimension(field: VectorField, queries: Float32, where: str) -> None:
    """Raise `GapvizError` unless queries `(n_queries, dim)` have the dimension of the field."""
    if queries.ndim != 2 or queries.shape[1] != field.dim:
        raise GapvizError(
            f"the queries have shape {queries.shape}, the field {field.name!r} {field.dim} "
            "dimensions",
            where=where,
            hint="encode them with the encoder of the collection",
        )


def refuse_not_finite(batch: Batch, where: str) -> None:
    """Raise `GapvizError` where a vector of the batch holds what is no finite number."""
    for name, rows in batch.vectors.items():
        bad = np.flatnonzero(~np.isfinite(rows.vectors).all(axis=1))
        if bad.size:
            raise GapvizError(
                f"the vector {name!r} of {batch.ids[int(rows.entry[bad[0]])]!r} holds NaN or "
                "infinite values",
                where=where,
                hint="remove that entry, or encode it again",
            )


def refuse_taken_names(batch: Batch, taken: Iterable[str], where: str) -> None:
    """Raise `GapvizError` where payload has the name of a column of ids or vectors."""
    found = set(taken) & {key for one in batch.payload for key in one}
    if found:
        raise GapvizError(
            f"the payload {min(found)!r} has the name of what is stored beside it",
            where=where,
            hint="name the payload otherwise",
        )


def refuse_other_schema(address: StoreAddress, found: StoreSchema, wanted: StoreSchema) -> None:
    """Raise `GapvizError` where a collection that is there has other vector fields than wanted."""

    def plain(fields: Sequence[VectorField]) -> set[tuple[str, int, str, bool]]:
        return {(one.name, one.dim, one.metric, one.several) for one in fields}

    if plain(found.fields) != plain(wanted.fields):
        raise GapvizError(
            "is there already, with other vector fields", where=str(address), hint=OTHER_NAME
        )


OTHER_NAME = "choose another name: what gapviz did not write, it leaves alone"


def not_ours(address: StoreAddress) -> GapvizError:
    """That a collection of that name is there which gapviz did not create."""
    return GapvizError(
        "is there already, and gapviz did not create it", where=str(address), hint=OTHER_NAME
    )
