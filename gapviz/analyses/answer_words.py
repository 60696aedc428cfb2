"""What one result list shows, in plain words: of which kind its answers are, where the right one
stands.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gapviz.core.wording import counted
from gapviz.retrieval.index import Query, ResultList


@dataclass(frozen=True, slots=True)
class _Noun:
    one: str
    several: str


_NOUNS: Mapping[str, _Noun] = {
    "image": _Noun("picture", "pictures"),
    "text": _Noun("text", "text"),
    "video": _Noun("video", "videos"),
}
_ANY = _Noun("answer", "answers")


def kind_words(found: ResultList, modality: str) -> str:
    """`10 of 10 answers are text`.

    Args:
        found: the list.
        modality: that is counted.
    """
    n = sum(hit.modality == modality for hit in found.hits)
    total = counted(len(found.hits), _ANY.one)
    return f"{n} of {total} {'is' if n == 1 else 'are'} {_noun(modality, n)}"


def place_words(found: ResultList, query: Query, modalities: Sequence[str]) -> str:
    """`The right picture is at place 1,620`.

    Args:
        found: the list.
        query: that asked.
        modalities: of the index; of two, the right answer has the other.
    """
    others = [name for name in modalities if name != query.modality]
    noun = _noun(others[0], 1) if len(others) == 1 else _ANY.one
    if query.item is None:
        return "No right answer is known for this query"
    if found.match_rank is None:
        return f"The right {noun} is not in this index"
    return f"The right {noun} is at place {found.match_rank:,}"


def _noun(modality: str, n: int) -> str:
    noun = _NOUNS.get(modality, _Noun(modality, modality))
    return noun.one if n == 1 else noun.several
