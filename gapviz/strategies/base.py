"""The one protocol of every way of closing or side-stepping the gap."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from gapviz.core.collection import Collection
from gapviz.core.errors import GapvizError
from gapviz.core.pairs import Pairs
from gapviz.core.python_source import literal
from gapviz.core.rows import Rows
from gapviz.core.vectors import Float32, Float64, unit_rows
from gapviz.strategies.fusion.base import Fusion, Serving
from gapviz.strategies.fusion.one_list import ONE_LIST
from gapviz.strategies.options import StrategyOptions
from gapviz.strategies.spec import StrategySpec

# Rows moved at once; the float64 copy of a block is small beside the matrix.
BLOCK_ROWS = 4_096

Array = npt.NDArray[Any]
Matching = Callable[[str, str], Pairs]
"""The matched rows of two modalities by their names, as `Collection.pairs` gives them."""

STAYS = '''

def move(vectors, modality):
    """Unit rows (n, dim) float32: this strategy moves no vector."""
    return unit(vectors)
'''
"""Of a generated file: `move` of a strategy that moves nothing."""

ASKS_ALIKE = """

move_query = move
"""
"""Of a generated file: queries are moved as documents are."""


@dataclass(frozen=True, eq=False)
class StrategyState:
    """What a fitted strategy has learned."""

    arrays: Mapping[str, Array]
    """By `kind.modality`, such as `direction.image`."""
    values: Mapping[str, Any]
    """Plain values for JSON."""


class PreparedScores(ABC):
    """A fitted strategy over one corpus: what depends on the corpus alone is taken once."""

    @abstractmethod
    def adjust(self, scores: Float32, modality: str) -> Float32:
        """New scores in place of cosines.

        Args:
            scores: `(n_queries, n_rows)` cosines of queries of one modality with all rows of
                the corpus; −∞ marks a row that a query must not find, and stays −∞.
            modality: of those queries.

        Raises:
            GapvizError: a modality that `fit` never saw.
        """

    def slope(self, modality: str) -> float:
        """By how much a difference of cosines may grow in the scores of its queries."""
        return 1.0


Before = Callable[[Rows], PreparedScores]
"""How the steps before adjust the scores of queries with the rows of a corpus."""


class Strategy(ABC):
    """Learns from calibration items, then moves vectors, adjusts scores or fuses lists.

    A strategy is one file: its class with its `spec`. It overrides what it does and leaves the
    rest. Parameters are given by name; what `fit` learns ends in an underscore.
    """

    spec: ClassVar[StrategySpec]
    learned: ClassVar[Mapping[str, str]] = {}
    """Kind of array → the attribute that holds it by modality; see `state`."""
    move_code: ClassVar[str] = STAYS
    """`move` of a generated file, with `{parameter}` for values; other braces are doubled. It may
    use `unit`, `STORED`, `MODALITIES` and `DIM`. Empty: there is no code. Where the spec is
    `by_role`, `move_query` as well."""

    def __init__(self, **values: Any) -> None:
        """Take values of the parameters of `spec`, the default where one is not given.

        Raises:
            GapvizError: a parameter that the strategy does not have, or a bad value.
        """
        self.options = StrategyOptions(self.spec.name, **values)
        self.modalities_: tuple[str, ...] = ()
        self.n_calibration_ = 0
        """Items that it was fitted on; 0 where it is not known, as of a restored one."""
        self.warnings_: tuple[str, ...] = ()
        self.split_warnings: tuple[str, ...] = ()
        """What speaks against the split that it was fitted on."""
        self.before: Before | None = None
        """What adjusts scores before it, in a composition; what it learns is learned of those."""
        self.place_in_card = '["learned"]'
        """Where in `card.json` a generated file finds the values of `state`."""
        self.determined_ = True
        """Whether the fit has one solution; where not, rounding decides its figures, and no
        interval of theirs is known."""

    def value(self, parameter: str) -> Any:
        """The value of a parameter, as `settled`."""
        return self.settled[parameter]

    @property
    def settled(self) -> dict[str, Any]:
        """Every parameter with its value, the usual ones as the fit settled them."""
        return dict(self.options.values)

    def fit(self, calibration: Collection) -> Self:
        """Learn from the items of `calibration`, and return self.

        Raises:
            GapvizError: a modality named in the parameters is not there, or pairs are
                needed and there are none.
        """
        self.modalities_ = calibration.modality_names
        self.n_calibration_ = calibration.n_items
        return self

    @classmethod
    def unavailable(cls, options: StrategyOptions, collection: Collection) -> str | None:
        """Why it cannot be fitted on `collection`, in one sentence; None if it can."""
        spec = cls.spec
        if spec.by_dimension and collection.no_axes:
            return f"{spec.title} works on single dimensions, and {collection.no_axes}."
        if not spec.needs_pairs or not collection.modalities:
            return None
        onto = dict(options.values).get("anchor") or collection.modality_names[-1]
        others = [name for name in collection.modality_names if name != onto]
        if not others or onto not in collection.modalities:
            return f"{spec.title} needs matched pairs of two modalities."
        lonely = [name for name in others if not len(collection.pairs(name, onto))]
        if lonely:
            return (
                f"{spec.title} needs matched pairs, and no item has both {lonely[0]} and {onto} "
                "vectors."
            )
        return None

    def transform(self, vectors: Float32, modality: str) -> Float32:
        """New unit rows `(n, dim)` in place of those of one modality.

        Raises:
            GapvizError: a modality that `fit` never saw, or a row that the move leaves
                with no length.
        """
        refuse_unseen(modality, self.modalities_)
        return vectors

    def transform_queries(self, vectors: Float32, modality: str) -> Float32:
        """The same of rows that ask; `spec.by_role` where that is another move.

        Raises:
            GapvizError: as `transform`.
        """
        return self.transform(vectors, modality)

    def refuse_undefined(self, vectors: Float32, modality: str) -> None:
        """Raise what `transform` raises of the same rows; quicker where it can be known."""
        self.transform(vectors, modality)

    def adjusted_before(self, corpus: Rows, modality: str) -> Callable[[Float32], Float32] | None:
        """How the steps before adjust scores of queries of one modality; None where none does."""
        return (
            None if self.before is None else partial(self.before(corpus).adjust, modality=modality)
        )

    def prepare(self, corpus: Rows, queries: Rows) -> PreparedScores | None:
        """How cosines are adjusted before they are ranked; None where they are not.

        Args:
            corpus: the moved rows that are searched.
            queries: the moved rows that will ask, of the same collection; only a transductive
                strategy looks at them.
        """
        return None

    @property
    def shift(self) -> Mapping[str, Float64] | None:
        """Direction `(dim,)` by modality where vectors move along one, by its strength λ."""
        return None

    def subtracted(self, pair: tuple[str, str]) -> float:
        """λ: how much of the fitted offset of two modalities the move takes out, 0 for none.

        The noise of that offset stays in the gap: λ² times its variance.
        """
        return 0.0

    @property
    def fusion(self) -> Fusion:
        """How the lists of the modalities become one."""
        return ONE_LIST

    @property
    def serving(self) -> Serving:
        """How an engine answers under it."""
        return self.fusion.serving

    def merge_code(self, modalities: Sequence[str]) -> str:
        """`merge` of a generated file, for one list a modality; "" for one list of all."""
        return self.fusion.merge_code(modalities)

    def generated_move(self) -> str:
        """`move_code` with the values of the parameters, and `move_query`; "" for no code."""
        code = self.move_code.format(**{k: literal(v) for k, v in self.settled.items()})
        return code if self.spec.by_role or not code else code + ASKS_ALIKE

    @property
    def search_code(self) -> str:
        """`search` of a generated file where no engine's own can serve, else ""."""
        return ""

    @property
    def score_unit(self) -> str:
        """What its scores of pairs are called; higher is more alike."""
        return "adjusted score" if self.spec.adjusts_scores else "cosine"

    @property
    def score_name(self) -> str:
        """What the scores of its result lists are."""
        if self.spec.routed or self.spec.ranks_items:
            return "fused"
        return "score" if self.spec.adjusts_scores else "cosine"

    def n_stored(self, corpus: Rows) -> int:
        """Numbers that must be kept beside the vectors of `corpus`."""
        return self.fusion.n_stored(corpus)

    def query_operations(self, corpus: Rows) -> int:
        """Multiply-adds that one query costs beside its products with `corpus`."""
        return self.fusion.query_operations(corpus)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the fit should be doubted for, one sentence each."""
        # Vectors that are not moved miss no offset.
        return self.warnings_ + (self.split_warnings if self.spec.moves_vectors else ())

    @property
    def label(self) -> str:
        """Title with the parameters that matter."""
        settled = self.settled
        words = [word for one in self.spec.parameters if (word := one.described(settled[one.name]))]
        return f"{self.spec.title} ({', '.join(words)})" if words else self.spec.title

    @property
    def described(self) -> str:
        """How it answers a query, in a sentence."""
        told = self.label.removeprefix(self.spec.title).strip(" ()")
        return self.fusion.described(told or self.spec.formula)

    def state(self) -> StrategyState:
        """Everything that moving and scoring further rows needs."""
        return StrategyState(
            {
                f"{kind}.{modality}": np.ascontiguousarray(array)
                for kind, attribute in self.learned.items()
                for modality, array in getattr(self, attribute).items()
            },
            {},
        )

    def restore(self, state: StrategyState) -> None:
        """Take over what `state` gave.

        Raises:
            KeyError, TypeError, ValueError: something is missing or of another shape.
        """
        for kind, attribute in self.learned.items():
            found = {m: state.arrays.get(f"{kind}.{m}") for m in self.modalities_}
            setattr(self, attribute, {m: array for m, array in found.items() if array is not None})

    @classmethod
    def from_state(
        cls, options: Mapping[str, Any], modalities: Iterable[str], state: StrategyState
    ) -> Self:
        """The fitted strategy of which `settled` parameters and `state` tell.

        Raises:
            GapvizError, KeyError, TypeError, ValueError: something is missing or wrong.
        """
        made = cls(**options)
        made.modalities_ = tuple(modalities)
        made.restore(state)
        return made


class VectorStrategy(Strategy):
    """A strategy that moves vectors: it learns from rows by modality, and from their pairs."""

    move_code: ClassVar[str] = ""

    @abstractmethod
    def fit_vectors(self, vectors: Mapping[str, Float32], pairs: Matching | None = None) -> Self:
        """Learn from unit rows `(n, dim)` per modality, and return self.

        Args:
            vectors: the rows, by modality.
            pairs: which of those rows match; read only where pairs are needed.

        Raises:
            GapvizError: as `fit`.
        """

    def fit(self, calibration: Collection) -> Self:
        super().fit(calibration)
        return self.fit_vectors(
            {name: block.corpus.vectors for name, block in calibration.modalities.items()},
            calibration.pairs,
        )


def refuse_unseen(modality: str, seen: Iterable[str]) -> None:
    """Raise `GapvizError` unless the modality is among those that a fit has `seen`."""
    known = tuple(seen)
    if modality not in known:
        raise GapvizError(
            f"the strategy has not seen the modality {modality!r}",
            hint=f"use one of {', '.join(known) or 'those it was fitted on'}",
        )


def moved_rows(vectors: Float32, move: Callable[[Float64], Float64], *, where: str) -> Float32:
    """Unit rows `(n, dim)` of `move(rows)`, in float64 block by block.

    Raises:
        GapvizError: a row that is left no longer than the rounding of float32.
    """
    moved = np.empty_like(vectors)
    for start in range(0, len(vectors), BLOCK_ROWS):
        block = vectors[start : start + BLOCK_ROWS].astype(np.float64)
        moved[start : start + BLOCK_ROWS] = move(block)
    # A shift of zero, because a moved row is refused sooner than a loaded one.
    return unit_rows(moved, shift=np.zeros(moved.shape[1]), where=where)
