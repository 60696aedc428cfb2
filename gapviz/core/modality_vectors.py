"""`ModalityVectors`: the unit rows of one modality, and the item of each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gapviz.core.errors import GapvizError
from gapviz.core.lazy import cached_property
from gapviz.core.vectors import Float32, Indices, Mask, read_only, unit_rows


@dataclass(frozen=True, eq=False)
class ModalityVectors:
    """The vectors of one modality, and which item each of them belongs to.

    Build it with `ModalityVectors.of`, which normalises and validates.
    """

    vectors: Float32
    """`(n_rows, dim)`, unit rows, read-only."""
    item_index: Indices
    """`(n_rows,)`, position in `Collection.items` of the item of each row."""
    query_only: Mask
    """`(n_rows,)`, true for rows that ask and are never indexed (second captions)."""

    @classmethod
    def of(
        cls,
        vectors: npt.ArrayLike,
        item_index: npt.ArrayLike | None = None,
        query_only: npt.ArrayLike | None = None,
        *,
        where: str = "vectors",
    ) -> ModalityVectors:
        """Normalise `vectors` into unit rows; row i belongs to item i unless told.

        Raises:
            GapvizError: as `unit_rows`, or `item_index` / `query_only` of another length.
        """
        rows = unit_rows(vectors, where=where)
        n_rows = rows.shape[0]
        owners = np.arange(n_rows) if item_index is None else item_index
        items = np.array(owners, dtype=np.int64)
        asking = np.array(np.zeros(n_rows) if query_only is None else query_only, dtype=np.bool_)
        for name, array in (("item_index", items), ("query_only", asking)):
            if array.shape != (n_rows,):
                raise GapvizError(
                    f"{name} has {array.size} entries for {n_rows} vectors",
                    where=where,
                    hint="give one entry per row",
                )
        if asking.all():
            raise GapvizError(
                "every row is marked query-only, so nothing is left to search",
                where=where,
                hint="leave at least one row of the modality to be indexed",
            )
        return cls(read_only(rows), read_only(items), read_only(asking))

    @property
    def n_rows(self) -> int:
        return int(self.vectors.shape[0])

    @property
    def dim(self) -> int:
        return int(self.vectors.shape[1])

    def rows(self, keep: Mask | Indices) -> ModalityVectors:
        """Only the rows where `keep` `(n_rows,)` is true, or whose numbers it holds."""
        return ModalityVectors(
            read_only(self.vectors[keep]),
            read_only(self.item_index[keep]),
            read_only(self.query_only[keep]),
        )

    @cached_property
    def corpus(self) -> ModalityVectors:
        """The rows that are indexed."""
        return self.rows(~self.query_only) if self.query_only.any() else self

    @cached_property
    def first_rows(self) -> ModalityVectors:
        """The first row of each item, by rising item."""
        return self.rows(np.unique(self.item_index, return_index=True)[1])

    @cached_property
    def queries(self) -> ModalityVectors:
        """The rows that ask: per item its query-only rows, else its indexed ones."""
        if not self.query_only.any():
            return self
        has_own = np.zeros(int(self.item_index.max()) + 1, dtype=np.bool_)
        has_own[self.item_index[self.query_only]] = True
        return self.rows(self.query_only | ~has_own[self.item_index])

    @cached_property
    def indexed_queries(self) -> Indices:
        """`(n_queries,)`: which row of `corpus` each row of `queries` is; −1 for none."""
        row = np.where(self.query_only, -1, np.cumsum(~self.query_only) - 1)
        if not self.query_only.any():
            return row
        has_own = np.isin(self.item_index, self.item_index[self.query_only])
        return row[self.query_only | ~has_own]
