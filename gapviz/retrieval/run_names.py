"""What an entry of a run is called: the id of its item, with the modality where a row is meant.

`id` where the item has rows of one modality, else `id#modality`, and `id#modality#2` for the second
row of that modality in one list.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from gapviz.core.collection import Collection
from gapviz.core.corpus import Corpus
from gapviz.core.lazy import cached_property
from gapviz.core.vectors import Indices
from gapviz.retrieval.run import Run

if TYPE_CHECKING:
    import pyarrow as pa

MARK = "#"
MOST_DIGITS = 9


@dataclass(frozen=True, eq=False)
class EntryNames:
    """Names of the entries of runs over a collection."""

    collection: Collection
    corpus: Corpus

    @cached_property
    def modality_of_single(self) -> Indices:
        """`(n_items,)`: the modality of an item that has rows of one alone, else −1."""
        has = self.corpus.counts > 0
        return np.where(has.sum(axis=1) == 1, has.argmax(axis=1), -1)

    def located(self, names: pa.Array) -> tuple[Indices, Indices]:
        """`(n,)` items and modalities that names `(n,)` mean; −1 each where they mean none.

        An exact item id wins. A modality that the item has no row of is none.
        """
        import pyarrow.compute as pc

        item = index_in(names, self._ids)
        modality = np.where(item >= 0, self.modality_of_single[item], -1)
        for splits in (1, 2):
            left = np.flatnonzero(item < 0)
            parts: Any = pc.split_pattern(names.take(left), MARK, max_splits=splits, reverse=True)
            whole = pc.list_value_length(parts).to_numpy(zero_copy_only=False) == splits + 1
            left, parts = left[whole], parts.filter(whole)
            if not left.size:
                continue
            base = index_in(pc.list_element(parts, 0), self._ids)
            code = index_in(pc.list_element(parts, 1), self._modalities)
            hit = (base >= 0) & (code >= 0)
            hit &= self.corpus.counts[base, code] > 0
            if splits > 1:
                number = pc.match_substring_regex(
                    pc.list_element(parts, 2), rf"^[0-9]{{1,{MOST_DIGITS}}}$"
                )
                hit &= number.to_numpy(zero_copy_only=False)
            item[left[hit]], modality[left[hit]] = base[hit], code[hit]
        return item, modality

    def written(self, run: Run) -> list[str]:
        """`(n_entries,)` names that `located` finds again, each once in a list."""
        ids, position = [item.id for item in self.collection.items], self.collection.position
        taken: set[str] = set()
        written, before = [], -1
        single = self.modality_of_single[run.item] >= 0
        rows = zip(
            run.query.tolist(), run.item.tolist(), run.modality.tolist(), single.tolist(),
            strict=True,
        )  # fmt: skip
        for query, item, modality, alone in rows:
            if query != before:
                taken, before = set(), query
            plain = ids[item]
            row = f"{plain}{MARK}{run.names[modality]}"
            name, number = (plain if alone or modality < 0 else row), 1
            while name in taken or (name != plain and name in position):
                number += 1
                name = f"{row}{MARK}{number}"
            taken.add(name)
            written.append(name)
        return written

    @cached_property
    def _ids(self) -> pa.Array:
        import pyarrow as pa

        return pa.array([item.id for item in self.collection.items], pa.string())

    @cached_property
    def _modalities(self) -> pa.Array:
        import pyarrow as pa

        return pa.array(self.corpus.names, pa.string())


def index_in(texts: pa.Array, known: pa.Array) -> Indices:
    """`(n,)`: where each text stands among those known; −1 for one that does not."""
    import pyarrow.compute as pc

    found: Any = pc.fill_null(pc.index_in(texts, known), -1)
    return np.asarray(found.to_numpy(zero_copy_only=False), dtype=np.int64)
