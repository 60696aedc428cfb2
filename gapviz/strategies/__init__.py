"""Every way of closing or side-stepping the gap: one file a strategy."""

from gapviz.strategies.base import Strategy
from gapviz.strategies.options import StrategyOptions
from gapviz.strategies.registry import (
    fit_strategy,
    register,
    strategy_parameters,
    unavailable_reason,
    usual_strategies,
)
from gapviz.strategies.spec import STRATEGIES, StrategySpec, strategy_spec

__all__ = [
    "STRATEGIES",
    "Strategy",
    "StrategyOptions",
    "StrategySpec",
    "fit_strategy",
    "register",
    "strategy_parameters",
    "strategy_spec",
    "unavailable_reason",
    "usual_strategies",
]
