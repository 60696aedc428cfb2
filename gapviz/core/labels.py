"""Labels as codes: one a row, or several, and which rows share one.

Arrays of codes are `(n,)`, −1 for none, or `(n, most)`, the labels of a row first and −1 behind.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gapviz.core.pairs import Pairs, matching_rows
from gapviz.core.vectors import Indices, Mask

# A code that no row has, those without a label neither.
_NOT_A_LABEL = -2


def padded(codes: Sequence[Sequence[int]]) -> Indices:
    """`(n, most)` of the codes of each row, −1 where a row has fewer than another."""
    most = max((len(row) for row in codes), default=0)
    sets = np.full((len(codes), max(most, 1)), -1, dtype=np.int64)
    for row, one in enumerate(codes):
        sets[row, : len(one)] = one
    return sets


def is_labelled(labels: Indices) -> Mask:
    """`(n,)`: whether a row has a label."""
    return np.asarray(_sets(labels)[:, 0] >= 0, dtype=np.bool_)


def only_labels(labels: Indices) -> Indices:
    """`(n,)`: the code of a row that has one label alone; −1 for the others."""
    sets = _sets(labels)
    return np.where((sets[:, 1:] < 0).all(axis=1), sets[:, 0], -1)


def tell_groups(only: Indices) -> bool:
    """Whether `only_labels` name groups: more than one, and not every row a group of its own."""
    sizes = np.bincount(only[only >= 0], minlength=1)
    return bool(np.count_nonzero(sizes) > 1 and sizes.max() > 1)


def has_label(labels: Indices, code: int) -> Mask:
    """`(n,)`: whether a row has that one."""
    return np.asarray((_sets(labels) == code).any(axis=1), dtype=np.bool_)


def share_label(first: Indices, second: Indices) -> Mask:
    """`(n,)`: whether row i of both has a label in common."""
    ones, others = _sets(first), _sets(second)
    shared = np.zeros(len(ones), dtype=np.bool_)
    for code in ones.T:
        shared |= (code >= 0) & (others == code[:, None]).any(axis=1)
    return shared


def sharing_rows(first: Indices, second: Indices) -> Mask:
    """`(n_first, n_second)`: whether two rows have a label in common."""
    ones, others = _sets(first), _sets(second)
    shared = np.zeros((len(ones), len(others)), dtype=np.bool_)
    for code in ones.T:
        for other in others.T:
            shared |= (code[:, None] == other) & (code[:, None] >= 0)
    return shared


class LabelledRows:
    """Rows by their labels, to be asked which of them share one with others.

    Args:
        labels: of the rows.
    """

    def __init__(self, labels: Indices) -> None:
        self._sets = _sets(labels)
        self._codes = self._sets.ravel()
        self._order = np.argsort(self._codes, kind="stable")

    def sharing(self, asking: Indices) -> Pairs:
        """Every pair of an asking row and a row of these that share a label, once each.

        Args:
            asking: numbers of the rows that ask, which are among these.
        """
        wanted = self._sets[asking]
        n_rows, most = self._sets.shape
        codes = np.where(wanted >= 0, wanted, _NOT_A_LABEL).ravel()
        pairs = matching_rows(codes, self._codes, by_item_b=self._order)
        if most == 1:
            return pairs
        # Two rows that share two labels are one pair.
        both = np.unique(pairs.rows_a // most * n_rows + pairs.rows_b // most)
        return Pairs(both // n_rows, both % n_rows)


def _sets(labels: Indices) -> Indices:
    return labels[:, None] if labels.ndim == 1 else labels
