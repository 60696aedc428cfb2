"""One query over a collection: mixed, routed by modality, or fused by item."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gapviz.core.errors import GapvizError
from gapviz.core.rows import Rows
from gapviz.core.vectors import Float32, Float64, Indices, Mask
from gapviz.strategies.fusion import (
    Fusion,
    ItemFusion,
    RankFusion,
    ScoreFusion,
    fuse_ranks,
    interleaving,
    rescaled,
)
from gapviz.strategies.scoring import PreparedScores


@dataclass(frozen=True, slots=True)
class Hit:
    """One entry of a result list."""

    rank: int
    """Place in the list, from 1."""
    row: int
    """Row of the corpus."""
    item: int
    """Position in `Collection.items`."""
    modality: str
    score: float
    """Cosine in a mixed index, adjusted or fused score where a strategy made one."""
    cosine: float
    """Cosine of the query with this entry."""


@dataclass(frozen=True, slots=True)
class ResultList:
    """What one query got, and how it stands with bias."""

    hits: tuple[Hit, ...]
    bias: float
    """Share of the hits that have the query's modality; of items, by their best row."""
    corpus_share: float
    """Share of the searched entries that have it: what an unbiased index would give."""
    match_rank: int | None
    """Rank of the query's own item in another modality, over the whole index; None when the
    query is no item of the collection. 1 + the number of entries before it."""
    match_cosine: float | None = None
    """Cosine of the query with that entry, as the strategy left both."""


def search(
    corpus: Rows,
    query: Float32,
    modality: str,
    *,
    k: int = 10,
    item: int | None = None,
    leave_out_own: bool = True,
    fusion: Fusion | None = None,
    scoring: PreparedScores | None = None,
) -> ResultList:
    """Search with one unit `query` `(dim,)` of `modality`, moved as the corpus was.

    Args:
        corpus: the rows to search.
        query: a unit row.
        modality: its modality.
        k: how many hits to return.
        item: position of the query's own item, if it has one: its rows of other modalities
            are the match.
        leave_out_own: leave out the rows of that item in the query's own modality.
        fusion: route by modality and fuse by rank, by score or by item, or None for one
            mixed list. Equal cosines keep the order of the rows.
        scoring: adjusts the cosines before they are ranked, or None.

    Raises:
        GapvizError: k below 1, or a query of another dimension.
    """
    _refuse_bad(corpus, query, k)
    cosines = corpus.vectors @ query
    own = corpus.code(modality) if modality in corpus.names else -1
    open_rows = np.ones(corpus.n_rows, dtype=np.bool_)
    if item is not None and leave_out_own:
        open_rows[(corpus.item == item) & (corpus.modality == own)] = False
    order, scores = _ranked(corpus, cosines, open_rows, modality, fusion, scoring)
    top = order[:k]
    rank = _match_rank(corpus, order, own, item, fusion)
    hits = tuple(
        Hit(
            rank=place + 1,
            row=int(row),
            item=int(corpus.item[row]),
            modality=corpus.names[corpus.modality[row]],
            score=float(scores[place]),
            cosine=float(cosines[row]),
        )
        for place, row in enumerate(top)
    )
    return ResultList(
        hits=hits,
        bias=float((corpus.modality[top] == own).mean()) if top.size else float("nan"),
        corpus_share=(
            float((corpus.modality[open_rows] == own).mean()) if open_rows.any() else float("nan")
        ),
        match_rank=rank,
        match_cosine=None if rank is None else float(cosines[order[rank - 1]]),
    )


def tie_order(n_modalities: int, own: int, fusion: RankFusion | ScoreFusion) -> list[int]:
    """Modality codes in the order in which equal fused scores are broken."""
    others = [code for code in range(n_modalities) if code != own]
    if own < 0:
        return others
    return [own, *others] if fusion.ties == "own-first" else [*others, own]


def _ranked(
    corpus: Rows,
    cosines: Float32,
    open_rows: Mask,
    modality: str,
    fusion: Fusion | None,
    scoring: PreparedScores | None,
) -> tuple[Indices, Float64]:
    """Rows in the order of the result list, and the scores that put them there."""
    own = corpus.code(modality) if modality in corpus.names else -1
    scores = np.where(open_rows, cosines, np.float32(-np.inf))
    if scoring is not None:
        scores = scoring.adjust(scores[None, :], modality)[0]
    if isinstance(fusion, RankFusion):
        return _routed_order(corpus, scores, open_rows, own, fusion)
    if isinstance(fusion, ScoreFusion):
        return _merged_order(corpus, scores, open_rows, own, fusion)
    if isinstance(fusion, ItemFusion):
        return _items_order(corpus, scores, open_rows, own, fusion)
    rows = np.flatnonzero(open_rows)
    order: Indices = rows[np.argsort(-scores[rows], kind="stable")]
    return order, scores[order].astype(np.float64)


def _merged_order(
    corpus: Rows, scores: Float32, open_rows: Mask, own: int, fusion: ScoreFusion
) -> tuple[Indices, Float64]:
    """By rescaled score; equal ones as `ScoreFusion.ties` says, then by the score itself."""
    fused = np.concatenate([rescaled(scores[None, s], fusion.scale)[0] for s in corpus.spans])
    rows = np.flatnonzero(open_rows)
    place = np.argsort(tie_order(len(corpus.names), own, fusion))
    order = rows[np.lexsort((rows, -scores[rows], place[corpus.modality[rows]], -fused[rows]))]
    return order, fused[order].astype(np.float64)


def _items_order(
    corpus: Rows, scores: Float32, open_rows: Mask, own: int, fusion: ItemFusion
) -> tuple[Indices, Float64]:
    """The best row of every item, by fused score of the item; see `ItemFusion`."""
    found: dict[int, tuple[float, bool, int]] = {}
    lists: list[list[int]] = []
    for code, (name, span) in enumerate(zip(corpus.names, corpus.spans, strict=True)):
        rows = span.start + np.flatnonzero(open_rows[span])
        rows = rows[np.argsort(-scores[rows], kind="stable")]
        _, first = np.unique(corpus.item[rows], return_index=True)
        leading = rows[np.sort(first)]
        lists.append(corpus.item[leading].tolist())
        worth = scores[leading].astype(np.float64)
        if fusion.method == "rrf":
            places = fusion.ranks.k + fusion.ranks.rank_base + np.arange(leading.size)
            worth = fusion.ranks.weight(name) / places
        for item, value, row in zip(lists[-1], worth.tolist(), leading.tolist(), strict=True):
            # Equal worth: the row that is not of the query's modality stands for the item.
            offer = (value, code != own, row)
            if item not in found or offer[:2] > found[item][:2]:
                found[item] = offer
    if fusion.method == "max":
        items = sorted(found, key=lambda item: -found[item][0])
        fused = [found[item][0] for item in items]
    else:
        weights = [fusion.ranks.weight(name) for name in corpus.names]
        ranked = fuse_ranks(
            lists, k=fusion.ranks.k, weights=weights, rank_base=fusion.ranks.rank_base
        )
        items, fused = [entry.key for entry in ranked], [entry.score for entry in ranked]
    order = np.array([found[item][2] for item in items], dtype=np.int64)
    return order, np.array(fused, dtype=np.float64)


def _routed_order(
    corpus: Rows, cosines: Float32, open_rows: Mask, own: int, fusion: RankFusion
) -> tuple[Indices, Float64]:
    codes = tie_order(len(corpus.names), own, fusion)
    lists = []
    for code in codes:
        rows = np.flatnonzero(open_rows & (corpus.modality == code))
        lists.append(rows[np.argsort(-cosines[rows], kind="stable")])
    weights = [fusion.weight(corpus.names[code]) for code in codes]
    lengths = [len(rows) for rows in lists]
    which, place = interleaving(lengths, weights, fusion).T
    order = np.concatenate(lists)[(np.cumsum(lengths) - lengths)[which] + place]
    return order, np.asarray(weights)[which] / (fusion.k + fusion.rank_base + place)


def _match_rank(
    corpus: Rows, order: Indices, own: int, item: int | None, fusion: Fusion | None
) -> int | None:
    if item is None:
        return None
    # An item is found whole, whichever of its rows stands for it.
    whole = isinstance(fusion, ItemFusion)
    matches = (corpus.item[order] == item) & (whole | (corpus.modality[order] != own))
    places = np.flatnonzero(matches)
    return int(places[0]) + 1 if places.size else None


def _refuse_bad(corpus: Rows, query: Float32, k: int) -> None:
    if k < 1:
        raise GapvizError(f"cannot return {k} results", hint="ask for at least 1")
    if query.shape != (corpus.vectors.shape[1],):
        raise GapvizError(
            f"the query has shape {query.shape}, the index {corpus.vectors.shape[1]} dimensions",
            hint="encode the query with the encoder of the collection",
        )
