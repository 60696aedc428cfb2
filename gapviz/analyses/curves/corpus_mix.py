"""Quality while the corpus goes from all text to all images: the U of a mixed index.

Every item stands in the corpus once, by its vector of one modality or of the other. The
samples are nested: within a repeat an item that has turned to its second vector stays so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gapviz.analyses.analysis import Finding, Request
from gapviz.analyses.curves.curve import (
    KIND,
    REVISION,
    Band,
    band_over,
    drawn_strategy,
    points_table,
)
from gapviz.core.collection import Collection
from gapviz.core.errors import GapvizError
from gapviz.core.plain_json import JsonFields
from gapviz.core.progress import Progress, no_progress
from gapviz.core.rows import Rows
from gapviz.core.seeds import DEFAULT_SEED, seeded_sample
from gapviz.core.table import Column
from gapviz.core.vectors import Float32, Float64, Indices, Mask
from gapviz.core.wording import counted
from gapviz.measures.experiment import Experiment
from gapviz.measures.retrieval.outcome import mean_of_known
from gapviz.storage.cache import cached
from gapviz.strategies import STRATEGIES, Strategy, StrategyOptions
from gapviz.strategies.fusion import ONE_LIST, Asked, Fusion, RankFusion
from gapviz.strategies.fusion.base import ndcg_of
from gapviz.strategies.fusion.ties import TOLERANCE

SHARES = tuple(float(share) for share in np.linspace(0, 1, 11).round(3))
REPEATS = 5
DEPTH = 10
ORACLE = "Oracle routing"

# Items, and queries, of a large collection that a seeded sample stands for.
MAX_ITEMS = 4_000
MAX_QUERIES = 1_000


@dataclass(frozen=True, eq=False)
class MixLine:
    """One way of searching; bands reach over the repeats."""

    title: str
    ndcg: Band
    """NDCG@10 of the query's item over the queries that ask, by share; NaN where none do."""
    recall_at_1: Band


@dataclass(frozen=True, eq=False)
class MixCurve(JsonFields):
    """Quality by the share of the corpus that is `second`."""

    query_modality: str
    """Modality of the queries."""
    first: str
    """Modality of the whole corpus at share 0."""
    second: str
    """Modality of the whole corpus at share 1."""
    shares: Float64
    """`(n,)`."""
    lines: tuple[MixLine, ...]
    """The strategies in the order given, then the oracle, which knows in which list the answer
    stands and searches that one with raw cosine."""
    n_items: int
    n_asking: Indices
    """`(n,)` queries that ask at each share, mean over the repeats. A query that is itself the
    corpus entry of its item does not ask."""
    second_captions: bool
    """True where rows that are never indexed ask, so that all of them ask at every share."""
    n_repeats: int


@cached(KIND, revision=REVISION)
def corpus_mix_curve(
    collection: Collection,
    options: Sequence[StrategyOptions],
    *,
    first: str = "text",
    second: str = "image",
    query_modality: str = "text",
    shares: Sequence[float] = SHARES,
    repeats: int = REPEATS,
    seed: int = DEFAULT_SEED,
    progress: Progress = no_progress,
) -> MixCurve:
    """Search corpora of every mix with queries of one modality, held out.

    Args:
        collection: with a calibrate and an evaluate split.
        options: the strategies; those that fuse by score or by item are refused.
        first: modality at share 0.
        second: modality at share 1.
        query_modality: modality of the queries, one of the two.
        shares: shares of `second`, 0…1.
        repeats: how many random orders in which items turn.
        seed: of the orders and samples.
        progress: told now and then; may raise to cancel.

    Raises:
        GapvizError: a modality or split that is missing, shares out of range, fewer than two
            items with both modalities, or a strategy that fuses otherwise than by rank.
    """
    steps = np.asarray(shares, dtype=np.float64)
    if not ((steps >= 0) & (steps <= 1)).all() or query_modality not in (first, second):
        raise GapvizError(
            "the corpus mix cannot be drawn",
            where=collection.name,
            hint="give shares from 0 to 1, and ask with one of the two modalities",
        )
    experiment = Experiment(collection, seed=seed)
    setup = _set_up(experiment.evaluated, first, second, query_modality, seed)
    strategies = [experiment.fitted(chosen) for chosen in options]
    fusions = [_fusion_of(strategy) for strategy in strategies]
    raw = experiment.fitted(StrategyOptions())
    tables = [_scores(setup, strategy) for strategy in (*strategies, raw)]
    titles = [*(strategy.label for strategy in strategies), ORACLE]
    ndcg = np.full((len(titles), repeats, steps.size), np.nan)
    recall = np.full_like(ndcg, np.nan)
    asking = np.zeros((repeats, steps.size))
    for repeat in range(repeats):
        turn = np.random.default_rng([seed, repeat]).permutation(setup.n_items)
        for place, share in enumerate(steps):
            done = (repeat * steps.size + place) / (repeats * steps.size)
            progress(done, f"{share:.0%} {second}, repeat {repeat + 1} of {repeats}")
            turned = turn < round(share * setup.n_items)
            ask = np.flatnonzero(
                setup.second_captions | (turned[setup.item] == (query_modality == first))
            )
            asking[repeat, place] = ask.size
            for line, table in enumerate(tables):
                oracle = line == len(strategies)
                asked = _asked(table, setup, ask, turned, one_list=oracle)
                found = (ONE_LIST if oracle else fusions[line]).standing(asked, DEPTH)
                gain = ndcg_of(found.every, asked.n_relevant, DEPTH)
                ndcg[line, repeat, place] = mean_of_known(gain)
                recall[line, repeat, place] = mean_of_known(found.best.hit(1))
    return MixCurve(
        query_modality=query_modality,
        first=first,
        second=second,
        shares=steps,
        lines=tuple(
            MixLine(title, band_over(ndcg[line]), band_over(recall[line]))
            for line, title in enumerate(titles)
        ),
        n_items=setup.n_items,
        n_asking=asking.mean(axis=0).round().astype(np.int64),
        second_captions=setup.second_captions,
        n_repeats=repeats,
    )


def _fusion_of(strategy: Strategy) -> Fusion:
    fusion = strategy.fusion
    one_list = fusion.serving == "mixed" and not fusion.ranks_items
    if one_list or isinstance(fusion, RankFusion):
        return fusion
    raise GapvizError(
        f"{strategy.spec.title} cannot be drawn over the corpus mix",
        hint="choose a strategy of one mixed index, or routing fused by rank",
    )


@dataclass(frozen=True, eq=False)
class _Setup:
    names: tuple[str, str]
    rows: tuple[Float32, ...]
    """`(n_items, dim)` of the first and of the second modality."""
    query_modality: str
    queries: Float32
    item: Indices
    """`(n_queries,)`, which of the items each query belongs to."""
    second_captions: bool

    @property
    def n_items(self) -> int:
        return len(self.rows[0])


def _set_up(
    measured: Collection, first: str, second: str, query_modality: str, seed: int
) -> _Setup:
    blocks = [measured.modality(name).corpus.first_rows for name in (first, second)]
    rng = np.random.default_rng(seed)
    items = np.intersect1d(blocks[0].item_index, blocks[1].item_index)
    items = seeded_sample(items, MAX_ITEMS, rng)
    if items.size < 2:
        raise GapvizError(
            f"has {counted(items.size, 'held-out item')} with both {first} and {second} vectors",
            where=measured.name,
            hint="give at least two",
        )
    block = measured.modality(query_modality)
    never_indexed = bool(block.query_only.any())
    asking = block.rows(block.query_only) if never_indexed else block.corpus
    known = np.flatnonzero(np.isin(asking.item_index, items))
    chosen = seeded_sample(known, MAX_QUERIES, rng)
    return _Setup(
        names=(first, second),
        rows=tuple(one.vectors[np.searchsorted(one.item_index, items)] for one in blocks),
        query_modality=query_modality,
        queries=asking.vectors[chosen],
        item=np.searchsorted(items, asking.item_index[chosen]),
        second_captions=never_indexed,
    )


@dataclass(frozen=True, eq=False)
class _Scores:
    """Of every query with both vectors of every item, `(n_queries, n_items)` each."""

    first: Float32
    second: Float32
    tolerance: float
    """How near equal scores are."""


def _scores(setup: _Setup, strategy: Strategy) -> _Scores:
    move = strategy.transform
    moved = [move(rows, name) for name, rows in zip(setup.names, setup.rows, strict=True)]
    queries = strategy.transform_queries(setup.queries, setup.query_modality)
    n = setup.n_items
    corpus = Rows(
        setup.names, np.concatenate(moved), np.repeat([0, 1], n), np.tile(np.arange(n), 2)
    )
    asker = np.full(len(queries), corpus.code(setup.query_modality), dtype=np.int64)
    prepared = strategy.prepare(corpus, Rows(setup.names, queries, asker, setup.item))
    scores, slope = queries @ corpus.vectors.T, 1.0
    if prepared is not None:
        scores = prepared.adjust(scores, setup.query_modality)
        slope = prepared.slope(setup.query_modality)
    return _Scores(scores[:, :n], scores[:, n:], TOLERANCE * slope)


def _asked(table: _Scores, setup: _Setup, ask: Indices, turned: Mask, *, one_list: bool) -> Asked:
    """The queries `ask` over the items, of which those that have `turned` stand by their second
    vector; relevant is the entry of the query's item.

    Where only `one_list` is searched, it is that of this entry.
    """
    in_order = np.argsort(turned, kind="stable").astype(np.int64)
    item = setup.item[ask]
    scores = np.where(turned, table.second[ask], table.first[ask])
    if one_list:
        scores[turned[item][:, None] != turned] = -np.inf
    corpus = Rows(
        setup.names,
        np.empty((in_order.size, 0), dtype=np.float32),
        turned[in_order].astype(np.int64),
        in_order,
    )
    return Asked(
        corpus,
        scores[:, in_order],
        item,
        corpus.code(setup.query_modality),
        np.arange(ask.size, dtype=np.int64),
        np.argsort(in_order)[item],
        np.zeros(ask.size, dtype=np.int64),
        table.tolerance,
    )


def mix_reading(curve: MixCurve) -> str:
    """How deep each way sags between the two pure corpora, against the oracle."""
    *ways, oracle = curve.lines
    missing = {line.title: oracle.ndcg.value - line.ndcg.value for line in ways}
    missing = {title: lost for title, lost in missing.items() if not np.isnan(lost).all()}
    if not missing:
        return "No query asks at any mix, so there is nothing to compare."
    parts = [
        f"{title} loses up to {np.nanmax(lost):.2f} (at {curve.shares[np.nanargmax(lost)]:.0%} "
        f"{curve.second})"
        for title, lost in missing.items()
    ]
    least = min(missing, key=lambda title: float(np.nanmax(missing[title])))
    return (
        f"Against an oracle that knows in which list the answer stands, {'; '.join(parts)}. "
        f"{least} sags least."
    )


def find_mix(request: Request, progress: Progress) -> Finding:
    """The corpus mix under the strategy chosen, from all of `pair[1]` to all of `pair[0]`."""
    drawable = request.spec.moves_vectors or request.spec.adjusts_scores
    options, drawn, notes = drawn_strategy(
        request, drawable, "is drawn beside it anyway, or mixes no single list"
    )
    second, first = request.pair
    curve = corpus_mix_curve(
        request.collection,
        (StrategyOptions("raw"), options, request.strategy_named("route")),
        first=first,
        second=second,
        query_modality=request["query_modality"] or first,
        seed=request.seed,
    ).compute(progress)
    asking = (
        f"{curve.n_asking.max():,} second captions ask, which are never indexed"
        if curve.second_captions
        else f"{curve.n_asking.min():,} to {curve.n_asking.max():,} queries ask, those that are "
        "not themselves the entry of their item"
    )
    tables = [
        points_table(
            Column("share", curve.second),
            [f"{share:.0%}" for share in curve.shares],
            {line.title: getattr(line, figure) for line in curve.lines},
            title=f"{title}, higher is better",
            intervals=f"lowest and highest of {curve.n_repeats} nested orders",
        )
        for title, figure in (("NDCG@10", "ndcg"), ("R@1", "recall_at_1"))
    ]
    return Finding(
        figures=drawn | curve.to_json(),
        title=f"Corpus mix, {curve.query_modality} queries: {STRATEGIES[options.name].title}",
        readings=[*notes, mix_reading(curve)],
        tables=tables,
        protocol=f"{counted(curve.n_items, 'item')}, each in the corpus once, as {curve.first} or "
        f"as {curve.second}; {asking}. Strategies are fitted on the calibrate split; corpus and "
        "queries are of the evaluate split. The samples are nested: within one order an item that "
        "has turned stays so. Relevant is the one entry of the query's item. The oracle knows in "
        "which list it stands and searches that one with raw cosine. Every figure is its mean over "
        "all orders of equal scores; between fused lists as set for routing.",
        result=curve,
    )
