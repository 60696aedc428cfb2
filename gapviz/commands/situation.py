"""What `advise` and `report` ask: the task, what can be changed, and what can be measured."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from gapviz.commands.models import add_also, encoder_title, other_models
from gapviz.commands.source import chosen_seed, read, read_and_tell
from gapviz.commands.strategy import chosen_pair
from gapviz.core.errors import GapvizError

if TYPE_CHECKING:
    from gapviz.analyses.advice import Evidence, Situation
    from gapviz.core.collection import Collection


@dataclass(frozen=True, eq=False)
class Asked:
    """What the options ask about."""

    evidence: Evidence
    situation: Situation
    others: Mapping[str, Collection]
    """The same items by other models, by encoder."""

    def other(self, encoder: str) -> Collection:
        """The same items by another model, which goes by that name.

        Raises:
            GapvizError: no vectors by that model.
        """
        if encoder not in self.others:
            raise GapvizError(
                f"there are no vectors by {encoder[:80]!r} to compare with",
                where=self.evidence.collection.name,
                hint=f"choose one of {', '.join(self.others)}"
                if self.others
                else "name a source that holds the same items by another model in --also",
            )
        return replace(self.others[encoder], encoder=encoder)


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


def chosen_evidence(options: argparse.Namespace, *, tell: bool = False) -> Asked:
    """What can be measured on the source, and the situation that the options describe.

    Args:
        options: as given on the command line.
        tell: say on stderr what of the source was left out.

    Raises:
        GapvizError: bad input.
    """
    from gapviz.analyses.advice import Situation

    seed = chosen_seed(options)
    asked = Situation(options.task, options.can_change)
    reading = read_and_tell(options) if tell else read(options)
    collection = reading.encoded_by(options.encoder)
    others = other_models(options, reading, collection)
    evidence = _evidence(options, collection, others, seed)
    for name in evidence.pair:
        collection.modality(name)
    found = options.find or evidence.pair[0]
    collection.modality(found)
    return Asked(evidence, replace(asked, found=found), others)


def _evidence(
    options: argparse.Namespace,
    collection: Collection,
    others: Mapping[str, Collection],
    seed: int,
) -> Evidence:
    """The collection of the model in use, with other models and encoders of one modality."""
    from gapviz.analyses.advice import DedicatedTower, gather, tower_of
    from gapviz.sources.builtin import BUILTIN_ENCODERS, dedicated_vectors

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
