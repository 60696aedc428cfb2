"""Further names and keywords of training drawings, which their heads read and nobody else does.

The items' own captions stay as `drawing_names.py` gives them.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from drawing_names import EMPTY_HINTS, code_of, plain_code, readable, tells_something
from npm_packages import EMOJIBASE, EMOJILIB, read_json

from gapviz.core.item import Item
from gapviz.core.vectors import Indices

SHORT_NAMES = ("emojibase", "iamcal", "joypixels", "github")
"""Lists of short names in emojibase."""
KEYWORDS_A_LINE = 3
MOST_LINES = 4
SEED = 0
"""Of the order of the keywords."""


def words_of(items: tuple[Item, ...], train: Indices) -> list[tuple[int, list[str]]]:
    """Position of each training item, with texts that are not among its captions.

    Other names, one a text, and lines of a few keywords each, as the line of hints among the
    captions is.
    """
    names, keywords = _names_and_keywords()
    rng = np.random.default_rng(SEED)
    found = []
    for i in train:
        item = items[i]
        code = plain_code(item.id)
        said = {caption.lower() for caption in item.captions}
        texts = _unsaid(names.get(code, ()), said)
        words = _unsaid(keywords.get(code, ()), {item.captions[0].lower()})
        shuffled = [words[j] for j in rng.permutation(len(words))]
        lines = [
            ", ".join(shuffled[start : start + KEYWORDS_A_LINE])
            for start in range(0, len(shuffled), KEYWORDS_A_LINE)
        ]
        found.append((int(i), [*texts, *lines[:MOST_LINES]]))
    return found


def _unsaid(texts: Iterable[str], said: set[str]) -> list[str]:
    """Those that tell something and are not said yet, each once."""
    readings = dict.fromkeys(readable(text).lower() for text in texts)
    return [text for text in readings if text not in said and tells_something(text)]


def _names_and_keywords() -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """By code, the names and the keywords that both packages know."""
    names: dict[str, list[str]] = {}
    keywords: dict[str, list[str]] = {}
    for entry in read_json(EMOJIBASE, "en/data.json"):
        code = plain_code(entry["hexcode"])
        names.setdefault(code, []).append(entry["label"])
        keywords.setdefault(code, []).extend(entry.get("tags", ()))
    for listed in SHORT_NAMES:
        for points, short in read_json(EMOJIBASE, f"en/shortcodes/{listed}.json").items():
            told = [short] if isinstance(short, str) else short
            names.setdefault(plain_code(points), []).extend(told)
    for character, (name, *others) in read_json(EMOJILIB, "dist/emoji-en-US.json").items():
        code = code_of(character)
        names.setdefault(code, []).append(name)
        keywords.setdefault(code, []).extend(word for word in others if word not in EMPTY_HINTS)
    return names, keywords
