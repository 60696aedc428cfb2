"""One query over a collection: mixed, routed by modality, or fused by item."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from gapviz.errors import GapvizError
from gapviz.retrieval.corpus import Rows
from gapviz.retrieval.fusion import RankFusion, fuse_ranks, interleaving
from gapviz.vectors import Float32, Float64, Indices

ItemFusion = Literal["rrf", "max"]


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
    """Cosine in a mixed index, fused score where lists were fused."""
    cosine: float
    """Cosine of the query with this entry."""


@dataclass(frozen=True, slots=True)
class ResultList:
    """What one query got, and how it stands with bias."""

    hits: tuple[Hit, ...]
    bias: float
    """Share of the hits that have the query's modality."""
    corpus_share: float
    """Share of the searched entries that have it: what an unbiased index would give."""
    match_rank: int | None
    """Rank of the query's own item in another modality, over the whole index; None when the
    query is no item of the collection. 1 + the number of entries before it."""


def search(
    corpus: Rows,
    query: Float32,
    modality: str,
    *,
    k: int = 10,
    item: int | None = None,
    leave_out_own: bool = True,
    fusion: RankFusion | None = None,
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
        fusion: route by modality and fuse by rank, or None for one mixed list. Equal
            cosines keep the order of the rows.

    Raises:
        GapvizError: k below 1, or a query of another dimension.
    """
    _refuse_bad(corpus, query, k)
    cosines = corpus.vectors @ query
    own = corpus.code(modality) if modality in corpus.names else -1
    open_rows = np.ones(corpus.n_rows, dtype=np.bool_)
    if item is not None and leave_out_own:
        open_rows[(corpus.item == item) & (corpus.modality == own)] = False
    if fusion is None:
        order = _mixed_order(cosines, open_rows)
        scores = cosines[order].astype(np.float64)
    else:
        order, scores = _routed_order(corpus, cosines, open_rows, own, fusion)
    top = order[:k]
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
        match_rank=_match_rank(corpus, order, own, item),
    )


def search_items(
    corpus: Rows,
    query: Float32,
    *,
    k: int = 10,
    fusion: ItemFusion = "rrf",
    rrf_k: float = 60.0,
    weights: dict[str, float] | None = None,
) -> tuple[Hit, ...]:
    """Several vectors per item: rank each modality apart, then fuse by item.

    `rrf` sums weight / (k + rank) over the modalities an item has (its best row in each);
    `max` takes the item's best cosine. A hit's row is the item's best one.

    Raises:
        GapvizError: k below 1, an unknown fusion, or a query of another dimension.
    """
    _refuse_bad(corpus, query, k)
    cosines = corpus.vectors @ query
    best_row: dict[int, int] = {}
    lists: list[list[int]] = []
    for span in corpus.spans:
        rows = np.arange(span.start, span.stop)
        rows = rows[np.argsort(-cosines[rows], kind="stable")]
        items = corpus.item[rows]
        _, first = np.unique(items, return_index=True)
        lists.append([int(i) for i in items[np.sort(first)]])
        for row in rows[np.sort(first)]:
            owner = int(corpus.item[row])
            if owner not in best_row or cosines[row] > cosines[best_row[owner]]:
                best_row[owner] = int(row)
    if fusion == "max":
        ranked = sorted(best_row, key=lambda owner: -cosines[best_row[owner]])[:k]
        scored = [(owner, float(cosines[best_row[owner]])) for owner in ranked]
    elif fusion == "rrf":
        factors = [(weights or {}).get(name, 1.0) for name in corpus.names]
        fused = fuse_ranks(lists, k=rrf_k, weights=factors)[:k]
        scored = [(entry.key, entry.score) for entry in fused]
    else:
        raise GapvizError(f"unknown item fusion {fusion!r}", mend="choose rrf or max")
    return tuple(
        Hit(
            rank=place + 1,
            row=best_row[owner],
            item=owner,
            modality=corpus.names[corpus.modality[best_row[owner]]],
            score=score,
            cosine=float(cosines[best_row[owner]]),
        )
        for place, (owner, score) in enumerate(scored)
    )


def tie_order(n_modalities: int, own: int, fusion: RankFusion) -> list[int]:
    """Modality codes in the order in which equal fused scores are broken."""
    others = [code for code in range(n_modalities) if code != own]
    if own < 0:
        return others
    return [own, *others] if fusion.ties == "own-first" else [*others, own]


def _mixed_order(cosines: Float32, open_rows: np.ndarray) -> Indices:
    rows = np.flatnonzero(open_rows)
    order: Indices = rows[np.argsort(-cosines[rows], kind="stable")]
    return order


def _routed_order(
    corpus: Rows, cosines: Float32, open_rows: np.ndarray, own: int, fusion: RankFusion
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


def _match_rank(corpus: Rows, order: Indices, own: int, item: int | None) -> int | None:
    if item is None:
        return None
    places = np.flatnonzero((corpus.item[order] == item) & (corpus.modality[order] != own))
    return int(places[0]) + 1 if places.size else None


def _refuse_bad(corpus: Rows, query: Float32, k: int) -> None:
    if k < 1:
        raise GapvizError(f"cannot return {k} results", mend="ask for at least 1")
    if query.shape != (corpus.vectors.shape[1],):
        raise GapvizError(
            f"the query has shape {query.shape}, the index {corpus.vectors.shape[1]} dimensions",
            mend="encode the query with the encoder of the collection",
        )
