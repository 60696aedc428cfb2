"""One list of all modalities, by score."""

from __future__ import annotations

import numpy as np

from gapviz.core.rows import Rows
from gapviz.core.vectors import Float32, Mask
from gapviz.strategies.fusion.base import Asked, Fusion, Ranked, Standing
from gapviz.strategies.fusion.counting import bias_of, matching, ranked_by, ranks_of


class OneList(Fusion):
    """The modalities share one index, and equal scores keep the order of the rows."""

    def ranked(
        self, corpus: Rows, scores: Float32, open_rows: Mask, own: int, k: int, item: int | None
    ) -> Ranked:
        matches = matching(corpus, item, own, open_rows)
        return ranked_by([scores], np.flatnonzero(open_rows), k, matches)

    def standing(self, asked: Asked, k: int) -> Standing:
        own_share, first_other = bias_of(asked, asked.scores, k)
        ranks, tied = ranks_of(asked.scores, asked.asking, asked.found)
        return Standing(own_share, asked.chance, first_other, ranks, asked.n_relevant, tied)

    def described(self, detail: str) -> str:
        return f"One mixed index; {detail}."


ONE_LIST = OneList()
