"""One list of all modalities, by score."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from gapviz.core.rows import Rows
from gapviz.core.vectors import Float32, Mask
from gapviz.strategies.fusion.base import Asked, Fusion, QueryFigures, Ranked, Standing, Targets
from gapviz.strategies.fusion.counting import matching, ranked_by, resampled_list, standing_of
from gapviz.strategies.fusion.heads import targets_of, targets_of_parts


class OneList(Fusion):
    """The modalities share one index; of equal scores each order counts alike."""

    quick_parts: ClassVar[bool] = True

    def ranked(
        self, corpus: Rows, scores: Float32, open_rows: Mask, own: int, k: int, item: int | None
    ) -> Ranked:
        matches = matching(corpus, item, own, open_rows)
        return ranked_by([scores], np.flatnonzero(open_rows), k, matches)

    def standing(self, asked: Asked, k: int) -> Standing:
        return standing_of(asked, asked.scores, k)

    def resampled(self, asked: Asked, k: int, kept: Mask) -> QueryFigures:
        return resampled_list(asked, asked.scores, k, kept)

    def targets(self, asked: Asked, k: int) -> Targets:
        return targets_of(asked, asked.scores, k)

    def targets_of_parts(self, asked: Asked, k: int, kept: Mask) -> Targets:
        return targets_of_parts(asked, asked.scores, k, kept)

    def described(self, detail: str) -> str:
        return f"One mixed index; {detail}."


ONE_LIST = OneList()
