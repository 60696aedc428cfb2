"""One modality through two encoders: what the joint model's tower costs inside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gapviz.analyses.analysis import Analysis, Finding, Request, results_parameter
from gapviz.analyses.changes import changed
from gapviz.analyses.listed import LISTED
from gapviz.analyses.search import hits_json, hits_table
from gapviz.core.collection import Collection
from gapviz.core.errors import GapvizError
from gapviz.core.estimate import Estimate
from gapviz.core.labels import is_labelled, sharing_rows
from gapviz.core.nearest import choose
from gapviz.core.parameter import Parameter
from gapviz.core.plain_json import plain_json
from gapviz.core.progress import Progress
from gapviz.core.rows import rows_of_one
from gapviz.core.seeds import DEFAULT_SEED
from gapviz.core.splits import EVALUATE
from gapviz.core.table import Column, Table
from gapviz.core.vectors import Float32, Indices
from gapviz.core.wording import counted, figure, interval, too_few
from gapviz.measures.retrieval.intervals import INTERVAL_RULES
from gapviz.measures.retrieval.within import LabelDelta, WithinComparison, compare_within
from gapviz.retrieval.exact_index import ExactIndex
from gapviz.retrieval.index import Query, ResultList
from gapviz.sources.builtin import BUILTIN_ENCODERS, dedicated_vectors, encoder_title
from gapviz.sources.builtin.dedicated import ENCODERS as TOWERS
from gapviz.strategies.fusion.ties import TIE_RULE
from gapviz.strategies.raw import Raw

FEW_ITEMS = 5
"""A label of fewer items has an interval that says little."""

FIGURES = {"map": "mAP", "r1": "R@1", "r5": "R@5", "r10": "R@10"}
"""By which labels are compared."""

MEANINGS = {
    "recall": "share of queries with a relevant item in the first k",
    "map": "mean precision at the ranks of all relevant items",
    "delta": "dedicated minus joint; above 0 the joint tower is the wrong tool",
}
LEFT_OUT = "the query itself"


@dataclass(frozen=True, eq=False)
class ItemRows:
    """One row of each item that has the modality."""

    modality: str
    items: Indices
    """`(n,)` positions in `Collection.items`, rising."""
    vectors: Float32
    """`(n, dim)`, unit rows."""

    def of(self, items: Indices) -> ItemRows:
        """Only the rows of `items`, rising, all of which must have one."""
        return ItemRows(self.modality, items, self.vectors[np.searchsorted(self.items, items)])

    def neighbours(self, item: int, k: int) -> ResultList:
        """The `k` items nearest to one that has a row, itself left out.

        Raises:
            GapvizError: k below 1.
        """
        query = Query(self.of(np.array([item])).vectors[0], self.modality, item)
        raw = Raw()
        raw.modalities_ = (self.modality,)
        return ExactIndex(rows_of_one(self.modality, self.vectors, self.items), raw).search(
            query, k
        )


def item_rows(collection: Collection, modality: str) -> ItemRows:
    """The first indexed row of each item in one modality.

    Raises:
        GapvizError: the collection has no such modality.
    """
    block = collection.modality(modality).corpus.first_rows
    return ItemRows(modality, block.item_index, block.vectors)


def shared(joint: ItemRows, dedicated: ItemRows) -> tuple[ItemRows, ItemRows]:
    """Both, restricted to the items that both have."""
    items = np.intersect1d(joint.items, dedicated.items)
    return joint.of(items), dedicated.of(items)


def compare_modality(
    collection: Collection, joint: ItemRows, dedicated: ItemRows, *, seed: int = DEFAULT_SEED
) -> WithinComparison:
    """The joint tower beside a dedicated encoder on the held-out items that both have.

    Args:
        collection: whose items, labels and evaluate split they are.
        joint: rows of the joint model, as `item_rows` gives them.
        dedicated: of the same items, by another encoder, of any dimension.
        seed: of the bootstrap.

    Raises:
        GapvizError: no evaluate split, no item in common, or no label shared by two of them.
    """
    held_out = collection.splits.get(EVALUATE)
    if held_out is None:
        raise GapvizError(
            "has no evaluate split", where=collection.name, hint="name the held-out items"
        )
    both = np.intersect1d(joint.items, dedicated.items)
    measured = np.intersect1d(both, np.asarray(held_out, dtype=np.int64))
    if not measured.size:
        raise GapvizError(
            f"no held-out item has {joint.modality} vectors of both encoders",
            where=collection.name,
            hint="encode the same items with both",
        )
    return compare_within(
        joint.of(measured).vectors,
        dedicated.of(measured).vectors,
        collection.label_sets[measured],
        seed=seed,
    )


def has_shared_labels(collection: Collection) -> bool:
    """Whether two held-out items share a label, so that there is something to measure."""
    held_out = collection.splits.get(EVALUATE, np.zeros(0, dtype=np.int64))
    labels = collection.label_sets[held_out]
    return bool((np.bincount(labels[labels >= 0], minlength=1) > 1).any())


def label_names(collection: Collection) -> dict[int, str]:
    """Code in `Collection.label_sets` → label."""
    return {code: label for label, code in collection.label_codes.items()}


def comparison_json(comparison: WithinComparison, names: Mapping[int, str]) -> dict[str, Any]:
    """A comparison as plain values, its labels by name; NaN becomes None."""
    by_label = [plain_json(part) | {"label": names[part.label]} for part in comparison.by_label]
    return {**plain_json(comparison), "by_label": by_label}


def delta_reading(delta: Estimate, name: str) -> str:
    """What a difference, dedicated minus joint, says; in a sentence."""
    if delta.high < 0:
        turned = Estimate(-delta.value, -delta.high, -delta.low)
        return (
            f"The joint tower's {name} is higher by {_in_words(turned)}: no dedicated encoder "
            "is needed for these items."
        )
    if delta.low > 0:
        return (
            f"The dedicated encoder's {name} is higher by {_in_words(delta)}: inside this "
            "modality the joint tower is the wrong tool."
        )
    return f"The {name} of both differs by {_in_words(delta)}: nothing these items could show."


def figures_table(comparison: WithinComparison) -> Table:
    """Recall and mAP of both encoders, with the paired difference."""
    joint, dedicated, delta = comparison.joint, comparison.dedicated, comparison.delta
    rows: list[Sequence[Any]] = [
        [f"R@{k}", joint.recall[k], dedicated.recall[k], changed(change)]
        for k, change in delta.recall.items()
    ]
    whole = [one.mean_average_precision for one in (joint, dedicated)]
    return Table(
        "",
        [
            Column("figure", "figure", text=True),
            Column("joint", "joint", better="higher"),
            Column("dedicated", "dedicated", better="higher"),
            Column("difference", "difference", signed=True),
        ],
        [*rows, ["mAP", *whole, changed(delta.mean_average_precision)]],
    )


def label_table(comparison: WithinComparison, names: Mapping[int, str], by: str = "map") -> Table:
    """One figure of every label, the largest gain of the dedicated encoder first.

    Args:
        comparison: of two encoders.
        names: of the labels, by code.
        by: one of `FIGURES`.
    """
    found = [(names[part.label], part, *label_figures(part, by)) for part in comparison.by_label]
    found.sort(key=lambda one: (-one[-1].value, one[0]))
    rows: list[list[Any]] = [
        [
            name[:40],
            f"{part.n_items:,}{' *' * (part.n_items < FEW_ITEMS)}",
            joint,
            dedicated,
            changed(delta),
        ]
        for name, part, joint, dedicated, delta in found
    ]
    title = FIGURES[by]
    return Table(
        "",
        [
            Column("label", "label", text=True),
            Column("items", "items"),
            Column("joint", f"{title} joint"),
            Column("dedicated", f"{title} dedicated"),
            Column("difference", "difference", signed=True),
        ],
        rows,
        f"*: fewer than {FEW_ITEMS} items, whose interval says little.",
    )


def protocol(comparison: WithinComparison, modality: str, *, several: bool = False) -> str:
    """What is indexed, what asks, what is relevant, how ties count, and what a difference is."""
    return (
        f"Indexed: one {modality} vector of each of the "
        f"{counted(comparison.n_items, 'held-out item')} (evaluate split). Asking: the "
        f"{comparison.n_queries:,} of them that share {'a' if several else 'their'} label with "
        f"another. Left out: {LEFT_OUT}. Relevant: items "
        f"{'that share a label with it' if several else 'of its label'}. "
        f"R@k: {MEANINGS['recall']}. mAP: {MEANINGS['map']}. Ties: {TIE_RULE}. "
        f"Difference: {MEANINGS['delta']}. Intervals: "
        f"{INTERVAL_RULES['queries']}; of the difference, paired."
    )


def dedicated_encoders(request: Request, modality: str) -> dict[str, tuple[str, ItemRows]]:
    """Title and rows of what can be held against the joint tower, by name.

    Encoders of one modality alone come first: that is what they are for.
    """
    found: dict[str, tuple[str, ItemRows]] = {}
    if request.source in BUILTIN_ENCODERS and modality in TOWERS:
        tower = dedicated_vectors(modality)
        items = np.arange(len(tower.vectors), dtype=np.int64)
        found[f"tower:{modality}"] = (tower.title, ItemRows(modality, items, tower.vectors))
    others = request.others
    for name in sorted(others, key=lambda one: len(others[one].modality_names) > 1):
        if modality in others[name].modality_names:
            found[name] = (encoder_title(name), item_rows(others[name], modality))
    return found


def find_within(request: Request, progress: Progress) -> Finding:
    """Both encoders inside one modality, and the lists of one item."""
    collection = request.collection
    collection.refuse_without_vectors()
    modality = request["modality"] or collection.modality_names[0]
    name, title, joint, dedicated = encoders_of(request, modality)
    lists = None if request["item"] is None else _lists(request, joint, dedicated)
    figures: dict[str, Any] = {
        "collection": collection.name,
        "encoder": collection.encoder,
        "dedicated_encoder": name,
        "dedicated_title": title,
        "modality": modality,
        "seed": request.seed,
    }
    readings, tables, protocols, comparison = [], [], [], None
    if has_shared_labels(collection):
        comparison = compare_modality(collection, joint, dedicated, seed=request.seed)
        names = label_names(collection)
        figures |= comparison_json(comparison, names)
        readings.append(delta_reading(comparison.delta.mean_average_precision, "mAP"))
        tables += [figures_table(comparison), label_table(comparison, names, request["by"])]
        several = collection.label_sets.shape[1] > 1
        protocols.append(protocol(comparison, modality, several=several))
    elif lists is None:
        raise GapvizError(
            "no two held-out items share a label, so nothing says which items answer a query "
            "inside a modality",
            where=collection.name,
            hint="name the labels in --label-column, or compare the lists of one --item",
        )
    if lists is not None:
        figures["lists"] = {"item": request["item"]} | {
            which: hits_json(collection, found) for which, found in lists.items()
        }
        for which, found in lists.items():
            shares = _same_label(collection, request["item"], found)
            head = f"item {request['item']}, {which}{shares}"
            tables.append(hits_table(collection, found, head))
        protocols.append("Cosines of two encoders cannot be compared, only their order can.")
    return Finding(
        figures=figures,
        title=f"{collection.name}: {counted(request.n_items, 'held-out item')}, {modality} to "
        f"{modality}; joint: {encoder_title(collection.encoder)}; dedicated: {title}",
        warnings=[*filter(None, [too_few(request.n_items)])],
        readings=readings,
        tables=tables,
        protocol=" ".join(protocols),
        result=comparison,
    )


def encoders_of(request: Request, modality: str) -> tuple[str, str, ItemRows, ItemRows]:
    """Name and title of the dedicated encoder, and the rows of the items that both have.

    Raises:
        GapvizError: no other encoder has the modality, or none of that name.
    """
    joint = item_rows(request.collection, modality)
    known = dedicated_encoders(request, modality)
    if not known:
        raise GapvizError(
            f"no second encoder has {modality} vectors of these items, so there is nothing to "
            "hold the joint tower against",
            where=request.collection.name,
            hint="encode them with another encoder, and name that source in --also",
        )
    name = request["dedicated"] or next(iter(known))
    if name not in known:
        raise GapvizError(
            f"there is no {modality} encoder {name[:80]!r} to compare with",
            where=request.collection.name,
            hint=choose(name, known),
        )
    title, rows = known[name]
    return name, title, *shared(joint, rows)


def _lists(request: Request, joint: ItemRows, dedicated: ItemRows) -> dict[str, ResultList]:
    item = request.item(request["item"])
    if item not in joint.items:
        raise GapvizError(
            f"item {request['item'][:80]!r} has no {joint.modality} vectors of both encoders",
            where=request.collection.name,
            hint="choose another",
        )
    both = {"joint": joint, "dedicated": dedicated}
    return {which: rows.neighbours(item, request["results"]) for which, rows in both.items()}


def label_figures(part: LabelDelta, by: str) -> tuple[float, float, Estimate]:
    """Joint, dedicated, and the difference."""
    if by == "map":
        means = part.joint_average_precision, part.dedicated_average_precision
        return *means, part.delta.mean_average_precision
    k = int(by[1:])
    return part.joint[k], part.dedicated[k], part.delta.recall[k]


def _same_label(collection: Collection, item: str, found: ResultList) -> str:
    labels = collection.label_sets
    own = labels[[collection.position[item]]]
    if not is_labelled(own).any():
        return ""
    right = int(sharing_rows(own, labels[[hit.item for hit in found.hits]]).sum())
    which = "a" if labels.shape[1] > 1 else "the"
    return f": {right} of {len(found.hits)} share {which} label"


def _in_words(delta: Estimate) -> str:
    return f"{figure(delta.value)} (95 % interval {interval(delta.low, delta.high)})"


ANALYSIS = Analysis(
    "within",
    LISTED["within"].help,
    "Search each item's vector among those of the same modality, with the joint model's tower and "
    "with a dedicated encoder; items of one label answer. On the items of the evaluate split that "
    "both have seen.",
    find_within,
    parameters=(
        Parameter(
            "modality",
            "Modality",
            "modality",
            None,
            "the modality: to search in (default: the first)",
        ),
        Parameter(
            "dedicated",
            "Dedicated encoder",
            "text",
            None,
            "the encoder to hold against: another of the source or of --also; for 'builtin' "
            "tower:image and tower:text too (default: one of that modality alone, if there is one)",
        ),
        Parameter(
            "by", "By", "choice", "map", "the figure in the table of labels", choices=FIGURES
        ),
        Parameter(
            "item", "Item", "text", None, "search with this item: through both encoders, as well"
        ),
        results_parameter(8, "how many hits to show: of --item"),
    ),
    shared=("also", "seed"),
)
