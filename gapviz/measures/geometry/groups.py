"""Group cost: whether clusters of all rows follow what items mean, or their modality.

k-means on the pooled rows, one a modality of each item, with as many clusters as there are labels
for labels, and as many as there are modalities for these. A division of the rows and the clusters
agree by V-measure, the harmonic mean of homogeneity and completeness (Rosenberg & Hirschberg 2007).
Of labels it is the protocol of Grassucci et al. 2026 ("Closing the Modality Gap Aligns Group-Wise
Semantics"): items with one label, modalities stacked, k the number of labels. The clusters of the
labels are read against modality as well: where a cluster holds one modality alone, what an item
means is told twice.

The interval is a delete-a-fifth jackknife over items (`gapviz.measures.retrieval.intervals`): the
whole is done anew without each fifth, k-means with it, under the strategy as it was fitted.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from gapviz.core.estimate import Estimate
from gapviz.core.labels import only_labels, tell_groups
from gapviz.core.rows import Rows
from gapviz.core.seeds import DEFAULT_SEED, seeded_sample
from gapviz.core.vectors import Float32, Indices, Mask
from gapviz.measures.retrieval.intervals import GROUPS, Replicates, fifths
from gapviz.measures.retrieval.threads import one_openmp_thread, threads_for

MOST_ITEMS = 2_000
"""Of which clusters are made; of more, a seeded sample."""
STARTS = 4
"""Of k-means, the one nearest to its centres counts; of more than `FEW_CLUSTERS`, where starts
differ little, there is one."""
FEW_CLUSTERS = 10
MOST_STEPS = 50
"""Of one run."""
SHUFFLES = 20
"""Of labels, and of modalities, for chance."""
FEWEST_ITEMS = 2 * GROUPS
"""That an interval needs."""

NAN = float("nan")


@dataclass(frozen=True, slots=True)
class VMeasure:
    """How far clusters and a known division of the same rows agree, 0 to 1 each."""

    homogeneity: float
    """1 where every cluster holds one class alone."""
    completeness: float
    """1 where every class lies in one cluster."""
    v: float
    """V-measure 2hc / (h + c)."""


@dataclass(frozen=True, eq=False)
class Agreement:
    """Clusters held against a known division; 0 clusters and all NaN where there is none."""

    k: int
    """Clusters."""
    n_rows: int
    homogeneity: Replicates
    completeness: Replicates
    v: Replicates
    """V-measure."""
    chance: VMeasure
    """Mean over `SHUFFLES` shuffles of the division: over items where all rows of an item are of
    one class, as of labels, else over rows."""


@dataclass(frozen=True, eq=False)
class GroupCost:
    """What clusters of the pooled rows follow."""

    labels: Agreement
    """As many clusters as labels, against labels."""
    purity: Agreement
    """The same clusters against modality: their homogeneity is 1 where none holds two."""
    modality: Agreement
    """As many clusters as modalities, against modality."""
    n_items: int
    """There are; of more than `MOST_ITEMS` a sample is clustered."""

    @property
    def v_measure(self) -> dict[str, Estimate]:
        """Against `labels` and against `modality`, with 95 % intervals."""
        return {"labels": self.labels.v.estimate, "modality": self.modality.v.estimate}

    @property
    def chance_v_measure(self) -> dict[str, float]:
        """The same by chance."""
        return {"labels": self.labels.chance.v, "modality": self.modality.chance.v}

    @property
    def sampled(self) -> tuple[str, ...]:
        """Names of the figures that come from a seeded sample of items."""
        of_all = ("v_measure_labels", "v_measure_modality", "modality_homogeneity")
        return of_all if self.n_items > MOST_ITEMS else ()


def group_cost(rows: Rows, labels: Indices, *, seed: int) -> GroupCost:
    """Cluster pooled rows, and hold the clusters against labels and modality.

    Args:
        rows: moved rows of two modalities or more; of several of one item and modality the first
            counts.
        labels: `(n_items, most)` codes of the labels of the items that `rows.item` names, as
            `Collection.label_sets`. Items without one, or with several, have no part in what is
            said of labels, and nothing is said where the others' do not `tell_groups`.
        seed: of k-means, of the sample of items and of the fifths.
    """
    first = np.unique(rows.item * len(rows.names) + rows.modality, return_index=True)[1]
    items = np.unique(rows.item)
    first = first[np.isin(rows.item[first], seeded_sample(items, MOST_ITEMS, seed))]
    item = rows.item[first]
    pooled = _Pooled(rows.vectors[first], item, seed)
    modality = rows.modality[first]
    label = only_labels(labels)
    labelled = label[item] >= 0
    by_label = [_NO_AGREEMENT, _NO_AGREEMENT]
    with threads_for(item.size), one_openmp_thread():
        if tell_groups(label[np.unique(item)]):
            by_label = pooled.of(labelled).agreements(label[item[labelled]], modality[labelled])
        by_modality = pooled.agreements(modality)
    return GroupCost(by_label[0], by_label[1], by_modality[0], items.size)


def v_measure(classes: Indices, clusters: Indices) -> VMeasure:
    """Homogeneity 1 − H(class|cluster)/H(class), completeness 1 − H(cluster|class)/H(cluster).

    The former is 1 where there is but one class, the latter where there is but one cluster.

    Args:
        classes: `(n,)` codes from 0 on.
        clusters: `(n,)` codes from 0 on.
    """
    width = int(clusters.max()) + 1
    joint = _entropy(classes * width + clusters)
    of_classes, of_clusters = _entropy(classes), _entropy(clusters)
    h = 1 - (joint - of_clusters) / of_classes if of_classes > 0 else 1.0
    c = 1 - (joint - of_classes) / of_clusters if of_clusters > 0 else 1.0
    # Rounding alone takes them out of 0 to 1.
    h, c = (min(max(share, 0.0), 1.0) for share in (h, c))
    return VMeasure(h, c, 2 * h * c / (h + c) if h + c > 0 else 0.0)


def k_means(vectors: Float32, k: int, *, seed: int) -> Indices:
    """`(n,)` cluster of each row, from 0 on, by Lloyd's algorithm from k-means++ starts.

    Args:
        vectors: `(n, dim)`, at least `k` rows.
        k: clusters; where fewer rows differ, some stay empty.
        seed: of the starts; see `STARTS`.
    """
    # Half a second that an import of gapviz need not pay.
    from sklearn.cluster import KMeans

    starts = STARTS if k <= FEW_CLUSTERS else 1
    means = KMeans(k, n_init=starts, max_iter=MOST_STEPS, random_state=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        # Of float32 the starts would make float64 themselves, at every step anew.
        return np.asarray(means.fit_predict(vectors.astype(np.float64)), dtype=np.int64)


@dataclass(frozen=True, eq=False)
class _Pooled:
    """Rows of several modalities, to be clustered whole and in parts."""

    vectors: Float32
    """`(n, dim)`."""
    item: Indices
    """`(n,)`."""
    seed: int

    def of(self, kept: Mask) -> _Pooled:
        """Only some of the rows."""
        return _Pooled(self.vectors[kept], self.item[kept], self.seed)

    def agreements(self, *divisions: Indices) -> list[Agreement]:
        """As many clusters as the first of the divisions, `(n,)` codes each, has classes; held
        against each of them.
        """
        wanted = divisions[0]
        n_items, place = _numbered(self.item)
        clusters = self._clusters(wanted)
        of_parts = []
        for kept in fifths(n_items, 1, self.seed).T[:, place] if n_items >= FEWEST_ITEMS else ():
            made = self.of(kept)._clusters(wanted[kept])
            of_parts.append([v_measure(one[kept], made) for one in divisions])
        return [
            _agreement(
                v_measure(one, clusters),
                [part[number] for part in of_parts],
                [v_measure(mixed, clusters) for mixed in self._shuffles(one)],
                clusters,
                n_items,
            )
            for number, one in enumerate(divisions)
        ]

    def _clusters(self, classes: Indices) -> Indices:
        return k_means(self.vectors, int(np.unique(classes).size), seed=self.seed)

    def _shuffles(self, classes: Indices) -> Iterator[Indices]:
        rng = np.random.default_rng(DEFAULT_SEED)  # chance is one number, whatever the seed
        n_items, place = _numbered(self.item)
        of_item = np.zeros(n_items, dtype=np.int64)
        of_item[place] = classes
        by_item = np.array_equal(of_item[place], classes)
        for _ in range(SHUFFLES):
            yield rng.permutation(of_item)[place] if by_item else rng.permutation(classes)


def _agreement(
    whole: VMeasure,
    parts: Sequence[VMeasure],
    shuffled: Sequence[VMeasure],
    clusters: Indices,
    n_items: int,
) -> Agreement:
    figures = {
        name: Replicates(
            getattr(whole, name),
            np.array([getattr(part, name) for part in parts] or [NAN] * GROUPS),
            np.zeros(0),
            n_items,
            "bounded",
        )
        for name in ("homogeneity", "completeness", "v")
    }
    chance = (float(np.mean([getattr(one, name) for one in shuffled])) for name in figures)
    n_clusters = int(np.unique(clusters).size)
    return Agreement(n_clusters, clusters.size, **figures, chance=VMeasure(*chance))


_UNKNOWN = Replicates(NAN, np.full(GROUPS, NAN), np.zeros(0), 0, "bounded")
_NO_AGREEMENT = Agreement(0, 0, _UNKNOWN, _UNKNOWN, _UNKNOWN, VMeasure(NAN, NAN, NAN))


def _numbered(item: Indices) -> tuple[int, Indices]:
    """How many items there are, and the number of each row's among them."""
    items, place = np.unique(item, return_inverse=True)
    return items.size, place


def _entropy(codes: Indices) -> float:
    """Of how often each code stands there, in nats."""
    counts = np.bincount(codes)
    shares = counts[counts > 0] / codes.size
    return -float((shares * np.log(shares)).sum())
