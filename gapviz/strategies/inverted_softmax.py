"""Inverted softmax: scores less the soft maximum of a row's scores with a bank of queries."""

from __future__ import annotations

from typing import ClassVar

from gapviz.core.rows import Rows
from gapviz.core.vectors import Float32
from gapviz.strategies.query_bank import QUERY_COST, STORES, QueryBank
from gapviz.strategies.references import TAU, soft_level
from gapviz.strategies.spec import AdviceRule, StrategySpec

_LEVELS = '''

TAU = {tau}


def levels(rows, modality):
    """The soft maximum of the scores of moved rows with the bank's queries; take it once."""
    return {{name: soft_maximum(block, modality) for name, block in rows.items()}}


def soft_maximum(block, modality):
    scores = (block @ STORED[f"references.{{modality}}"].T).astype(np.float64)
    known = scores <= 1 - 1e-6  # a copy of the row says nothing
    top = np.where(known, scores, -1).max(axis=1, keepdims=True)
    total = np.where(known, np.exp((scores - top) / TAU), 0).sum(axis=1)
    mean = np.where(known.any(axis=1), total / np.maximum(known.sum(axis=1), 1), 1)
    return np.where(known.any(axis=1), top[:, 0] + TAU * np.log(mean), 0)
'''


class InvertedSoftmax(QueryBank):
    """s(q, y) − τ·log mean_b exp(s(b, y)/τ), over a bank of queries of the modality of q.

    The logarithm of a softmax over queries instead of rows (Smith et al. 2017), with a bank in
    place of the queries to come (Bogolin et al. 2022, querybank normalisation). The bank is the
    asking calibration rows, the vectors as they are; a query of it that is a copy of the row is
    passed over.
    """

    spec: ClassVar[StrategySpec] = StrategySpec(
        name="inverted-softmax",
        title="Inverted softmax with a query bank",
        formula="x · y − τ · log mean over queries b of the bank of exp(b · y / τ)",
        known=(
            "On real CLIP τ = .02 brings the bias rate to .34 and .33, NDCG@10 to .67 and .65 and "
            "R@1 to .65 and .67 (held out): it leans to the other modality as z-norm does, and "
            "lifts R@1, which z-norm leaves; the bank must resemble the queries to come."
        ),
        acts_on="scores",
        stores=STORES,
        query_cost=QUERY_COST,
        parameters=(TAU,),
        aliases=("querybank", "qb-norm"),
        advice=(
            AdviceRule(
                "one-way",
                "neither",
                "helps",
                "A softmax over a bank of queries takes down candidates that answer everything.",
                "Wrong where the bank is unlike the queries to come.",
            ),
            AdviceRule(
                "mixed",
                "neither",
                "helps",
                "A softmax over a bank of queries takes the offset out of the scores, and hubs "
                "with it.",
                "Wrong where the bank is unlike the queries to come.",
            ),
        ),
        place=31.2,
    )
    level_code: ClassVar[str] = _LEVELS

    def level(self, corpus: Rows, modality: str) -> Float32:
        before = self.adjusted_before(corpus, modality)
        return soft_level(corpus, self.references_[modality], self.value("tau"), before=before)
