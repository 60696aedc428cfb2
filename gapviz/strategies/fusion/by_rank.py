"""One list a modality, fused by rank, with everything that usually hides made explicit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from gapviz.core.errors import GapvizError
from gapviz.core.parameter import Parameter
from gapviz.core.python_source import literal
from gapviz.core.rows import Rows
from gapviz.core.vectors import Float32, Mask
from gapviz.strategies.fusion.base import Asked, Fusion, Ranked, Serving, Standing, Targets
from gapviz.strategies.fusion.counting import head, matching, place
from gapviz.strategies.fusion.merged_lists import (
    TURN_CODE,
    TURN_WORDS,
    ListGroups,
    Merged,
    by_query,
    interleaving,
    refuse_bad_ties,
)
from gapviz.strategies.fusion.ties import Places, TieGroups, TieRule, tie_groups

# Beyond it the ranks of a long list drown in the rounding of k + rank.
LARGEST_K = 1e6

RRF_K = Parameter(
    "rrf_k",
    "k of rank fusion",
    "number",
    60.0,
    "weight / (k + rank): a larger k flattens the difference of ranks; over disjoint lists with "
    "equal weights it changes nothing",
    symbol="k",
    low=0.0,
    high=LARGEST_K,
)
WEIGHTS = Parameter(
    "weights",
    "Weight of a modality's list",
    "weights",
    (),
    "weight of a modality's list in rank fusion, 1 where not given",
    low=0.0,
    high=10.0,
    step=0.1,
    flag="--weight",
)
RANK_BASE = Parameter(
    "rank_base",
    "Rank of the best",
    "count",
    1,
    "rank of the best entry of a list: 1 in the paper, 0 in Qdrant, whose k = 61 is this 60",
    low=0,
    high=1,
)
_MERGE = '''

K, RANK_BASE = {k}, {rank_base}
WEIGHTS = {weights}


def list_order(modality):
    """Modalities in the order in which an engine that fuses is given their lists."""
    return sorted(MODALITIES, key=lambda name: name {sign}= modality)


def merge(lists, modality):
    """Fuse {{modality: [(key, cosine), best first]}} by rank, as [(key, score)]."""
    scores = []
    for name in MODALITIES:
        for place, (key, _) in enumerate(lists.get(name, [])):
            # Of equal scores: {first}.
            turn = {turn}
            scores.append((key, WEIGHTS[name] / (K + RANK_BASE + place), turn))
    scores.sort(key=lambda entry: (-entry[1], entry[2]))
    return [(key, score) for key, score, _ in scores]
'''


@dataclass(frozen=True, slots=True)
class RankFusion(Fusion):
    """Σ over lists of weight / (k + rank) (Cormack, Clarke & Büttcher 2009).

    Raises:
        GapvizError: k, a weight or the rank base out of range.
    """

    k: float = 60.0
    """Damping constant; Cormack's 60. Larger values flatten the difference of ranks."""
    weights: tuple[tuple[str, float], ...] = field(default=())
    """Weight of each modality's list by name; 1 where not named."""
    rank_base: int = 1
    """Rank of the best entry: 1 in the paper, 0 in Qdrant (whose k = 61 is this 60)."""
    ties: TieRule = "shared"

    def __post_init__(self) -> None:
        if self.rank_base not in (0, 1):
            raise GapvizError("the rank base must be 0 or 1", where="rank fusion")
        if not 0 <= self.k <= LARGEST_K or self.k + self.rank_base <= 0:
            raise GapvizError(
                f"k = {self.k:g} is out of range",
                where="rank fusion",
                hint=f"choose a number above 0 (60 is usual), at most {LARGEST_K:,.0f}",
            )
        refuse_bad_ties(self.ties, "rank fusion")
        for modality, weight in self.weights:
            if not np.isfinite(weight) or weight < 0:
                raise GapvizError(
                    f"the weight {weight:g} of {modality} is out of range",
                    where="rank fusion",
                    hint="choose a number of 0 or more",
                )

    def weight(self, modality: str) -> float:
        """Weight of the list of `modality`."""
        return dict(self.weights).get(modality, 1.0)

    def ranked(
        self, corpus: Rows, scores: Float32, open_rows: Mask, own: int, k: int, item: int | None
    ) -> Ranked:
        codes = range(len(corpus.names))
        by_modality = [np.flatnonzero(open_rows & (corpus.modality == code)) for code in codes]
        merged = self._merged(corpus, [rows.size for rows in by_modality], own)
        top = merged.order[:k]
        # The first k of all are among the first k of each.
        lists = [head([scores], rows, k) for rows in by_modality]
        rows = [int(lists[which][at]) for which, at in top]
        weights = np.array([self.weight(name) for name in corpus.names])
        fused = weights[top[:, 0]] / (self.k + self.rank_base + top[:, 1])
        rank, match = None, None
        for row in matching(corpus, item, own, open_rows):
            which = int(corpus.modality[row])
            at = place([scores], by_modality[which], row)
            stands = int(np.flatnonzero((merged.order == (which, at)).all(axis=1))[0]) + 1
            if rank is None or stands < rank:
                rank, match = stands, row
        return Ranked(np.array(rows, dtype=np.int64), fused, rank, match)

    def targets(self, asked: Asked, k: int) -> Targets:
        codes = range(len(asked.corpus.names))
        shape = (asked.items.size, len(codes))
        found = Targets(np.full(shape, np.nan), np.full(shape, np.nan))
        for those, merged in self._lists(asked):
            if len(merged.order):
                found.share[those] = [merged.share(code, k) for code in codes]
                found.hit[those] = [merged.hit(code, k) for code in codes]
        return found

    def standing(self, asked: Asked, k: int) -> Standing:
        corpus, scores, found = asked.corpus, asked.scores, asked.found
        own_share = np.full(len(scores), np.nan)
        first_other = np.zeros(len(scores))
        lists = []
        for code, span in enumerate(corpus.spans):
            here = corpus.modality[found] == code
            columns = found[here] - span.start
            lists.append(tie_groups(scores[:, span], asked.asking[here], columns, asked.tolerance))
        groups = ListGroups.of(lists)
        one_by_one: list[TieGroups] = []
        every: list[Places] = []
        best: list[Places] = []
        for those, merged in self._lists(asked):
            if len(merged.order):
                own_share[those] = merged.share(asked.own, k)
                first_other[those] = merged.first_other(asked.own)
            mine = groups.take(np.flatnonzero(those[groups.query]))
            if mine.query.size:
                one_by_one.append(merged.one_by_one(mine))
                every.append(merged.every(mine))
                best.append(merged.best(mine))
        return Standing(
            own_share,
            asked.chance,
            first_other,
            by_query(TieGroups, one_by_one, len(scores)),
            asked.n_open,
            (by_query(Places, every, len(scores)), by_query(Places, best, len(scores))),
        )

    def _lists(self, asked: Asked) -> Iterator[tuple[Mask, Merged]]:
        """Queries `(n_queries,)` whose lists are as long as one another's, and their one order."""
        for left_out in np.unique(asked.n_excluded):
            lengths = [span.stop - span.start for span in asked.corpus.spans]
            lengths[asked.own] -= int(left_out)
            those = asked.n_excluded == left_out
            yield those, self._merged(asked.corpus, lengths, asked.own)

    def _merged(self, corpus: Rows, lengths: Sequence[int], own: int) -> Merged:
        weights = tuple(self.weight(name) for name in corpus.names)
        offset = self.k + self.rank_base
        return interleaving(tuple(map(int, lengths)), weights, own, offset, self.ties)

    @property
    def shares_ties(self) -> bool:
        return self.ties == "shared"

    @property
    def serving(self) -> Serving:
        return "ranks"

    @property
    def plain(self) -> dict[str, Any]:
        return {
            "method": "rrf",
            "k": self.k,
            "weights": dict(self.weights),
            "rank_base": self.rank_base,
            "ties": self.ties,
        }

    def merge_code(self, modalities: Sequence[str]) -> str:
        return _MERGE.format(
            sign="=" if self.ties == "other-first" else "!",
            first=TURN_WORDS[self.ties],
            turn=TURN_CODE[self.ties],
            **self.code(modalities),
        )

    def code(self, modalities: Sequence[str]) -> dict[str, str]:
        """Its numbers as Python source."""
        return {
            "k": repr(self.k),
            "rank_base": str(self.rank_base),
            "weights": literal({name: float(self.weight(name)) for name in modalities}),
        }

    def described(self, detail: str) -> str:
        silent = bool(self.weights) and not any(weight for _, weight in self.weights)
        note = " Every score is 0: only the order of equal scores ranks." if silent else ""
        return f"One list a modality; {self.numbers}.{note}"

    @property
    def numbers(self) -> str:
        """K and the weights, in words."""
        weights = " : ".join(f"{weight:g}" for _, weight in self.weights)
        return f"k = {self.k:g}" + (f", weights {weights}" if weights else "")
