"""A collection and queries of one's own: items are halved so that no fit sees an answer."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from gapviz.core.collection import Collection
from gapviz.core.errors import GapvizError
from gapviz.core.evaluation import Evaluation, halved_queries
from gapviz.core.item import Item
from gapviz.core.splits import CALIBRATE, EVALUATE
from gapviz.core.vectors import read_only

NO_OTHERS = (
    "So many items answer a measured query that none is left to fit on: strategies that learn are "
    "fitted on items that answer, which flatters them."
)
"""Of judgments that leave one of the halves without items."""


def with_evaluation(collection: Collection, evaluation: Evaluation) -> Collection:
    """The collection with queries of one's own; whatever evaluates, evaluates there alone.

    Queries without halves are halved by `halved_queries`. An item that answers a query which
    evaluates goes to the evaluate half, one that answers only queries which calibrate to the other;
    the rest of the items stay where they are, and so do those of other splits, such as one that an
    encoder was trained on. So no strategy is fitted on an answer that counts.

    Raises:
        GapvizError: an evaluation that has queries of other dimensions, or judges items that are
            not there.
    """
    n = collection.n_items
    judged = evaluation.judgments
    if judged.size and int(judged.item.max()) >= n:
        raise GapvizError(
            f"judges item {int(judged.item.max())}, but there are {n} items",
            where=evaluation.name,
            hint="number items from 0",
        )
    for name, block in evaluation.vectors.items():
        if collection.modalities and block.dim != collection.dim:
            raise GapvizError(
                f"has {name} queries of {block.dim} dimensions, and the items have "
                f"{collection.dim}",
                where=evaluation.name,
                hint="encode queries and items with one model",
            )
    if not evaluation.splits:
        halves = halved_queries(evaluation.queries, judged)
        evaluation = replace(evaluation, splits=halves)
    splits = dict(collection.splits)
    if CALIBRATE in splits and EVALUATE in splits:
        calibrates, evaluates = (np.isin(np.arange(n), splits[s]) for s in (CALIBRATE, EVALUATE))
        answers = np.zeros((2, n), dtype=np.bool_)
        counts = evaluation.evaluated[judged.query]
        for kind, those in enumerate((counts, ~counts)):
            answers[kind, judged.item[judged.relevant & those]] = True
        elsewhere = [one for name, one in splits.items() if name not in (CALIBRATE, EVALUATE)]
        answers[:, np.concatenate([np.zeros(0, np.int64), *elsewhere])] = False
        of_evaluated, of_others = answers[0], answers[1] & ~answers[0]
        evaluates, calibrates = (
            (evaluates | of_evaluated) & ~of_others,
            (calibrates | of_others) & ~of_evaluated,
        )
        if calibrates.any() and evaluates.any():
            splits |= {CALIBRATE: np.flatnonzero(calibrates), EVALUATE: np.flatnonzero(evaluates)}
        else:
            evaluation = replace(evaluation, notes=(*evaluation.notes, NO_OTHERS))
    return replace(collection, splits=splits, evaluation=evaluation)


def with_asking_modalities(calibration: Collection) -> Collection:
    """The calibration items, and its queries of modalities that no item has, as items of their own.

    A strategy that learns of each modality then learns of theirs too: of queries that are text and
    picture at once, say, to a corpus of pictures.
    """
    evaluation = calibration.evaluation
    unseen = [] if evaluation is None else [
        name for name in evaluation.vectors if name not in calibration.modalities
    ]  # fmt: skip
    if evaluation is None or not unseen:
        return calibration
    taken = calibration.position
    items = list(calibration.items)
    blocks = dict(calibration.modalities)
    for name in unseen:
        block = evaluation.vectors[name]
        start = len(items)
        for place, query in enumerate(block.item_index.tolist()):
            words = f"{name} query {evaluation.queries[query].id}"
            items.append(Item(words if words not in taken else f"{words} ({start + place})"))
        owners = read_only(np.arange(start, len(items), dtype=np.int64))
        blocks[name] = replace(block, item_index=owners)
    return replace(calibration, items=tuple(items), modalities=blocks)
