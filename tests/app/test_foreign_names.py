"""Names, captions and paths that others wrote, in every place that takes any: never markup."""

import json
import re

import pytest

from gapviz.dashboard.catalogue import workspace
from tests.hostile import CONTROLS, SITE, hostile, hostile_collections, live_tags

PAGES = {
    "story": {}, "story fixed": {"fixed": "true"}, "cones": {}, "search": {},
    "search by item": {"query_by": "item"}, "within": {}, "why": {},
    **{f"tour {number}": {"step": number} for number in range(1, 9)},
    "scoreboard": {}, "directions": {},
    **{
        f"curves {one}": {"curve": one}
        for one in ("strength", "mix", "calibration", "fusion", "weight")
    },
    **{f"scores {one}": {"scores": one} for one in ("distributions", "thresholds", "fusion")},
    **{f"anatomy {one}": {"part": one} for one in ("heat_map", "plane", "hubs", "spectrum")},
    "approximate": {}, "approximate storage": {"approximate": "storage"},
    "protocol": {}, "decide": {}, "decide one-way": {"task": "one-way"}, "export": {}, "data": {},
}  # fmt: skip
"""A page, what of it is looked at, and the link that opens it."""

MARKUP = re.compile(
    r"(?<!\\)(!\[|\[[pl]\]|<img|\*s\*|`c|\$x)|:red\[|:material/home:|://evil|www\.evil"
)
"""What Markdown would take for markup in `hostile` words, where it is not escaped."""

AS_THEY_ARE = {
    "selectbox.options", "selectbox.raw_value", "text_input.default", "code.code_text",
    "plotly_chart.alt", "plotly_chart.id", "slider.id", "slider.query_param_key",
}  # fmt: skip
"""Fields whose words the browser shows as they are, or not at all."""


@pytest.fixture(scope="module")
def stored():
    kept = workspace().add(
        hostile_collections(), title=hostile("title"), origin=hostile("origin"),
        skipped=hostile_collections.skipped,
    )  # fmt: skip
    yield kept
    workspace().remove(kept.id)


@pytest.mark.parametrize("page", PAGES)
def test_a_page_shows_foreign_words_as_words(open_app, stored, page):
    name, _, _ = page.partition(" ")
    link = {hostile("key"): hostile("value"), "pair": hostile("pair"), "seed": hostile("seed")}
    app = open_app(
        f"pages/{name}.py", collection=stored.id, compare=hostile("second"),
        q=hostile("query"), item=hostile("id1"), opened=stored.id, **PAGES[page], **link,
    )  # fmt: skip
    assert not app.exception
    shown = [(name, words) for name, words in texts(app) if SITE in words]
    assert len(shown) > 8
    for name, words in shown:
        check(name, words)


def check(name, words):
    if name == "html.body":
        assert not live_tags(words)
    elif name == "plotly_chart.spec":
        figure = json.loads(words)
        assert not [one for one in drawn_words(figure) if "<img" in one or "%{y}" in one]
    elif name == "bidi_component.json":
        # Its script sets words as text, in which nothing is markup.
        assert not [one for one in drawn_words(json.loads(words)) if CONTROLS.search(one)]
    elif name not in AS_THEY_ARE:
        assert not MARKUP.search(words), (name, words)
        assert not CONTROLS.search(words), (name, words)


def drawn_words(figure):
    """Every text of a figure, but what it keeps for whoever points at it."""
    if isinstance(figure, str):
        yield figure
    parts = figure.items() if isinstance(figure, dict) else ()
    parts = enumerate(figure) if isinstance(figure, list) else parts
    for name, part in parts:
        if name not in ("meta", "legendgroup"):
            yield from drawn_words(part)


def texts(app):
    """Every text that the page sends to the browser, with the name of its field."""
    for node in nodes(app._tree):
        proto = getattr(node, "proto", None)
        if proto is not None:
            yield from fields(proto, proto.DESCRIPTOR.name)


def nodes(block):
    yield block
    for child in getattr(block, "children", {}).values():
        yield from nodes(child)


def fields(message, of):
    for field, value in message.ListFields():
        name = f"{snake(of)}.{field.name}"
        for one in [value] if isinstance(value, str) or not field.is_repeated else value:
            if isinstance(one, str):
                yield name, one
            elif hasattr(one, "ListFields"):
                yield from fields(one, f"{of}.{field.name}")


def snake(name):
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()
