"""What of a collection has no figure, and why: named wherever figures are shown."""

from __future__ import annotations

from itertools import combinations

from gapviz.core.collection import Collection
from gapviz.core.splits import CALIBRATE, EVALUATE
from gapviz.core.wording import counted


def not_measured(whole: Collection, measured: Collection | None = None) -> dict[str, str]:
    """A sentence for each modality, and each pair of modalities, that has no figure.

    Args:
        whole: the collection.
        measured: what is measured of it; its evaluate split unless given, or nothing where there
            is none.

    Returns:
        By `audio`, or `audio-text` of the matches between two modalities.
    """
    held_out = whole.splits.get(EVALUATE)
    if measured is None and (held_out is None or not len(held_out)):
        return {}
    lacking = {
        name: _one_sided(whole, name, halves)
        for name, halves in whole.halves_with.items()
        if len(halves) < 2 and (measured is None or name not in measured.modality_names)
    }
    names = [name for name in whole.modality_names if name not in lacking]
    if measured is None and not names:
        return lacking
    found = measured or whole.split(EVALUATE)
    for first, second in combinations(names, 2):
        if not len(found.pairs(first, second)):
            lacking[f"{first}-{second}"] = (
                f"Matches of {first} and {second} are not measured: no "
                f"{'held-out ' * (measured is not whole)}item has vectors of both."
            )
    return lacking


def _one_sided(whole: Collection, name: str, halves: tuple[str, ...]) -> str:
    corpus = whole.modality(name).corpus
    n_items = corpus.first_rows.n_rows
    where = f"only the {halves[0]} split has" if halves else "neither of its splits has"
    return (
        f"{name} is not measured: it has to be in both the {CALIBRATE} and the {EVALUATE} split, "
        f"and {where} {name} vectors ({counted(n_items, 'item')} in all)."
    )
