"""What a swap of the encoder does to a strategy: the same items, as two models encoded them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np

from gapviz.core.collection import Collection
from gapviz.core.estimate import Estimate
from gapviz.core.lazy import cached_property
from gapviz.core.modality_vectors import ModalityVectors
from gapviz.core.paired_evaluation import paired_evaluation
from gapviz.core.seeds import DEFAULT_SEED
from gapviz.core.vectors import Float64, Indices
from gapviz.measures.experiment import Experiment
from gapviz.measures.geometry.thresholds import (
    PAIR_TYPES,
    rates_at,
    threshold_for_recall,
)
from gapviz.measures.measurement import Fit, Measurement
from gapviz.measures.retrieval.bootstrap import bootstrap_mean
from gapviz.measures.retrieval.targets import evaluate_targets
from gapviz.measures.typed_scores import typed_scores_of
from gapviz.retrieval.exact import top_k
from gapviz.retrieval.exact_index import ExactIndex
from gapviz.retrieval.run import ranked_lists
from gapviz.strategies import StrategyOptions

K = 10
TARGET_RECALL = 0.95
OLD, NEW = "old", "new"


@dataclass(frozen=True, slots=True)
class MovedThreshold:
    """A cosine for one pair type, before the swap and after it."""

    pair: tuple[str, str]
    """The two modalities; one and the same within a modality."""
    old: float
    """What `TARGET_RECALL` of the relevant calibration pairs reach under the old encoder."""
    new: float
    """The same under the new one."""
    kept_true: float
    """Share of relevant held-out pairs of the new encoder that pass the old threshold."""
    kept_false: float
    """Share of its other pairs that do."""
    new_true: float
    """Share of relevant ones that pass the new threshold."""
    new_false: float
    """Share of the others that do."""


@dataclass(frozen=True, slots=True)
class VersionBias:
    """What new queries find while half of the items are still old."""

    query_modality: str
    new_share: Estimate
    """Share of the first 10 of the mixed index that is of the new version."""
    expected: float
    """Of all entries that can be found: what chance would give."""


@dataclass(frozen=True, slots=True)
class VersionRecall:
    """How often new queries find their match, by the version that it has."""

    way: tuple[str, str]
    of_old: Estimate
    """R@10 over an index of the target alone, where the match is still old."""
    of_new: Estimate
    """Where it is new already."""
    all_new: Estimate
    """Once everything is new."""


@dataclass(frozen=True, eq=False)
class Rehearsal:
    """One strategy under two encoders; each part is made when first asked for."""

    old: Collection
    new: Collection
    """The same items, in the same order, with the same splits."""
    options: StrategyOptions = field(default_factory=StrategyOptions)
    fit: Fit = "split"
    pair: tuple[str, str] | None = None
    seed: int = DEFAULT_SEED

    @property
    def same_dim(self) -> bool:
        """Whether rows of both can stand in one index at all."""
        return self.old.dim == self.new.dim

    @cached_property
    def before(self) -> Experiment:
        """The strategy fitted and measured under the old encoder."""
        return Experiment(self.old, self.options, self.fit, self.pair, self.seed)

    @cached_property
    def after(self) -> Experiment:
        """The same fitted again under the new one."""
        return Experiment(self.new, self.options, self.fit, self.pair, self.seed)

    @cached_property
    def raw(self) -> Measurement:
        """Raw cosine under the new encoder."""
        return self.after.having(StrategyOptions()).measurement

    @cached_property
    def kept(self) -> Measurement | None:
        """The old fit on the new vectors, unchanged; None where their dimensions differ."""
        if not self.same_dim:
            return None
        refitted = self.after.measurement
        return Measurement(
            self.after.evaluated,
            self.before.strategy,
            self.fit,
            self.seed,
            refitted.pair,
            refits=lambda: self.before.refitted(self.options),
            not_measured=self.after.not_measured,
        )

    @cached_property
    def thresholds(self) -> tuple[MovedThreshold, ...]:
        """Every pair type once; both thresholds are fitted where the strategy is."""
        names = self.after.evaluated.modality_names
        found: dict[tuple[str, str], MovedThreshold] = {}
        for x, y in combinations(names, 2):
            old = typed_scores_of(self.before.strategy, self.before.calibration, x, y, self.seed)
            new = typed_scores_of(self.after.strategy, self.after.calibration, x, y, self.seed)
            held_out = typed_scores_of(self.after.strategy, self.after.evaluated, x, y, self.seed)
            for pair_type, pair in zip(PAIR_TYPES, ((x, y), (x, x), (y, y)), strict=True):
                before, after = (
                    threshold_for_recall(one[pair_type], TARGET_RECALL) for one in (old, new)
                )
                kept, moved = (rates_at(held_out[pair_type], end) for end in (before, after))
                threshold = MovedThreshold(
                    pair, before, after, kept.true_positive, kept.false_positive,
                    moved.true_positive, moved.false_positive,
                )  # fmt: skip
                found.setdefault(pair, threshold)
        return tuple(found.values())

    @cached_property
    def overlap(self) -> Mapping[str, Estimate]:
        """By query modality, the share of the first 10 that both versions list.

        Each version has its own index, queries and fit; the rows of the query's own item in its
        own modality are left out.
        """
        lists = []
        for one in (self.before, self.after):
            queries = paired_evaluation(one.evaluated)
            lists.append(ranked_lists(ExactIndex.of(one.evaluated, one.strategy), queries, depth=K))
        queries = paired_evaluation(self.after.evaluated)
        assert queries.own_item is not None
        found = {}
        for name, block in queries.vectors.items():
            shares = []
            for query in block.item_index:
                entries = [
                    set(
                        zip(
                            run.item[run.list_of(int(query))].tolist(),
                            run.modality[run.list_of(int(query))].tolist(),
                            strict=True,
                        )
                    )
                    for run in lists
                ]
                shares.append(len(entries[0] & entries[1]) / max(map(len, entries), default=1))
            items = queries.own_item[block.item_index]
            found[name] = bootstrap_mean(np.array(shares), items, seed=self.seed)
        return found

    @cached_property
    def is_old(self) -> Indices:
        """Positions of the items that are still old in the middle of the migration: every second
        item of each split, in a seeded order.
        """
        rng = np.random.default_rng(self.seed)
        parts = list(self.old.splits.values()) or [np.arange(self.old.n_items)]
        return np.sort(np.concatenate([rng.permutation(part)[::2] for part in parts]))

    @cached_property
    def migrating(self) -> Collection | None:
        """Half of the items old, half new: every modality in two versions; new rows ask.

        None where the dimensions differ.
        """
        if not self.same_dim:
            return None
        blocks = {}
        for name in self.old.modality_names:
            old, new = self.old.modality(name), self.new.modality(name)
            still = np.isin(old.item_index, self.is_old) & ~old.query_only
            # What is not indexed in the new version asks in it.
            asks = np.isin(new.item_index, self.is_old) | new.query_only
            if not still.any() or asks.all():
                continue
            blocks[f"{name} ({OLD})"] = old.rows(still)
            blocks[f"{name} ({NEW})"] = ModalityVectors.of(new.vectors, new.item_index, asks)
        return Collection(
            f"{self.old.name}, half migrated", self.old.items, blocks, self.old.splits,
            encoder=f"{self.old.encoder} and {self.new.encoder}",
        )  # fmt: skip

    def version_bias(self, options: StrategyOptions) -> tuple[VersionBias, ...]:
        """Bias by version of a mixed index in which half of the items are old.

        Args:
            options: the strategy, fitted with each version of a modality as one of its own.

        Raises:
            GapvizError: the strategy cannot be fitted so.
        """
        if self.migrating is None:
            return ()
        experiment = Experiment(self.migrating, options, self.fit, seed=self.seed)
        evaluated = experiment.evaluated
        outcomes = evaluate_targets(evaluated, experiment.strategy, seed=self.seed)
        found = []
        for name in evaluated.modality_names:
            if not name.endswith(f"({NEW})"):
                continue
            parts = [one for (asks, target), one in outcomes.items()
                     if asks == name and target.endswith(f"({NEW})")]  # fmt: skip
            share: Float64 = np.sum([one.share for one in parts], axis=0)
            expected: Float64 = np.sum([one.expected_share for one in parts], axis=0)
            estimate = bootstrap_mean(share, parts[0].items, seed=self.seed)
            found.append(VersionBias(name.removesuffix(f" ({NEW})"), estimate, expected.mean()))
        return tuple(found)

    @cached_property
    def version_recall(self) -> tuple[VersionRecall, ...]:
        """R@10 of new queries over an index of one modality, half of it old; moved where the
        strategy moves vectors, each version by its own fit.
        """
        if not self.same_dim:
            return ()
        old, new = self.before.evaluated, self.after.evaluated
        ids = {self.old.items[place].id for place in self.is_old}
        still = np.array([item.id in ids for item in new.items])
        found = []
        for a, b in [w for pair in combinations(new.modality_names, 2) for w in (pair, pair[::-1])]:
            asking, target = new.modality(a).queries, new.modality(b).corpus
            queries = self.after.strategy.transform_queries(asking.vectors, a)
            rows = self.after.strategy.transform(target.vectors, b)
            before = self.before.strategy.transform(old.modality(b).corpus.vectors, b)
            if len(before) != len(rows):
                continue
            mixed = np.where(still[target.item_index][:, None], before, rows)
            hits = [
                (target.item_index[top_k(queries, corpus, K).rows] == asking.item_index[:, None])
                .any(axis=1)
                .astype(np.float64)
                for corpus in (mixed, rows)
            ]
            has_match = np.isin(asking.item_index, target.item_index)
            of_old = still[asking.item_index] & has_match
            estimates = [
                bootstrap_mean(values[some], asking.item_index[some], seed=self.seed)
                for values, some in (
                    (hits[0], of_old), (hits[0], has_match & ~of_old), (hits[1], has_match),
                )
            ]  # fmt: skip
            found.append(VersionRecall((a, b), *estimates))
        return tuple(found)
