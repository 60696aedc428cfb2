"""What the figures of a saved view are of: a collection, an encoder, a strategy, a seed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from gapviz.core.collection import Collection
from gapviz.core.errors import GapvizError
from gapviz.core.halves import split_alike
from gapviz.core.item_sample import MOST_MEASURED, sampled
from gapviz.core.parameter import Parameter
from gapviz.core.seeds import DEFAULT_SEED, checked_seed
from gapviz.measures.experiment import Experiment
from gapviz.measures.measurement import Measurement
from gapviz.measures.pair import pairs_by_title
from gapviz.sources.builtin import SHIPPED_COLLECTIONS
from gapviz.sources.builtin.variants import BUILTIN
from gapviz.sources.library.stored import Workspace
from gapviz.storage.saved_views import SavedView
from gapviz.strategies import StrategyOptions, strategy_spec


@dataclass(frozen=True, slots=True)
class Subject:
    """Whose figures a saved view shows."""

    collection: str
    """Its id, as in links; that of the built-in one is the name of its encoder too."""
    encoder: str
    asked_pair: str
    """Title of the pair of modalities, as in links; empty for the usual one."""
    options: StrategyOptions
    seed: int

    def pair_in(self, collection: Collection) -> tuple[str, str] | None:
        """The two modalities whose gap is measured; None for the usual ones."""
        return pairs_by_title(collection.modality_names).get(self.asked_pair)


def subject_of(view: SavedView) -> Subject:
    """What the address of a saved view names.

    Raises:
        GapvizError: a strategy, or a value of its parameters, that there is not.
    """
    spec = strategy_spec(view.param("strategy") or "raw")
    given = {one.name: _value(one, view) for one in spec.parameters}
    seed = view.param("seed") or str(DEFAULT_SEED)
    if not seed.isdecimal() or len(seed) > 12:
        raise GapvizError(f"the seed {seed[:20]!r} is no number", hint="keep the view again")
    return Subject(
        view.param("collection") or BUILTIN,
        view.param("encoder") or BUILTIN,
        view.param("pair") or "",
        StrategyOptions(
            spec.name, [(name, value) for name, value in given.items() if value is not None]
        ),
        checked_seed(int(seed)),
    )


def _value(parameter: Parameter, view: SavedView) -> Any:
    """What the address says of a parameter; None where it says nothing."""
    if parameter.kind == "weights":
        # In links a number a modality: `weight_image=1.5`.
        start = parameter.name.removesuffix("s") + "_"
        named = {k.removeprefix(start): v for k, v in view.params if k.startswith(start)}
        return parameter.checked(named) if named else None
    said = view.param(parameter.name)
    return None if said is None else parameter.parsed(said)


Opens = Callable[[Subject], Collection]
"""Gives the collection of a subject as its encoder saw it, with splits; raises `GapvizError`."""
Measures = Callable[[Subject], Measurement]
"""Gives its figures; raises `GapvizError`."""


def opened(subject: Subject) -> Collection:
    """The collection as the dashboard shows it: one that ships, or one of the workspace.

    Raises:
        GapvizError: it is gone, or its files are missing or damaged.
    """
    if subject.collection in SHIPPED_COLLECTIONS:
        return SHIPPED_COLLECTIONS[subject.collection].load(subject.encoder)
    collection = Workspace().load(subject.collection, subject.encoder)
    return collection if collection.splits else split_alike([collection])[0]


def measured(subject: Subject, opens: Opens = opened) -> Measurement:
    """The figures as the dashboard measures them.

    Raises:
        GapvizError: as `opened`, one modality alone, or a strategy that cannot be fitted.
    """
    collection = opens(subject)
    return Experiment(
        sampled(collection, MOST_MEASURED),
        subject.options,
        pair=subject.pair_in(collection),
        seed=subject.seed,
    ).measurement
