"""What retrieval is worth: bias, ranks, recall, each with its protocol and interval."""

from gapviz.measures.retrieval.bootstrap import (
    bootstrap_difference,
    bootstrap_imbalance,
    bootstrap_mean,
    bootstrap_means,
    mean_value,
)
from gapviz.measures.retrieval.cross import CrossOutcome, evaluate_cross
from gapviz.measures.retrieval.mixed import evaluate_mixed, expected_bias, mean_of_known
from gapviz.measures.retrieval.outcome import MixedOutcome
from gapviz.measures.retrieval.within import (
    LabelDelta,
    RecallDelta,
    WithinComparison,
    WithinFigures,
    WithinOutcome,
    compare_within,
    evaluate_within,
    recall_delta,
)

__all__ = [
    "CrossOutcome",
    "LabelDelta",
    "MixedOutcome",
    "RecallDelta",
    "WithinComparison",
    "WithinFigures",
    "WithinOutcome",
    "bootstrap_difference",
    "bootstrap_imbalance",
    "bootstrap_mean",
    "bootstrap_means",
    "compare_within",
    "evaluate_cross",
    "evaluate_mixed",
    "evaluate_within",
    "expected_bias",
    "mean_of_known",
    "mean_value",
    "recall_delta",
]
