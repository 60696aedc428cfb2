"""A collection whose every name is an attack, and what would betray that one was taken in."""

import re
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np

from gapviz.core.collection import Collection
from gapviz.core.item import Item
from gapviz.core.modality_vectors import ModalityVectors
from gapviz.core.splits import alternate_splits
from gapviz.sources.files.format import Skipped

SITE = "evil.example"

CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]")
"""What a terminal takes for a command, or turns the direction of writing."""


def hostile(place):
    """A picture, a link, tags, formatting, a formula, icons, code, commands of a terminal."""
    return (
        f"{place}![p](http://{SITE}/{place}.png)[l](//{SITE}/l)<img src=http://{SITE}/{place} "
        f'onerror=alert(1)><script>alert(2)</script>"""\' *s* `c` $x$ :red[r] :material/home: '
        f"www.{SITE} %{{y}} {{0}} \x1b[31m\x9b2J\u202e\nimport {place}"
    )


def hostile_collections():
    """Two models of the same items; also modalities, ids, labels and captions are hostile."""
    n = 24
    items = tuple(
        Item(hostile(f"id{i}"), hostile(f"label{i % 3}"), (hostile(f"caption{i}"),))
        for i in range(n)
    )
    rng = np.random.default_rng(0)
    rows = {hostile(name): rng.standard_normal((n, 6)) + 1 for name in ("image", "text")}
    first = Collection(
        hostile("name"), items, {name: ModalityVectors.of(one) for name, one in rows.items()},
        alternate_splits(n), encoder=hostile("encoder"), attribution=hostile("attribution"),
    )  # fmt: skip
    return [first, replace(first, encoder=hostile("second"))]


hostile_collections.skipped = (Skipped(hostile("file"), hostile("reason")),)


def live_tags(page):
    """Tags of a page of HTML that would run or fetch something foreign."""
    reader = _Reader()
    reader.feed(page)
    return reader.found


class _Reader(HTMLParser):
    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attributes):
        for name, value in attributes:
            fetched = name in ("src", "href") and re.match(r"\s*(\w+:)?//|javascript:", value or "")
            if fetched or name.startswith("on"):
                self.found.append((tag, name, value))
