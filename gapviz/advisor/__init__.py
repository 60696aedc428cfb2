"""What to do about the gap, ranked by what was measured on this collection."""

from gapviz.advisor.advice import advise
from gapviz.advisor.effects import Effect
from gapviz.advisor.evidence import DedicatedTower, Evidence, gather, tower_of
from gapviz.advisor.recommendation import Advice, Recommendation, title_of
from gapviz.advisor.rules import CHANGES, RULES, TASKS, Rule, Situation

__all__ = [
    "CHANGES",
    "RULES",
    "TASKS",
    "Advice",
    "DedicatedTower",
    "Effect",
    "Evidence",
    "Recommendation",
    "Rule",
    "Situation",
    "advise",
    "gather",
    "title_of",
    "tower_of",
]
