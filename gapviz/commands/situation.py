"""What `advise` and `report` ask: the task, what can be changed, and what can be measured."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from gapviz.commands.models import add_also, encoder_title, other_models
from gapviz.commands.source import chosen_seed, read, read_and_tell
from gapviz.commands.strategy import chosen_pair
from gapviz.readers.reading import Reading

if TYPE_CHECKING:
    from gapviz.advisor import Evidence, Situation
    from gapviz.collection import Collection


def add_situation(command: argparse.ArgumentParser) -> None:
    """The options of `chosen_evidence`, beside those of source, pair and seed."""
    command.add_argument(
        "--task",
        default="mixed",
        metavar="TASK",
        help="one-way: one modality finds another; mixed: one index of all; within: like finds "
        "like; scores: a threshold or fused scores (default: mixed)",
    )
    command.add_argument(
        "--can-change",
        default="index",
        metavar="WHAT",
        help="neither, index or model; each includes the one before it (default: index)",
    )
    command.add_argument(
        "--find",
        metavar="MODALITY",
        help="what is found, for one-way and within (default: image, or the first modality)",
    )
    add_also(command)


def chosen_evidence(
    options: argparse.Namespace, *, tell: bool = False
) -> tuple[Evidence, Situation]:
    """What can be measured on the source, and the situation that the options describe.

    Args:
        options: as given on the command line.
        tell: say on stderr what of the source was left out.

    Raises:
        GapvizError: bad input.
    """
    from gapviz.advisor import Situation

    seed = chosen_seed(options)
    asked = Situation(options.task, options.can_change)
    evidence = _evidence(options, seed, read_and_tell if tell else read)
    for name in evidence.pair:
        evidence.collection.modality(name)
    found = options.find or evidence.pair[0]
    evidence.collection.modality(found)
    return evidence, replace(asked, found=found)


def compared(options: argparse.Namespace, encoder: str) -> Collection:
    """The same items by another model of the source.

    Raises:
        GapvizError: no vectors by that model.
    """
    from gapviz.builtin import BUILTIN_ENCODERS, builtin_collection

    name = encoder.strip()
    if options.source in BUILTIN_ENCODERS and name in BUILTIN_ENCODERS:
        return builtin_collection(name)
    return read(argparse.Namespace(**{**vars(options), "encoder": None})).encoded_by(name)


def _evidence(
    options: argparse.Namespace, seed: int, reader: Callable[[argparse.Namespace], Reading]
) -> Evidence:
    """The collection of the model in use, with the other models and towers of the source."""
    from gapviz.advisor import DedicatedTower, gather, tower_of
    from gapviz.builtin import BUILTIN_ENCODERS, dedicated_vectors

    reading = reader(options)
    collection = reading.encoded_by(options.encoder)
    others = other_models(options, reading, collection)
    names = set(collection.modality_names)
    models = {
        encoder_title(name): one for name, one in others.items() if set(one.modality_names) == names
    }
    towers = [
        tower_of(one, one.modality_names[0], name)
        for name, one in others.items()
        if len(one.modality_names) == 1
    ]
    if options.source in BUILTIN_ENCODERS:
        shipped = [dedicated_vectors(name) for name in collection.modality_names]
        towers += [DedicatedTower(one.modality, one.title, one.vectors) for one in shipped]
    known = tuple(tower for tower in towers if tower is not None)
    pair = chosen_pair(options)
    return gather(collection, pair=pair, seed=seed, models=models, towers=known)
