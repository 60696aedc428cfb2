"""Whatever a card or a link says, it is read, or refused in one sentence."""

import json
import shutil
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gapviz.core.errors import GapvizError
from gapviz.export.folder import CARD_FILE, load_exported
from gapviz.strategies import StrategyOptions, strategy_parameters

pytestmark = pytest.mark.slow

ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=20),
    st.sampled_from(["raw", "centre", "image", "../..", "\u202e", "[x](http://y)", "1e999"]),
    st.lists(st.integers(), max_size=3),
    st.dictionaries(st.text(max_size=5), st.integers(), max_size=2),
)


def places(value, path=()):
    """The path of every value in a card."""
    yield path
    if isinstance(value, dict):
        for key, entry in value.items():
            yield from places(entry, (*path, key))
    elif isinstance(value, list):
        for place, entry in enumerate(value):
            yield from places(entry, (*path, place))


def altered(card, path, odd, drop):
    *above, last = path
    inner = card
    for key in above:
        inner = inner[key]
    if drop:
        del inner[last]
    else:
        inner[last] = odd
    return card


@pytest.mark.parametrize("name", ["centre", "zscore", "ridge", "route", "minmax", "items-rrf"])
def test_an_altered_card_is_read_or_refused(take_home, tmp_path, name):
    folder = Path(shutil.copytree(take_home(StrategyOptions(name))[0], tmp_path / "out"))
    whole = (folder / CARD_FILE).read_text("utf-8")
    paths = [path for path in places(json.loads(whole)) if path]
    read = []

    @settings(max_examples=150, derandomize=True, deadline=None, database=None)
    @given(st.sampled_from(paths), ODD, st.booleans())
    def check(path, odd, drop):
        card = altered(json.loads(whole), path, odd, drop)
        (folder / CARD_FILE).write_text(json.dumps(card), "utf-8")
        try:
            read.append(load_exported(folder).card.to_json())
        except GapvizError as error:
            assert "\n" not in error.sentence and len(error.sentence) < 600

    check()
    assert read and all(json.loads(text) for text in read)


@settings(max_examples=600, derandomize=True, deadline=None)
@given(st.sampled_from(strategy_parameters()), st.text())
def test_what_a_link_says_of_a_parameter_is_taken_or_refused(parameter, said):
    try:
        value = parameter.parsed(said)
    except GapvizError as error:
        assert "\n" not in error.sentence
    else:
        assert parameter.kind == "weights" or parameter.checked(value) == value
