"""What every text tower refuses to read, told alike."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from gapviz.core.errors import GapvizError
from gapviz.sources.files.texts import is_utf8


def refuse_unreadable_texts(
    texts: Sequence[str], count_tokens: Callable[[str], int], limit: int
) -> None:
    """Refuse a list that the tower would have to guess at.

    A tower given more tokens than it reads would silently drop the rest, and its vector
    would stand for another text.

    Raises:
        GapvizError: no texts, one that is not a string, blank or not valid Unicode, or one of
            more than `limit` tokens.
    """
    if isinstance(texts, str) or not len(texts):
        raise GapvizError("there are no texts to encode", hint="give a list of at least one text")
    for number, text in enumerate(texts, start=1):
        where = f"text {number}" if len(texts) > 1 else "text"
        if not isinstance(text, str) or not text.strip():
            raise GapvizError("is empty", where=where, hint="write at least one word")
        if not is_utf8(text):
            raise GapvizError("is not valid Unicode", where=where, hint="save it again as UTF-8")
        # Counted whatever the length in characters: one ligature can be many tokens.
        if (tokens := count_tokens(text)) > limit:
            raise GapvizError(
                f"has {tokens} tokens, and the encoder reads {limit}",
                where=where,
                hint="shorten it or split it in two",
            )
