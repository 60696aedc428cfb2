"""What is chosen by arguments: a strategy with its parameters, a pair, a seed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from gapviz.core.errors import GapvizError
from gapviz.core.in_memory.values import kind_of
from gapviz.core.nearest import choose
from gapviz.core.seeds import checked_seed
from gapviz.strategies import STRATEGIES, StrategyOptions, strategy_spec

if TYPE_CHECKING:
    from gapviz.strategies import Strategy

    ChosenStrategy: TypeAlias = str | StrategyOptions | Strategy
    """A strategy: its name, its name with values, or the object itself, which is fitted anew."""


def chosen_strategy(
    strategy: ChosenStrategy | Any, parameters: Mapping[str, Any], arguments: Iterable[str] = ()
) -> StrategyOptions:
    """A strategy with the values that were given.

    Args:
        strategy: see `ChosenStrategy`.
        parameters: values by the name of a parameter of the strategy.
        arguments: what else the function takes by name, for the error.

    Raises:
        GapvizError: no such strategy, a parameter that it has not, or a bad value.
    """
    if isinstance(strategy, str):
        if strategy_name(strategy) is None:
            raise GapvizError(
                f"there is no strategy {strategy[:80]!r}", hint=choose(strategy, STRATEGIES)
            )
        options = StrategyOptions(strategy)
    else:
        options = _options_of(strategy)
    for name in parameters:
        if not options.spec.has(name):
            known = [*arguments, *(one.name for one in options.spec.parameters)]
            raise GapvizError(
                f"there is no argument {name!r} with the strategy {options.name!r}",
                hint=choose(name, known),
            )
    return StrategyOptions(options.name, **{**dict(options.values), **parameters})


def strategy_name(name: str) -> str | None:
    """The name of a strategy by its name or an alias; None where there is none."""
    try:
        return strategy_spec(name).name
    except GapvizError:
        return None


def _options_of(strategy: Any) -> StrategyOptions:
    """What an object that stands for a strategy was made with."""
    if isinstance(strategy, StrategyOptions):
        return strategy
    options = getattr(strategy, "options", None)
    if isinstance(options, StrategyOptions):
        return options
    if hasattr(strategy, "spec") and hasattr(strategy, "get_params"):
        return StrategyOptions(strategy.spec.name, **strategy.get_params())
    raise GapvizError(
        f"{kind_of(strategy)} is no strategy",
        hint="give its name, such as 'centre', or what gapviz.strategy makes",
    )


def chosen_strategies(strategies: Any) -> list[StrategyOptions]:
    """Several strategies.

    Raises:
        GapvizError: none, or one that there is not.
    """
    given = strategies.split(",") if isinstance(strategies, str) else strategies
    if not isinstance(given, Iterable):
        given = [given]
    found = [
        chosen_strategy(one.strip() if isinstance(one, str) else one, {}) for one in given if one
    ]
    if not found:
        raise GapvizError("strategies names none", hint=f"choose of {', '.join(STRATEGIES)}")
    return list(dict.fromkeys(found))


def chosen_pair(pair: Sequence[str] | None) -> tuple[str, str] | None:
    """Two modalities.

    Raises:
        GapvizError: not two different names.
    """
    if pair is None:
        return None
    names = pair.split(",") if isinstance(pair, str) else pair
    two = [one.strip() for one in names if isinstance(one, str) and one.strip()]
    if len(two) != 2 or two[0] == two[1]:
        raise GapvizError(
            f"the pair {pair!r:.80} does not name two modalities",
            hint="write for instance pair=('image', 'text')",
        )
    return two[0], two[1]


def chosen_seed(seed: Any) -> int:
    """A seed.

    Raises:
        GapvizError: no whole number, or one out of range.
    """
    if isinstance(seed, bool) or not hasattr(seed, "__index__"):
        raise GapvizError(f"the seed {seed!r:.60} is no whole number", hint="write seed=42")
    return checked_seed(seed.__index__())
