"""Strategies are found by being there: a file of this folder, or an entry point of a package."""

from __future__ import annotations

from inspect import isabstract
from pathlib import Path

from gapviz.core.collection import Collection
from gapviz.core.discovery import installed, modules_of
from gapviz.core.errors import GapvizError
from gapviz.core.judged_halves import with_asking_modalities
from gapviz.core.parameter import Parameter
from gapviz.core.table import Column, Table
from gapviz.strategies.base import Strategy
from gapviz.strategies.options import StrategyOptions
from gapviz.strategies.spec import STRATEGIES, StrategySpec, strategy_spec

ENTRY_POINTS = "gapviz.strategies"
"""Group of entry points under which other packages offer strategies, each a class."""

_classes: dict[str, type[Strategy]] = {}


def register(strategy: type[Strategy]) -> type[Strategy]:
    """Add a strategy, or put it in place of the one of its name.

    Raises:
        GapvizError: a name or alias that another one has, or a parameter that another strategy
            declares otherwise.
    """
    spec = strategy.spec
    for other in STRATEGIES.values():
        if other.name != spec.name:
            _refuse_clash(spec, other)
    _classes[spec.name] = strategy
    STRATEGIES[spec.name] = spec
    ordered = sorted(STRATEGIES.values(), key=lambda one: (one.place, one.name))
    STRATEGIES.clear()
    STRATEGIES.update({one.name: one for one in ordered})
    return strategy


def strategy_parameters() -> tuple[Parameter, ...]:
    """Every parameter of any strategy, each once."""
    found = {one.name: one for spec in STRATEGIES.values() for one in spec.parameters}
    return tuple(found.values())


def strategy_class(name: str) -> type[Strategy]:
    """The class of a strategy, by its name or an alias.

    Raises:
        GapvizError: no strategy of that name.
    """
    return _classes[strategy_spec(name).name]


def strategies_table() -> Table:
    """Every strategy in a row: its title and name, its formula, its parameters."""
    return Table(
        "",
        [
            Column("title", "strategy", text=True),
            Column("name", "name", text=True),
            Column("formula", "formula", text=True),
            Column("parameters", "parameters", text=True),
        ],
        [
            [spec.title, spec.name, spec.formula, ", ".join(one.name for one in spec.parameters)]
            for spec in STRATEGIES.values()
        ],
    )


def usual_strategies() -> tuple[str, ...]:
    """Names of those that are compared where none are named."""
    return tuple(name for name, spec in STRATEGIES.items() if spec.usual)


def unavailable_reason(options: StrategyOptions, collection: Collection) -> str | None:
    """Why a strategy cannot be fitted on `collection`, in one sentence; None if it can."""
    return strategy_class(options.name).unavailable(options, collection)


def fit_strategy(
    options: StrategyOptions, calibration: Collection, *, split_warnings: tuple[str, ...] = ()
) -> Strategy:
    """Fit a strategy on the rows of `calibration`, and on nothing else.

    Indexed rows, that is; only what needs reference queries reads rows that are query-only.

    Args:
        options: the strategy and its parameters.
        calibration: the items to fit on.
        split_warnings: see `Strategy.split_warnings`.

    Raises:
        GapvizError: an unknown name, a parameter out of range, no pairs for a strategy that
            needs them, or no axes for one that works on single dimensions.

    >>> from gapviz.sources.builtin import builtin_collection
    >>> calibration = builtin_collection().split("calibrate")
    >>> fit_strategy(StrategyOptions("half", strength=0.5), calibration).label
    'Half/half offset (λ = 0.5)'
    >>> text = calibration.modality("text").vectors
    >>> centred = fit_strategy(StrategyOptions("centre"), calibration)
    >>> centred.transform(text, "text").shape == text.shape
    True
    """
    spec = options.spec
    if spec.by_dimension and calibration.no_axes:
        raise GapvizError(
            f"{spec.title} works on single dimensions, and {calibration.no_axes}",
            hint="choose another strategy, or give the vectors themselves",
        )
    strategy = strategy_class(options.name)(**dict(options.values)).fit(calibration)
    strategy.split_warnings = split_warnings
    return strategy


def fitted_for(
    options: StrategyOptions,
    collection: Collection,
    calibration: Collection,
    *,
    split_warnings: tuple[str, ...] = (),
) -> Strategy:
    """A strategy for a collection, fitted on the part of it that calibrates.

    What learns nothing knows every modality of the collection.

    Args:
        options: the strategy and its parameters.
        collection: the whole.
        calibration: the items of it to fit on.
        split_warnings: see `Strategy.split_warnings`.

    Raises:
        GapvizError: as `fit_strategy`.
    """
    if options.spec.learns:
        known = learned_from(options, calibration)
        return fit_strategy(options, known, split_warnings=split_warnings)
    strategy = fit_strategy(options, collection, split_warnings=split_warnings)
    asked = collection.evaluation
    if asked is not None:
        names = dict.fromkeys([*strategy.modalities_, *asked.vectors])
        strategy.modalities_ = tuple(names)
    return strategy


def learned_from(options: StrategyOptions, calibration: Collection) -> Collection:
    """What a strategy learns from: modalities that only ask have no pairs to learn of."""
    needs_pairs = options.spec.needs_pairs
    return calibration if needs_pairs else with_asking_modalities(calibration)


def _refuse_clash(spec: StrategySpec, other: StrategySpec) -> None:
    taken = {other.name, *other.aliases} & {spec.name, *spec.aliases}
    if taken:
        raise GapvizError(
            f"{sorted(taken)[0]!r} is the name of {other.title} already",
            where=spec.title,
            hint="choose another name",
        )
    theirs = {one.name: one for one in other.parameters}
    for one in spec.parameters:
        if one.name in theirs and theirs[one.name] != one:
            raise GapvizError(
                f"the parameter {one.name!r} is declared otherwise by {other.title}",
                where=spec.title,
                hint="import that parameter, or choose another name",
            )


def _discover() -> None:
    for module in modules_of("gapviz.strategies", [str(Path(__file__).parent)]):
        for found in vars(module).values():
            if not isinstance(found, type) or found.__module__ != module.__name__:
                continue
            if issubclass(found, Strategy) and not isabstract(found) and "spec" in vars(found):
                register(found)
    for found in installed(ENTRY_POINTS, type(Strategy)):
        register(found)


_discover()
