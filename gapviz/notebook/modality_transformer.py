"""`ModalityTransformer`: a strategy as a step of a `Pipeline`, for arrays of one modality."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin, clone

from gapviz.core.errors import GapvizError
from gapviz.strategies.estimator import StrategyEstimator, not_fitted, strategy
from gapviz.strategies.fit_source import Source
from gapviz.strategies.options import StrategyOptions

try:
    from sklearn.utils.validation import validate_data
except ImportError:  # before scikit-learn 1.6 it was a method

    def validate_data(estimator: Any, X: npt.ArrayLike, **asked: Any) -> Any:
        return estimator._validate_data(X, **asked)


FLOATS = [np.float64, np.float32]
"""Of other numbers the first is made."""


class ModalityTransformer(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):  # type: ignore[misc] # no types
    """Moves rows of one modality as a strategy does.

    The strategy learns from `calibration`; where none is given, from the rows that `fit` gets,
    which is enough for one that looks at each modality by itself, such as `centre`. With `prefit`
    it has learned already: `ModalityTransformer.of` makes such a step.

    Args:
        strategy: a name, or an estimator that `gapviz.strategy` made; a grid of parameters reaches
            the latter's as `strategy__strength`.
        modality: whose rows come in.
        calibration: a collection, paired arrays by modality, or the name of a source.
        queries: whether the rows ask instead of being indexed; it matters to few strategies.
        prefit: whether `strategy` is fitted, and `fit` learns nothing.

    Attributes:
        strategy_: the fitted `StrategyEstimator`.
        n_features_in_: dimensions of the rows.

    >>> import numpy as np
    >>> rows = np.random.default_rng(0).normal(1, 1, (8, 3))
    >>> moved = ModalityTransformer("centre", "text").fit_transform(rows)
    >>> bool(np.linalg.norm(moved.mean(axis=0)) < 0.5 < np.linalg.norm(rows.mean(axis=0)))
    True
    """

    def __init__(
        self,
        strategy: str | StrategyEstimator = "centre",
        modality: str = "text",
        *,
        calibration: Source | None = None,
        queries: bool = False,
        prefit: bool = False,
    ) -> None:
        self.strategy = strategy
        self.modality = modality
        self.calibration = calibration
        self.queries = queries
        self.prefit = prefit

    @classmethod
    def of(cls, fitted: StrategyEstimator, modality: str, *, queries: bool = False) -> Self:
        """A step that is ready to `transform`, for rows of one modality.

        Args:
            fitted: an estimator after its `fit`.
            modality: whose rows come in.
            queries: whether they ask instead of being indexed.

        Raises:
            GapvizError: not fitted yet, a modality that it never saw, or a strategy that moves no
                vector.
        """
        return cls(fitted, modality, queries=queries, prefit=True).fit()

    def fit(self, X: npt.ArrayLike | None = None, y: object = None) -> Self:
        """Learn, and return self.

        Args:
            X: `(n, dim)` rows of the modality; may be left out where they are not learned from.
            y: not looked at.

        Raises:
            GapvizError: as `StrategyEstimator.fit`, a strategy that moves no vector, one that needs
                other modalities and has no `calibration`, or one that `prefit` says is fitted, and
                is not.
        """
        learns_here = self.calibration is None and not self.prefit
        if X is None and learns_here:
            raise GapvizError(
                "there is nothing to learn from", hint="give rows to fit, or a calibration"
            )
        # Of one row, or of one dimension, no strategy learns a thing.
        least = 2 if learns_here else 1
        fewest = {"ensure_min_samples": least, "ensure_min_features": least}
        rows = None if X is None else validate_data(self, X, dtype=FLOATS, **fewest)
        fitted = self._chosen()
        if self.calibration is not None and not self.prefit:
            fitted.fit(self.calibration)
        elif learns_here and rows is not None:
            self._refuse_lonely(fitted)
            fitted.fit({self.modality: rows})
        _refuse_still(fitted)
        if self.modality not in fitted.modalities_:
            raise GapvizError(
                f"the strategy has not seen the modality {self.modality!r}",
                hint=f"choose one of {', '.join(fitted.modalities_)}",
            )
        if rows is not None and rows.shape[1] != fitted.n_features_in_:
            raise GapvizError(
                f"has {rows.shape[1]} dimensions, and the strategy was fitted on "
                f"{fitted.n_features_in_}",
                where=self.modality,
                hint="give vectors of the same encoder",
            )
        self.strategy_ = fitted
        self.n_features_in_ = fitted.n_features_in_
        return self

    def transform(self, X: npt.ArrayLike) -> npt.NDArray[Any]:
        """New unit rows `(n, dim)` in place of those of the modality, of the same kind of float.

        Raises:
            GapvizError: not fitted yet, or a row that the move leaves with no length.
            ValueError: other dimensions, or values that are no numbers.
        """
        if not self.__sklearn_is_fitted__():
            raise not_fitted(type(self).__name__)
        rows = validate_data(self, X, dtype=FLOATS, reset=False)
        return self.strategy_.transform(rows, self.modality, queries=self.queries)

    def __sklearn_is_fitted__(self) -> bool:
        return "strategy_" in vars(self)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags

    @property
    def _n_features_out(self) -> int:
        """As many as come in; what names the dimensions asks for it."""
        return int(self.n_features_in_)

    def _chosen(self) -> StrategyEstimator:
        """An estimator that is to be fitted; with `prefit`, the fitted one itself."""
        if isinstance(self.strategy, str):
            if self.prefit:
                raise not_fitted(self.strategy)
            return strategy(self.strategy)
        if not self.prefit:
            copied: StrategyEstimator = clone(self.strategy)
            return copied
        if not self.strategy.__sklearn_is_fitted__():
            raise not_fitted(type(self.strategy).__name__)
        return self.strategy

    def _refuse_lonely(self, unfitted: StrategyEstimator) -> None:
        spec = StrategyOptions(unfitted.spec.name, **unfitted.get_params()).spec
        if spec.across_modalities:
            raise GapvizError(
                f"{spec.title} learns of several modalities, and rows of {self.modality} alone "
                "were given",
                hint="give calibration={'image': X, 'text': Y}, or a collection",
            )


def _refuse_still(fitted: StrategyEstimator) -> None:
    """Scores and lists are nothing that a step of a pipeline hands on."""
    spec = fitted.strategy_.spec
    if spec.acts_on != "nothing" and not spec.moves_vectors:
        raise GapvizError(
            f"{spec.title} moves no vector, so that a pipeline would hand rows on as they are",
            hint="use its scores, or choose a strategy that moves vectors",
        )
