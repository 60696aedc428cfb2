"""Every way of closing or side-stepping the gap: its card, its options, and how it is fitted."""

from gapviz.strategies.cards import ALIASES, STRATEGIES
from gapviz.strategies.fitting import Strategy, fit_strategy, strategy_spec, unavailable_reason
from gapviz.strategies.options import StrategyOptions, StrategySpec

__all__ = [
    "ALIASES",
    "STRATEGIES",
    "Strategy",
    "StrategyOptions",
    "StrategySpec",
    "fit_strategy",
    "strategy_spec",
    "unavailable_reason",
]
