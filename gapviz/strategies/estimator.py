"""Strategies as scikit-learn estimators: parameters given at once, learned state after `fit`.

`strategy("centre", strength=0.8)` gives one. The protocol is scikit-learn's (its developer guide,
"Developing scikit-learn estimators"), followed without importing it: `clone`, grids of parameters
and pipelines take these objects, and whoever has no scikit-learn can use them all the same. For
arrays of one modality in a `Pipeline` see `ModalityTransformer` in
`gapviz.notebook.modality_transformer`.
"""

from __future__ import annotations

from collections.abc import Mapping
from inspect import Parameter as Argument
from inspect import Signature
from typing import Any, ClassVar, Self, overload

import numpy as np
import numpy.typing as npt

from gapviz.core.collection import Collection
from gapviz.core.errors import GapvizError
from gapviz.core.foreign import in_terminal
from gapviz.core.in_memory.rows import whole_rows
from gapviz.core.rows import rows_of_one
from gapviz.core.splits import CALIBRATE
from gapviz.core.vectors import Float32, Indices, unit_rows
from gapviz.core.wording import counted
from gapviz.strategies.base import Strategy
from gapviz.strategies.fit_source import Source, collection_of
from gapviz.strategies.moved import moved_collection
from gapviz.strategies.options import StrategyOptions
from gapviz.strategies.registry import fitted_for
from gapviz.strategies.spec import StrategySpec, strategy_spec

Arrays = Mapping[str, npt.ArrayLike]
"""Rows `(n, dim)` by modality; row i of each belongs to item i."""


class StrategyEstimator:
    """A strategy with its parameters, to be fitted; `strategy` makes one of a class of its own.

    The parameters are those of `spec`, given by name and checked by `fit`. What `fit` learns ends
    in an underscore; what the strategy itself calls so (`directions_`, `references_`) is read here
    as well.

    Attributes:
        strategy_: the fitted `gapviz.strategies.Strategy`.
        modalities_: names of the modalities that it has seen.
        n_calibration_: items that it was fitted on.
        n_features_in_: dimensions of the vectors.
        fitted_on_: what it was fitted on, in words.
        warnings_: what the fit should be doubted for, one sentence each.
    """

    spec: ClassVar[StrategySpec]
    strategy_: Strategy
    n_features_in_: int
    fitted_on_: str

    def __init__(self, **parameters: Any) -> None:
        """Take parameters by name, the usual value where one is not given.

        Raises:
            GapvizError: a parameter that the strategy does not have.
        """
        for one in self.spec.parameters:
            setattr(self, one.name, one.default)
        self.set_params(**parameters)

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Every parameter with its value as it was given.

        Args:
            deep: as scikit-learn asks; no parameter is an estimator.
        """
        return {one.name: getattr(self, one.name) for one in self.spec.parameters}

    def set_params(self, **parameters: Any) -> Self:
        """Other values for some parameters; what was fitted stays until the next `fit`.

        Raises:
            GapvizError: a parameter that the strategy does not have.
        """
        for name in parameters:
            self.spec.parameter(name)
        for name, value in parameters.items():
            setattr(self, name, value)
        return self

    def fit(self, source: Source, y: object = None) -> Self:
        """Learn from a collection or from paired arrays, and return self.

        Of a collection with a split `calibrate` only that is learned from, as everywhere in gapviz;
        of one without, and of arrays, all of it: measure on other items than those.

        Args:
            source: a collection; arrays `(n, dim)` by modality, row i of each being item i, scaled
                to length 1; or the name of a source.
            y: not looked at.

        Raises:
            GapvizError: a value that cannot be chosen, pairs that are needed and not there, a
                modality that is not there, or a source that cannot be read.
        """
        options = StrategyOptions(self.spec.name, **self.get_params())
        collection = collection_of(source)
        collection.refuse_without_vectors()
        halved = bool(len(collection.splits.get(CALIBRATE, ()))) and options.spec.learns
        known = collection.split(CALIBRATE) if halved else collection
        self.strategy_ = fitted_for(options, collection, known)
        self.n_features_in_ = collection.dim
        part = "calibrate split" if halved else "all rows"
        named = f" of {in_terminal(collection.name)}" * isinstance(source, (Collection, str))
        told = f"{counted(known.n_items, 'item')} ({part}{named})"
        self.fitted_on_ = told if options.spec.learns else "no item (it learns nothing)"
        return self

    @overload
    def transform(
        self, vectors: Collection | str, modality: None = None, *, queries: bool = False
    ) -> Collection: ...

    @overload
    def transform(
        self, vectors: Arrays, modality: None = None, *, queries: bool = False
    ) -> dict[str, npt.NDArray[Any]]: ...

    @overload
    def transform(
        self, vectors: npt.ArrayLike, modality: str, *, queries: bool = False
    ) -> npt.NDArray[Any]: ...

    def transform(
        self,
        vectors: Collection | Arrays | npt.ArrayLike,
        modality: str | None = None,
        *,
        queries: bool = False,
    ) -> Collection | dict[str, npt.NDArray[Any]] | npt.NDArray[Any]:
        """New unit rows in place of those given, which stay as they are.

        A strategy that only adjusts scores or fuses lists moves nothing: the rows come back at
        length 1. For the scores see `scores`.

        Args:
            vectors: `(n, dim)` of one modality, held by what `Collection.from_arrays` takes; or a
                collection, or arrays by modality, of which everything is moved.
            modality: whose rows they are, for an array.
            queries: whether the rows ask instead of being indexed; it matters only where
                `spec.by_role`. Of a collection, rows that only ask are moved as queries anyway.

        Returns:
            What was given: an array `(n, dim)`, float64 where float64 was given and float32
            otherwise; a collection; or arrays by modality.

        Raises:
            GapvizError: not fitted yet (scikit-learn's `NotFittedError` as well), a modality that
                `fit` never saw, other dimensions, or a row that the move leaves with no length.
        """
        fitted = self._fitted()
        if isinstance(vectors, str):
            vectors = collection_of(vectors)
        if isinstance(vectors, (Collection, Mapping)):
            if modality is not None:
                raise GapvizError(
                    f"a whole collection is no array of {modality} vectors",
                    hint="leave out the modality, or give the array of one",
                )
            if isinstance(vectors, Collection):
                return moved_collection(vectors, fitted)
            return {name: self._moved(rows, name, queries) for name, rows in vectors.items()}
        return self._moved(vectors, self._named(modality), queries)

    def fit_transform(
        self, source: Collection | Arrays, y: object = None
    ) -> Collection | dict[str, npt.NDArray[Any]]:
        """`fit`, and then `transform` of the whole.

        Raises:
            GapvizError: as `fit` and `transform`.
        """
        return self.fit(source).transform(source)

    def scores(
        self,
        queries: npt.ArrayLike,
        query_modality: str,
        documents: npt.ArrayLike,
        modality: str,
    ) -> npt.NDArray[Any]:
        """The score of every query with every document, higher is more alike.

        Scores of one query with documents of several modalities can be held against each other:
        ask once for each modality. The documents are the corpus, and what depends on a corpus
        (`nnn`, `csls`) is taken over them.

        Args:
            queries: `(n_queries, dim)` as encoded, none of which is one of the documents.
            query_modality: of the queries.
            documents: `(n_documents, dim)` as encoded.
            modality: of the documents.

        Returns:
            `(n_queries, n_documents)`, float64 where both are float64 and float32 otherwise.

        Raises:
            GapvizError: as `transform`, or a strategy that ranks lists or items, and has no score
                of a pair.
        """
        fitted = self._fitted()
        if fitted.spec.routed or fitted.spec.ranks_items:
            raise GapvizError(
                f"{fitted.spec.title} fuses lists, and has no score of a pair",
                hint="search with it instead, or choose a strategy that acts on vectors or scores",
            )
        queries = whole_rows(queries, where=self._named(query_modality))
        documents = whole_rows(documents, where=self._named(modality))
        asking = self._unit(queries, query_modality)
        found = self._unit(documents, modality)
        n = len(found)
        corpus = rows_of_one(modality, fitted.transform(found, modality), np.arange(n))
        none: Indices = np.full(len(asking), -1, dtype=np.int64)
        asked = rows_of_one(query_modality, fitted.transform_queries(asking, query_modality), none)
        cosines: Float32 = asked.vectors @ corpus.vectors.T
        prepared = fitted.prepare(corpus, asked)
        given = cosines if prepared is None else prepared.adjust(cosines, query_modality)
        double = _kind(queries) == _kind(documents) == np.float64
        return given.astype(np.float64 if double else np.float32)

    def get_feature_names_out(self, input_features: object = None) -> npt.NDArray[np.object_]:
        """`(dim,)` names of the dimensions that `transform` gives: `centre0`, `centre1`, …

        Args:
            input_features: not looked at: a moved dimension is none of those that came in.

        Raises:
            GapvizError: not fitted yet.
        """
        self._fitted()
        names = [f"{self.spec.name}{place}" for place in range(self.n_features_in_)]
        return np.array(names, dtype=object)

    def __sklearn_is_fitted__(self) -> bool:
        return "strategy_" in vars(self)

    def __sklearn_tags__(self) -> Any:
        from sklearn.utils import InputTags, Tags, TargetTags, TransformerTags

        return Tags(
            estimator_type=None,
            target_tags=TargetTags(required=False),
            transformer_tags=TransformerTags(preserves_dtype=["float64", "float32"]),
            # It takes collections or arrays by modality, not one matrix.
            input_tags=InputTags(two_d_array=False, dict=True),
            no_validation=True,
        )

    def __repr__(self) -> str:
        told = [
            f"{one.name}={getattr(self, one.name)!r}"
            for one in self.spec.parameters
            if not _same(getattr(self, one.name), one.default)
        ]
        words = f"{type(self).__name__}({', '.join(told)})"
        return f"{words}, fitted on {self.fitted_on_}" if self.__sklearn_is_fitted__() else words

    def __reduce__(self) -> tuple[Any, ...]:
        # The class is made, and so found by the name of its strategy.
        return _bare, (self.spec.name,), vars(self)

    def __getattr__(self, name: str) -> Any:
        # Only what is not here comes here: what the strategy has learned under its own name.
        if name.endswith("_") and not name.startswith("_") and "strategy_" in vars(self):
            return getattr(self.strategy_, name)
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def _fitted(self) -> Strategy:
        if not self.__sklearn_is_fitted__():
            raise not_fitted(type(self).__name__)
        return self.strategy_

    def _named(self, modality: str | None) -> str:
        known = self._fitted().modalities_
        if modality is None or modality not in known:
            asked = "has no modality" if modality is None else f"is of no modality {modality!r}"
            raise GapvizError(
                f"the array {asked} that the strategy was fitted on",
                hint=f"name one of {', '.join(known)}",
            )
        return modality

    def _unit(self, vectors: npt.ArrayLike, modality: str) -> Float32:
        where = self._named(modality)
        rows = unit_rows(vectors, where=where)
        if rows.shape[1] != self.n_features_in_:
            raise GapvizError(
                f"has {rows.shape[1]} dimensions, and the strategy was fitted on "
                f"{self.n_features_in_}",
                where=where,
                hint="give vectors of the same encoder",
            )
        return rows

    def _moved(self, vectors: npt.ArrayLike, modality: str, queries: bool) -> npt.NDArray[Any]:
        given = whole_rows(vectors, where=self._named(modality))
        rows = self._unit(given, modality)
        move = self.strategy_.transform_queries if queries else self.strategy_.transform
        return move(rows, modality).astype(_kind(given), copy=False)


_classes: dict[str, type[StrategyEstimator]] = {}


def strategy(name: str, **parameters: Any) -> StrategyEstimator:
    """An unfitted strategy by its name or an alias, as a scikit-learn estimator.

    Args:
        name: one of `gapviz.strategies.STRATEGIES`.
        parameters: of the strategy; the usual values where not given. `fit` checks them.

    Raises:
        GapvizError: no strategy of that name, or a parameter that it does not have.

    >>> from gapviz.sources.builtin import builtin_collection
    >>> centre = strategy("centre", strength=0.8)
    >>> centre
    Centre(strength=0.8)
    >>> moved = centre.fit(builtin_collection()).transform(np.eye(256), "text")
    >>> moved.shape, moved.dtype.name
    ((256, 256), 'float64')
    """
    return estimator_class(name)(**parameters)


def estimator_class(name: str) -> type[StrategyEstimator]:
    """The class of estimators of one strategy, whose `__init__` takes its parameters.

    Raises:
        GapvizError: no strategy of that name.
    """
    spec = strategy_spec(name)
    known = _classes.get(spec.name)
    if known is not None and known.spec is spec:
        return known
    title = "".join(part.capitalize() for part in spec.name.replace("_", "-").split("-"))
    arguments = [
        Argument(one.name, Argument.KEYWORD_ONLY, default=one.default) for one in spec.parameters
    ]
    lines = [f"    {one.name}: {one.help} ({one.words})" for one in spec.parameters]
    told = f"{spec.title}: {spec.formula}\n\n{spec.known}"
    made = type(
        title,
        (StrategyEstimator,),
        {
            "spec": spec,
            "__doc__": "\n".join([told, *(["", "Parameters:", *lines] if lines else [])]),
            "__module__": __name__,
            "__signature__": Signature(arguments),
        },
    )
    _classes[spec.name] = made
    return made


def not_fitted(name: str) -> GapvizError:
    """The error of an estimator that is used before `fit`; scikit-learn's too where it is there."""
    told: dict[str, Any] = {
        "what": f"this {name} is not fitted yet",
        "hint": "call fit first, with a collection or arrays by modality",
    }
    try:
        from sklearn.exceptions import NotFittedError
    except ImportError:
        return GapvizError(**told)
    kind = type("NotFittedError", (GapvizError, NotFittedError), {"__module__": __name__})
    error: GapvizError = kind(**told)
    return error


def _bare(name: str) -> StrategyEstimator:
    """An estimator without its state, which a pickle brings."""
    kind = estimator_class(name)
    return kind.__new__(kind)


def _kind(vectors: npt.NDArray[Any]) -> type[np.floating[Any]]:
    """float64 for what holds float64, as plain numbers of Python are; else float32."""
    return np.float64 if vectors.dtype == np.float64 else np.float32


def _same(value: Any, default: Any) -> bool:
    return value is default or bool(np.all(value == default))
