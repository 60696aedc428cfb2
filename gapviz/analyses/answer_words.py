"""What one result list shows, in plain words: of which kind its answers are, where the right one
stands.
"""

from __future__ import annotations

from collections.abc import Sequence

from gapviz.analyses.figure_words import kind_of
from gapviz.core.wording import counted
from gapviz.retrieval.index import Query, ResultList


def kind_words(found: ResultList, modality: str) -> str:
    """`10 of 10 answers are text`.

    Args:
        found: the list.
        modality: that is counted.
    """
    n = sum(hit.modality == modality for hit in found.hits)
    total = counted(len(found.hits), "answer")
    return f"{n} of {total} {'is' if n == 1 else 'are'} {kind_of(modality, several=n != 1)}"


def place_words(found: ResultList, query: Query, modalities: Sequence[str]) -> str:
    """`The right picture is at place 1,620`.

    Args:
        found: the list.
        query: that asked.
        modalities: of the index; of two, the right answer has the other.
    """
    others = [name for name in modalities if name != query.modality]
    noun = kind_of(others[0]) if len(others) == 1 else "answer"
    if query.item is None:
        return "No right answer is known for this query"
    if found.match_rank is None:
        return f"The right {noun} is not in this index"
    return f"The right {noun} is at place {found.match_rank:,}"
