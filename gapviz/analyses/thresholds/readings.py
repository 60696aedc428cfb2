"""What distributions, thresholds and fused lists say, in plain sentences."""

from __future__ import annotations

from math import isnan

from gapviz.analyses.thresholds.score_study import ScoreStudy
from gapviz.core.wording import figure
from gapviz.measures.geometry.thresholds import PairType, Rates
from gapviz.retrieval.compare import FusionComparison


def type_title(pair_type: PairType, pair: tuple[str, str]) -> str:
    """A pair type by the names of its modalities."""
    x, y = pair
    return {"cross": f"{x}–{y}", "within_x": f"{x}–{x}", "within_y": f"{y}–{y}"}[pair_type]


def transfer_reading(study: ScoreStudy, recall: float) -> str:
    """What one threshold, fitted across the modalities, lets pass within them."""
    across = study.transfer(recall)[0]
    if isnan(across.threshold):
        return f"No {study.across} pair matches, so there is no threshold to carry over."
    parts = []
    for name in ("within_x", "within_y"):
        share = across.rates[name].false_positive
        if not isnan(share):
            words = "unrelated" if study.labelled else "all"
            parts.append(f"{share:.1%} of {words} {type_title(name, study.pair)} pairs")
    own = across.rates["cross"].false_positive
    passing = " and ".join(parts) or "no pair within a modality is known"
    return (
        f"{study.strategy}: at the {study.unit} that {recall:.0%} of matched {study.across} "
        f"pairs reach ({figure(across.threshold)}), {own:.1%} of mismatched {study.across} pairs "
        f"pass, and {passing}."
    )


def held_out_reading(rates: Rates, target: str, share: float) -> str:
    """How near a calibrated threshold comes to its target on held-out pairs."""
    reached = rates.true_positive if target == "recall" else rates.precision
    if isnan(reached):
        return "nothing to measure it on"
    points = abs(100 * (reached - share))
    if points < 0.05:
        return "met"
    return f"{points:.1f} points {'above' if reached > share else 'below'}"


def fusion_comparison_reading(comparison: FusionComparison) -> str:
    """Which list takes the top under bare scores, whom it shuts out, and where the match is."""
    best = comparison.best_list
    k = len(comparison.naive.hits)
    taken = sum(hit.modality == best for hit in comparison.naive.hits)
    parts = [
        f"By bare cosine {best} takes {taken} of {k} places: its list starts at "
        f"{figure(comparison.lists[best].best)}"
    ]
    for name, scores in comparison.lists.items():
        if name != best and scores.naive_rank_of_best:
            parts.append(
                f"the best {name} entry scores {figure(scores.best)} and stands at rank "
                f"{scores.naive_rank_of_best:,}"
            )
    ranks = comparison.naive.match_rank, comparison.by_rank.match_rank
    sentence = "; ".join(parts)
    if ranks[0] is None or ranks[1] is None:
        return f"{sentence}."
    return (
        f"{sentence}. The match stands at rank {ranks[0]:,} by bare cosine and at {ranks[1]:,} "
        f"by rank fusion."
    )
