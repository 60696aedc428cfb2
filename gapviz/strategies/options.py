"""`StrategyOptions`: a strategy by name, and the values of its parameters."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from gapviz.strategies.spec import StrategySpec, strategy_spec


@dataclass(frozen=True, slots=True, init=False)
class StrategyOptions:
    """What a person chooses: shared by the pages, the command line and Python.

    >>> StrategyOptions("gr-clip", strength=0.5).plain()
    {'name': 'centre', 'strength': 0.5}

    Raises:
        GapvizError: an unknown strategy, a parameter that it does not have, or a value that
            cannot be chosen.
    """

    name: str
    values: tuple[tuple[str, Any], ...]
    """Each parameter of the strategy with its value, in the order of its spec."""

    def __init__(
        self, name: str = "raw", values: Iterable[tuple[str, Any]] = (), **chosen: Any
    ) -> None:
        spec = strategy_spec(name)
        given = {key: spec.parameter(key).checked(v) for key, v in [*values, *chosen.items()]}
        object.__setattr__(self, "name", spec.name)
        filled = tuple((one.name, given.get(one.name, one.default)) for one in spec.parameters)
        object.__setattr__(self, "values", filled)

    @property
    def spec(self) -> StrategySpec:
        """What the strategy is with these values."""
        spec = strategy_spec(self.name)
        return spec if spec.of_values is None else spec.of_values(dict(self.values))

    def value(self, parameter: str) -> Any:
        """The value of one of its parameters.

        Raises:
            GapvizError: the strategy has no such parameter.
        """
        strategy_spec(self.name).parameter(parameter)
        return dict(self.values)[parameter]

    def having(self, **chosen: Any) -> StrategyOptions:
        """The same strategy with other values; those that it has no parameter for are left out."""
        known = dict(self.values)
        return StrategyOptions(
            self.name, **(known | {key: v for key, v in chosen.items() if key in known})
        )

    def plain(self) -> dict[str, Any]:
        """Name and values, for JSON and for keys of caches."""
        spec = strategy_spec(self.name)
        return {"name": self.name} | {k: spec.parameter(k).plain(v) for k, v in self.values}
