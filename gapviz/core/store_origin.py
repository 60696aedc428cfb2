"""`StoreOrigin`: the collection of a vector store that items were read from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gapviz.core.wording import counted


@dataclass(frozen=True, slots=True)
class StoreOrigin:
    """Where the items stand in a store, and how large a part of it they are."""

    address: str
    """As a person writes it; without credentials."""
    fields: tuple[tuple[str, str], ...]
    """Modality and vector field of each; of entries that name their modality the one field,
    under an empty modality."""
    modality_column: str | None
    """Payload that names the modality of an entry."""
    item_column: str | None
    """Payload that names the item of an entry; None where an entry is an item."""
    n_items: int
    """Items in the sample."""
    n_stored: int
    """Items in the store, as far as they were looked at."""
    seed: int
    """Of the sample."""
    estimated: bool = False
    """Whether `n_stored` is reckoned from a part."""
    values: tuple[tuple[str, str], ...] = ()
    """What that payload holds for each modality, where it is one text."""
    n_kept: int = 0
    """Items of the sample that are in it because they are judged, beside those that were drawn."""

    @property
    def is_sample(self) -> bool:
        """Whether the store holds items that were not read."""
        return self.n_items < self.n_stored

    @property
    def words(self) -> str:
        """`a sample of 20,000 of 412,306 items (seed 0)`, or `all 2,000 items`."""
        stored = counted(self.n_stored, "item")
        if not self.is_sample:
            return f"all {stored}"
        judged = f", {self.n_kept:,} of them since they are judged" if self.n_kept else ""
        about = "about " * self.estimated
        return f"a sample of {self.n_items:,} of {about}{stored} (seed {self.seed}{judged})"

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> StoreOrigin:
        """From plain values, as `dataclasses.asdict` gives them.

        Raises:
            KeyError, TypeError, ValueError: other values.
        """
        fields = tuple((str(modality), str(field)) for modality, field in told["fields"])
        values = tuple((str(modality), str(value)) for modality, value in told["values"])
        columns = [told["modality_column"], told["item_column"]]
        if any(not isinstance(one, str | None) for one in columns):
            raise TypeError("a name of payload is no text")
        return cls(
            address=str(told["address"]),
            fields=fields,
            modality_column=columns[0],
            item_column=columns[1],
            n_items=int(told["n_items"]),
            n_stored=int(told["n_stored"]),
            seed=int(told["seed"]),
            estimated=bool(told["estimated"]),
            values=values,
            n_kept=int(told["n_kept"]),
        )
