"""The probability that a pair of some score matches, where a stated share of such pairs does.

Fitted on scores of matched and of mismatched pairs, of which the latter are reweighted until the
former make up the prior. By Bayes' rule the odds of a match are the prior odds times the ratio
of the densities of the score, and only the former depend on the prior: at another prior p the
log-odds are those at the prior π that was fitted at, plus logit p − logit π. Of isotonic
regression that is what fitting anew with other weights gives, since weights of the two kinds
change no pooled block, but only its odds.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import Literal

import numpy as np
import numpy.typing as npt

from gapviz.core.errors import GapvizError
from gapviz.core.parameter import Parameter
from gapviz.core.plain_json import JsonFields
from gapviz.core.vectors import NO_SPREAD, Float64, Mask

Method = Literal["logistic", "isotonic"]
Match = Literal["item", "label", "row"]
"""What makes a pair match: rows of one item in two modalities; within a modality two items that
share a label, or, where nothing has a label, two rows of one item."""

USUAL_PRIOR = 0.1
MATCH_WORDS: dict[Match, str] = {"item": "match", "label": "same label", "row": "same item"}

METHOD = Parameter(
    "method",
    "Calibration",
    "choice",
    "logistic",
    "how scores become probabilities: a logistic curve, or isotonic steps of any rising shape",
    choices={"logistic": "Logistic", "isotonic": "Isotonic"},
)
PRIOR = Parameter(
    "prior",
    "Prior",
    "number",
    USUAL_PRIOR,
    "the share of pairs that match: of those drawn for judging, above 0 and below 1",
    low=1e-9,
    high=1 - 1e-9,
)

# Of the slope for scores of spread 1: so weak that it only keeps separable scores finite.
PENALTY = 1e-3
# What no pair was seen of counts as half a pair, since isotonic regression would be sure of it.
HALF_A_PAIR = 0.5


@dataclass(frozen=True, slots=True)
class MatchCurve(JsonFields):
    """Log-odds of a match by score, as plain numbers: a line, or steps."""

    method: Method
    prior: float
    """Share of matching pairs that it was fitted at."""
    slope: float | None = None
    """Of the log-odds a unit of score, where `logistic`."""
    intercept: float | None = None
    """The log-odds at a score of 0."""
    scores: tuple[float, ...] = ()
    """Ends of the steps, rising, where `isotonic`; the log-odds between two are interpolated."""
    steps: tuple[float, ...] = ()
    """Log-odds at those scores."""

    def log_odds(self, scores: npt.ArrayLike, prior: float | None = None) -> Float64:
        """Log-odds of a match for scores of any shape.

        Args:
            scores: of pairs.
            prior: share of the pairs judged that match; that of the fit unless given.

        Raises:
            GapvizError: a prior that is not between 0 and 1.
        """
        known = np.asarray(scores, dtype=np.float64)
        if self.slope is None or self.intercept is None:
            fitted = np.asarray(np.interp(known, self.scores, self.steps), dtype=np.float64)
        else:
            fitted = self.slope * known + self.intercept
        if prior is None:
            return fitted
        return fitted + (logit(checked_prior(prior)) - logit(self.prior))

    def probability(self, scores: npt.ArrayLike, prior: float | None = None) -> Float64:
        """Probability of a match, 0 to 1, for scores of any shape; arguments as `log_odds`.

        Raises:
            GapvizError: a prior that is not between 0 and 1.
        """
        return logistic(self.log_odds(scores, prior))

    def lowest_score(self, log_odds: float) -> float:
        """The lowest score whose log-odds, at the prior of the fit, reach some; ∞ for none."""
        if self.slope is not None and self.intercept is not None:
            if self.slope > 0:
                return (log_odds - self.intercept) / self.slope
            return -inf if self.intercept >= log_odds else inf
        reach = [place for place, step in enumerate(self.steps) if step >= log_odds]
        if not reach:
            return inf
        if reach[0] == 0:
            return -inf
        at = slice(reach[0] - 1, reach[0] + 1)
        return float(np.interp(log_odds, self.steps[at], self.scores[at]))


@dataclass(frozen=True, slots=True)
class MatchProbability(JsonFields):
    """P(match | score) of one pair type."""

    first: str
    second: str
    """The modalities, in either order; one and the same within a modality."""
    match: Match
    curve: MatchCurve
    rate: float
    """Share of all calibration pairs that match: the prior of a pair drawn from all of them."""
    n_first: int
    n_second: int
    """Calibration rows of the two modalities."""
    n_matched: int
    """Matched pairs that it was fitted on."""

    @property
    def modalities(self) -> frozenset[str]:
        """Of the pair type, in no order."""
        return frozenset((self.first, self.second))

    def prior_among(self, modality: str, n_rows: int) -> float:
        """The prior of a pair of a query and any of so many rows of a modality.

        A query has as many matches as among the calibration rows, one say, however many rows are
        searched; of items that share its label there are more among more.
        """
        if self.match == "label" or not n_rows:
            return self.rate
        fitted = self.n_second if modality == self.second else self.n_first
        return min(self.rate * fitted / n_rows, 0.5)


def fit_curve(
    matched: Float64,
    mismatched: Float64,
    *,
    method: Method = "logistic",
    prior: float = USUAL_PRIOR,
) -> MatchCurve:
    """Fit the probability of a match to scores of either kind of pair.

    A curve that would fall, as of vectors without content, is level at the prior.

    Args:
        matched: `(n_matched,)` scores of pairs that match.
        mismatched: `(n_mismatched,)` scores of pairs that do not.
        method: `logistic`: weighted maximum likelihood (Platt 1999); `isotonic`: weighted least
            squares among all rising steps (Zadrozny & Elkan 2002). A step on which one kind was
            never seen counts half a pair of it.
        prior: of the weights.

    Raises:
        GapvizError: no pair of a kind, or a prior that is not between 0 and 1.
    """
    checked_prior(prior)
    if not matched.size or not mismatched.size:
        raise GapvizError("a probability is learned from pairs that match and pairs that do not")
    scores = np.concatenate([matched, mismatched])
    if np.ptp(scores) <= NO_SPREAD:
        return MatchCurve(method, prior, 0.0, logit(prior))
    is_match = np.repeat([True, False], [matched.size, mismatched.size])
    of_others = matched.size * (1 - prior) / prior / mismatched.size
    if method == "isotonic":
        return MatchCurve(method, prior, None, None, *_isotonic(scores, is_match, of_others))
    slope, intercept = _logistic(scores, is_match, of_others)
    return MatchCurve(method, prior, *((slope, intercept) if slope > 0 else (0.0, logit(prior))))


def checked_prior(prior: float) -> float:
    """The prior itself.

    Raises:
        GapvizError: it is not between 0 and 1.
    """
    if not 0 < prior < 1:
        raise GapvizError(
            f"a prior of {prior:g} is no probability that a pair may match or not",
            hint="choose a number above 0 and below 1",
        )
    return prior


def logit(share: float) -> float:
    """log(p / (1 − p))."""
    return float(np.log(share) - np.log1p(-share))


def logistic(log_odds: Float64) -> Float64:
    """The inverse of `logit`, without overflow."""
    return np.asarray(0.5 * (1 + np.tanh(0.5 * log_odds)), dtype=np.float64)


def _logistic(scores: Float64, is_match: Mask, of_others: float) -> tuple[float, float]:
    """Slope and intercept; each pair that does not match weighs `of_others`."""
    from sklearn.linear_model import LogisticRegression  # a second that an import need not pay

    middle, spread = float(scores.mean()), float(scores.std())
    model = LogisticRegression(C=1 / PENALTY, solver="newton-cholesky", tol=1e-9, max_iter=200)
    weights = np.where(is_match, 1.0, of_others)
    model.fit(((scores - middle) / spread)[:, None], is_match, sample_weight=weights)
    slope = float(model.coef_[0, 0]) / spread
    return slope, float(model.intercept_[0]) - slope * middle


def _isotonic(
    scores: Float64, is_match: Mask, of_others: float
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Ends of the steps, and log-odds there."""
    from sklearn.isotonic import IsotonicRegression

    weights = np.where(is_match, 1.0, of_others)
    model = IsotonicRegression(y_min=0, y_max=1).fit(scores, is_match, sample_weight=weights)
    ends = np.asarray(model.X_thresholds_, dtype=np.float64)
    shares = np.asarray(model.y_thresholds_, dtype=np.float64)
    # Shares of 0 and 1 come out of the division a rounding error away from them.
    lowest, highest = shares < 1e-12, shares > 1 - 1e-12
    inside = ~(lowest | highest)
    steps = np.zeros(ends.size)
    steps[inside] = np.log(shares[inside]) - np.log1p(-shares[inside])
    if lowest.any():
        seen = np.count_nonzero((scores <= ends[lowest][-1]) & ~is_match)
        odds = HALF_A_PAIR / (seen * of_others)
        steps[lowest] = min(np.log(odds), steps[inside].min(initial=inf))
    if highest.any():
        seen = np.count_nonzero((scores >= ends[highest][0]) & is_match)
        odds = seen / (HALF_A_PAIR * of_others)
        steps[highest] = max(np.log(odds), steps[inside].max(initial=-inf))
    return tuple(ends.tolist()), tuple(steps.tolist())
