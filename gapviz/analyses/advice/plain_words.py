"""What the figures of the advisor count, in plain words."""

from __future__ import annotations

from gapviz.measures.retrieval.outcomes import DEPTH

AMONG_FIRST = f"among the first {DEPTH}"
RANK_WORDS = "how high the right answer stands ({}: 1 is always first, 0 is never seen)"
OWN_WORDS = f"{{0}} answers {AMONG_FIRST} of a query by {{0}}"
