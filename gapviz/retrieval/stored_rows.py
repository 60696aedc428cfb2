"""Where the rows of an index stand in a vector store, and which entry is which row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from gapviz.core.collection import Collection
from gapviz.core.errors import GapvizError
from gapviz.core.lazy import cached_property
from gapviz.core.pairs import runs
from gapviz.core.rows import Rows
from gapviz.core.vectors import Float32, Indices
from gapviz.sources.stores.store import MODALITY, Store


@dataclass(frozen=True, eq=False)
class StoredRows:
    """Rows, and the entries of a store that hold them.

    Either entries are single vectors, and payload names the modality of each; or entries are
    items, and each modality has a field of vectors.
    """

    rows: Rows
    ids: Sequence[str]
    """`(n_rows,)` the entry of each row."""
    fields: Mapping[str, str]
    """Vector field by modality."""
    column: str | None
    """Payload that names the modality of an entry; None where each modality has a field."""

    @classmethod
    def of(cls, collection: Collection, rows: Rows, store: Store) -> StoredRows:
        """How a store holds rows of a collection, as its schema says.

        Entries are named as gapviz writes them: items by their id, single vectors by
        `entry_ids`.

        Raises:
            GapvizError: a modality has no field, and no payload names modalities.
        """
        schema = store.schema()
        names = {one.name for one in schema.fields}
        items = [collection.items[item].id for item in rows.item.tolist()]
        if len(names) == 1 and MODALITY in schema.payload:
            field = next(iter(names))
            return cls(rows, entry_ids(rows, items), dict.fromkeys(rows.names, field), MODALITY)
        missing = [name for name in rows.names if name not in names]
        if missing:
            raise GapvizError(
                f"there is no vector field {missing[0]!r}",
                where=str(store.address),
                hint="name the collection that the strategy was written into",
            )
        return cls(rows, items, {name: name for name in rows.names}, None)

    @cached_property
    def _row_of(self) -> dict[str, int]:
        """Row by entry, where an entry is a single vector."""
        return {one: row for row, one in enumerate(self.ids)}

    @cached_property
    def _item_of(self) -> dict[str, int]:
        """Item by entry, where an entry is an item."""
        return dict(zip(self.ids, self.rows.item.tolist(), strict=True))

    @cached_property
    def _by_item(self) -> dict[str, tuple[Indices, Indices]]:
        """By modality: its rows by rising item, and the item of each."""
        found = {}
        for name, span in zip(self.rows.names, self.rows.spans, strict=True):
            order = np.argsort(self.rows.item[span], kind="stable")
            found[name] = (span.start + order, self.rows.item[span][order])
        return found

    def single(self, ids: Sequence[str], where: str) -> Indices:
        """The row of each of some entries, which are single vectors.

        Raises:
            GapvizError: an entry that is none of the rows.
        """
        return np.array([_known(self._row_of, one, where) for one in ids], dtype=np.int64)

    def of_items(
        self, modality: str, ids: Sequence[str], moved: Float32, closed: Indices, where: str
    ) -> tuple[Indices, Float32]:
        """The best open row of each of some entries, which are items, and its cosine.

        Args:
            modality: whose rows.
            ids: of the entries.
            moved: `(dim,)` the query, which chooses among several rows of an item.
            closed: rows that the query must not find.
            where: what to call the store in an error.

        Returns:
            Row of each entry, −1 where it has no open one, and cosines.

        Raises:
            GapvizError: an entry that is none of the items.
        """
        items = np.array([_known(self._item_of, one, where) for one in ids], dtype=np.int64)
        rows, sorted_items = self._by_item[modality]
        start = np.searchsorted(sorted_items, items, side="left")
        stop = np.searchsorted(sorted_items, items, side="right")
        owner, place = runs(start, stop - start)
        candidates = rows[place]
        open_ones = ~np.isin(candidates, closed)
        owner, candidates = owner[open_ones], candidates[open_ones]
        cosines = self.rows.vectors[candidates] @ moved
        order = np.lexsort((candidates, -cosines, owner))
        known, first = np.unique(owner[order], return_index=True)
        best, near = np.full(items.size, -1), np.full(items.size, -np.inf, dtype=np.float32)
        best[known], near[known] = candidates[order[first]], cosines[order[first]]
        return best, near


def entry_ids(rows: Rows, items: Sequence[str]) -> tuple[str, ...]:
    """Ids of entries that are single vectors: `item/modality/number in the item`.

    Args:
        rows: the rows.
        items: `(n_rows,)` id of the item of each.
    """
    found: list[str] = []
    for name, span in zip(rows.names, rows.spans, strict=True):
        numbers = _numbers_in_item(rows.item[span]).tolist()
        found += [f"{item}/{name}/{n}" for item, n in zip(items[span], numbers, strict=True)]
    return tuple(found)


def _numbers_in_item(owners: Indices) -> Indices:
    """`(n,)`: the how many-th row of its item each is, from 0."""
    order = np.argsort(owners, kind="stable")
    _, first, counts = np.unique(owners[order], return_index=True, return_counts=True)
    numbers = np.empty_like(owners)
    numbers[order] = np.arange(owners.size) - np.repeat(first, counts)
    return numbers


def _known(places: Mapping[str, int], one: str, where: str) -> int:
    found = places.get(one)
    if found is None:
        raise GapvizError(
            f"holds an entry {one[:60]!r} that is not of the collection",
            where=where,
            hint="name the collection that was written there, or write it anew",
        )
    return found
