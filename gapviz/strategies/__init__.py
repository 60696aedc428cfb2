"""Every way of closing or side-stepping the gap: its card, its options, and how it is fitted."""

from gapviz.strategies.cards import ALIASES, STRATEGIES
from gapviz.strategies.fitting import Strategy, fit_strategy, strategy_card, unavailable_reason
from gapviz.strategies.options import StrategyCard, StrategyOptions

__all__ = [
    "ALIASES",
    "STRATEGIES",
    "Strategy",
    "StrategyCard",
    "StrategyOptions",
    "fit_strategy",
    "strategy_card",
    "unavailable_reason",
]
