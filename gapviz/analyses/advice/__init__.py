"""What to do about the gap, ranked by what was measured on this collection."""

from gapviz.analyses.advice.advice import Advice, advise, cached_advice
from gapviz.analyses.advice.effects import Effect
from gapviz.analyses.advice.evidence import DedicatedTower, Evidence, gather, tower_of
from gapviz.analyses.advice.judging import Recommendation, title_of
from gapviz.analyses.advice.rules import CHANGES, TASKS, Rule, Situation, rules

__all__ = [
    "CHANGES",
    "TASKS",
    "Advice",
    "DedicatedTower",
    "Effect",
    "Evidence",
    "Recommendation",
    "Rule",
    "Situation",
    "advise",
    "cached_advice",
    "gather",
    "rules",
    "title_of",
    "tower_of",
]
