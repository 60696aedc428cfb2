"""`gapviz within`: the joint model's tower beside a dedicated encoder, inside one modality."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gapviz.analyses.within import (
    FEW_ITEMS,
    ItemRows,
    compare_modality,
    comparison_json,
    delta_reading,
    has_shared_labels,
    item_rows,
    label_names,
    shared,
)
from gapviz.commands.gate import Gated, add_gate, conditions
from gapviz.commands.hits import hit_lines, hits_json
from gapviz.commands.models import add_also, encoder_title, other_models
from gapviz.commands.output import json_text
from gapviz.commands.source import (
    Commands,
    add_seed,
    add_source,
    chosen_item,
    chosen_seed,
    read_and_tell,
)
from gapviz.commands.table import paragraph, printable, text_table
from gapviz.core.collection import EVALUATE, Collection
from gapviz.core.errors import GapvizError
from gapviz.core.estimate import Estimate
from gapviz.core.wording import counted, figure, too_few
from gapviz.measures.retrieval.within import LabelDelta, WithinComparison
from gapviz.retrieval.index import ResultList
from gapviz.sources.builtin import BUILTIN_ENCODERS, dedicated_vectors
from gapviz.sources.builtin.dedicated import ENCODERS as TOWERS
from gapviz.sources.files.reading import Reading

FIGURES = ("map", "r1", "r5", "r10")


@dataclass(frozen=True, eq=False)
class _Contest:
    """Two encoders of one collection inside one modality."""

    collection: Collection
    modality: str
    dedicated: str
    """Its name."""
    title: str
    joint_rows: ItemRows
    dedicated_rows: ItemRows
    seed: int

    @property
    def titles(self) -> tuple[str, str]:
        """The joint model and the dedicated encoder, for people."""
        return encoder_title(self.collection.encoder), self.title


def add_to(commands: Commands) -> None:
    """Add the command with its options."""
    command = commands.add_parser(
        "within",
        help="compare the joint model with a dedicated encoder inside one modality",
        description="Search each item's vector among those of the same modality, with the joint "
        "model's tower and with a dedicated encoder; items of one label answer. On the items of "
        "the evaluate split that both have seen.",
    )
    add_source(command)
    command.add_argument(
        "--in",
        dest="modality",
        metavar="MODALITY",
        help="the modality to search in (default: the first)",
    )
    command.add_argument(
        "--dedicated",
        metavar="NAME",
        help="the encoder to hold against: another of the source or of --also; for 'builtin' "
        "tower:image and tower:text too (default: one of that modality alone, if there is one)",
    )
    add_also(command)
    command.add_argument(
        "--by",
        choices=FIGURES,
        default="map",
        help="the figure in the table of labels (default: map)",
    )
    command.add_argument(
        "--item", metavar="ID", help="search with this item as well, through both encoders"
    )
    command.add_argument(
        "-k", "--results", type=int, default=8, metavar="K", help="of --item (default: 8)"
    )
    add_seed(command)
    add_gate(command)
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> Gated:
    """What to print, and the figures that a condition holds for.

    Raises:
        GapvizError: bad input, nothing to compare with, or no shared labels and no item.
    """
    gates = conditions(options)
    contest = _contest(options)
    collection = contest.collection
    answers = None if options.item is None else _answers(contest, options)
    comparison = None
    if has_shared_labels(collection):
        rows = contest.joint_rows, contest.dedicated_rows
        comparison = compare_modality(collection, *rows, seed=contest.seed)
    elif answers is None:
        raise GapvizError(
            "no two held-out items share a label, so nothing says which items answer a query "
            "inside a modality",
            where=collection.name,
            hint="name the labels in --label-column, or compare the lists of one --item",
        )
    figures = _figures(contest, options, comparison, answers)
    text = (
        json_text(figures)
        if options.json
        else "\n".join(_told(contest, options, comparison, answers))
    )
    return Gated.by(gates, figures, text)


def _contest(options: argparse.Namespace) -> _Contest:
    seed = chosen_seed(options)
    reading = read_and_tell(options)
    collection = reading.encoded_by(options.encoder)
    collection.refuse_without_vectors()
    modality = options.modality or collection.modality_names[0]
    joint = item_rows(collection, modality)
    known = _dedicated_encoders(options, reading, collection, modality)
    if not known:
        raise GapvizError(
            f"no second encoder has {modality} vectors of these items, so there is nothing to "
            "hold the joint tower against",
            where=collection.name,
            hint="encode them with another encoder, and name that source in --also",
        )
    name = options.dedicated or next(iter(known))
    if name not in known:
        raise GapvizError(
            f"there is no {modality} encoder {name[:80]!r} to compare with",
            where=collection.name,
            hint=f"choose one of {', '.join(known)}",
        )
    title, dedicated = known[name]
    return _Contest(collection, modality, name, title, *shared(joint, dedicated), seed)


def _dedicated_encoders(
    options: argparse.Namespace, reading: Reading, collection: Collection, modality: str
) -> dict[str, tuple[str, ItemRows]]:
    """Title and rows of what can be held against the joint tower, by name.

    Encoders of one modality alone come first: that is what they are for.
    """
    found: dict[str, tuple[str, ItemRows]] = {}
    if options.source in BUILTIN_ENCODERS and modality in TOWERS:
        tower = dedicated_vectors(modality)
        items = np.arange(len(tower.vectors), dtype=np.int64)
        found[f"tower:{modality}"] = (tower.title, ItemRows(modality, items, tower.vectors))
    others = other_models(options, reading, collection)
    for name in sorted(others, key=lambda one: len(others[one].modality_names) > 1):
        if modality in others[name].modality_names:
            found[name] = (encoder_title(name), item_rows(others[name], modality))
    return found


def _answers(contest: _Contest, options: argparse.Namespace) -> tuple[ResultList, ResultList]:
    item = chosen_item(options, contest.collection)
    if contest.joint_rows.row(item) is None:
        raise GapvizError(
            f"item {options.item[:80]!r} has no {contest.modality} vectors of both encoders",
            where=contest.collection.name,
            hint="choose another",
        )
    joint, dedicated = (
        rows.neighbours(item, options.results)
        for rows in (contest.joint_rows, contest.dedicated_rows)
    )
    return joint, dedicated


def _figures(
    contest: _Contest,
    options: argparse.Namespace,
    comparison: WithinComparison | None,
    answers: tuple[ResultList, ResultList] | None,
) -> dict[str, Any]:
    collection = contest.collection
    figures: dict[str, Any] = {
        "collection": collection.name,
        "encoder": collection.encoder,
        "dedicated_encoder": contest.dedicated,
        "dedicated_title": contest.title,
        "modality": contest.modality,
        "seed": contest.seed,
    }
    if comparison is not None:
        figures |= comparison_json(comparison, label_names(collection))
    if answers is not None:
        names = ("joint", "dedicated")
        lists = {n: hits_json(collection, one) for n, one in zip(names, answers, strict=True)}
        figures["lists"] = {"item": options.item, **lists}
    return figures


def _told(
    contest: _Contest,
    options: argparse.Namespace,
    comparison: WithinComparison | None,
    answers: tuple[ResultList, ResultList] | None,
) -> list[str]:
    collection = contest.collection
    n_items = len(collection.splits.get(EVALUATE, ()))
    joint, dedicated = contest.titles
    lines = [
        f"{collection.name}: {counted(n_items, 'held-out item')}, {contest.modality} to "
        f"{contest.modality}",
        f"joint      {joint}",
        f"dedicated  {dedicated}",
        *(f"warning    {doubt}" for doubt in filter(None, [too_few(n_items)])),
    ]
    if comparison is not None:
        precision = comparison.delta.mean_average_precision
        lines += ["", *paragraph(delta_reading(precision, "mAP")), "", *_table(comparison)]
        lines += ["", *_by_label(comparison.by_label, label_names(collection), options.by), ""]
        lines += paragraph(_protocol(comparison))
    if answers is not None:
        for title, found in zip(("joint", "dedicated"), answers, strict=True):
            shares = _same_label(collection, options.item, found)
            lines += ["", f"item {options.item}, {title}{shares}", *hit_lines(collection, found)]
        lines += ["", "Cosines of two encoders cannot be compared, only their order can."]
    return lines


def _table(comparison: WithinComparison) -> list[str]:
    joint, dedicated, delta = comparison.joint, comparison.dedicated, comparison.delta
    rows = [
        [f"R@{k}", str(joint.recall[k]), str(dedicated.recall[k]), _signed(change)]
        for k, change in delta.recall.items()
    ]
    whole = (joint.mean_average_precision, dedicated.mean_average_precision)
    rows.append(["mAP", *map(str, whole), _signed(delta.mean_average_precision)])
    return text_table(["figure", "joint", "dedicated", "difference"], rows)


def _by_label(parts: Sequence[LabelDelta], names: dict[int, str], by: str) -> list[str]:
    title = "mAP" if by == "map" else f"R@{by[1:]}"
    found = [(names[part.label], part, *_figure_of(part, by)) for part in parts]
    rows = []
    for name, part, joint, dedicated, delta in sorted(found, key=lambda r: (-r[4].value, r[0])):
        few = " *" * (part.n_items < FEW_ITEMS)
        cells = [f"{part.n_items:,}{few}", figure(joint), figure(dedicated), _signed(delta)]
        rows.append([printable(name[:40]), *cells])
    head = ["label", "items", f"{title} joint", f"{title} dedicated", "difference"]
    return text_table(head, rows)


def _figure_of(part: LabelDelta, by: str) -> tuple[float, float, Estimate]:
    """Joint, dedicated, and the difference."""
    if by == "map":
        means = part.joint_average_precision, part.dedicated_average_precision
        return *means, part.delta.mean_average_precision
    k = int(by[1:])
    return part.joint[k], part.dedicated[k], part.delta.recall[k]


def _protocol(comparison: WithinComparison) -> str:
    return (
        f"Indexed: one vector of each of the {counted(comparison.n_items, 'held-out item')}; "
        f"asking: the {comparison.n_queries:,} that share their label with another. Figures: "
        "higher is better. Difference: dedicated minus joint, above 0 the joint tower is the "
        f"wrong tool. [low, high]: 95 % bootstrap intervals, paired. *: fewer than {FEW_ITEMS} "
        "items, whose interval says little."
    )


def _same_label(collection: Collection, item: str, found: ResultList) -> str:
    label = collection.labels[collection.position[item]]
    if label < 0:
        return ""
    right = sum(collection.labels[hit.item] == label for hit in found.hits)
    return f": {right} of {len(found.hits)} share the label"


def _signed(delta: Estimate) -> str:
    ends = ", ".join(figure(end, signed=True) for end in (delta.low, delta.high))
    return f"{figure(delta.value, signed=True)} [{ends}]"
