"""Curves: what one choice costs along its whole range."""

from __future__ import annotations

from dataclasses import replace
from functools import wraps

from gapviz.analyses.analysis import (
    PROTOCOL,
    QUERY_MODALITY,
    Analysis,
    Find,
    Finding,
    Request,
    find_parts,
    parts_parameter,
)
from gapviz.analyses.curves.calibration import find_calibration
from gapviz.analyses.curves.corpus_mix import find_mix
from gapviz.analyses.curves.rank_fusion import find_fusion
from gapviz.analyses.curves.strength import find_strength
from gapviz.analyses.judged import has_judgments, protocol_words
from gapviz.analyses.listed import LISTED
from gapviz.core.parameter import Parameter
from gapviz.core.progress import Progress


def _of_pairs(find: Find) -> Find:
    """The same curve, which says that judged queries play no part in it where there are some."""

    @wraps(find)
    def found(request: Request, progress: Progress) -> Finding:
        curve = find(request, progress)
        if not has_judgments(request.collection):
            return curve
        note = f"Judged queries play no part in this curve: {protocol_words('paired')}."
        return replace(curve, readings=[note, *curve.readings])

    return found


PARTS: dict[str, Find] = {
    "strength": find_strength,
    "mix": _of_pairs(find_mix),
    "calibration": _of_pairs(find_calibration),
    "fusion": _of_pairs(find_fusion),
}

ANALYSIS = Analysis(
    "curves",
    LISTED["curves"].help,
    "Vary the strength λ of an offset, the mix of the corpus, the number of calibration items, or "
    "k and a weight of rank fusion, and measure every point on the items of the evaluate split.",
    find_parts(PARTS),
    parameters=(
        parts_parameter(PARTS),
        replace(
            QUERY_MODALITY,
            help="the modality of the query: of all, for the mix (default: the second of the pair)",
        ),
        Parameter(
            "weighted",
            "Weighted list",
            "modality",
            None,
            "the list whose weight varies, for fusion (default: the first modality)",
        ),
        replace(PROTOCOL, help=f"{PROTOCOL.help}, for strength; all other curves are of pairs"),
    ),
    shared=("strategy", "pair", "seed", "most-items"),
    strategy=None,
)
