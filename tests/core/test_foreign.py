import html
import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gapviz.core.foreign import in_figure, in_html, in_json, in_markdown, in_terminal
from tests.hostile import CONTROLS

PARTS = [*"![]()<>*_`$:/.@#|~&\\ \n-+=1a", "\x1b", "\x9b", "\u202e", "www", "red"]
WORDS = st.lists(st.sampled_from(PARTS)).map("".join)


@pytest.mark.parametrize(
    "words",
    ["a cat on a mat", "text_large", "R@10, image → text: 0.5", "naïve ‖Δ‖ – 3 %", "👩‍👧 می‌خواهم"],
)
def test_usual_words_stay_as_they_are_everywhere(words):
    for shown in (in_markdown, in_html, in_figure, in_terminal):
        assert shown(words) == words


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("![p](u)", r"!\[p\](u)"),
        ("[l](u)", r"\[l\](u)"),
        ("<img src=x>", r"\<img src=x>"),
        ("*a* _b_ `c` $d$ ~~e~~", r"\*a\* \_b\_ \`c\` \$d\$ \~\~e\~\~"),
        ("# head", r"\# head"),
        ("- entry", r"\- entry"),
        ("12. entry", r"12\. entry"),
        ("> quote", r"\> quote"),
        ("a | b", r"a \| b"),
        ("&lt;b&gt;", r"\&lt;b\&gt;"),
        (":red[x]", r":red\[x\]"),
        ("a\n\n# b", "a # b"),
    ],
)
def test_markdown_finds_nothing_to_format(words, shown):
    assert in_markdown(words).replace("\u2060", "") == shown


@pytest.mark.parametrize(
    "words",
    ["http://a.b", "://", "www.a.b", "me@a.b", ":material/home:", ":smile:", ":red[x]", "a :red b"],
)
def test_what_streamlit_makes_live_without_brackets_is_broken_by_a_joiner(words):
    assert "\u2060" in in_markdown(words)


@given(WORDS)
def test_nothing_of_markdown_is_left_unescaped(words):
    shown = re.sub(r"\\.", "e", in_markdown(words))
    assert not re.search(r"[`*\[\]<|~$\n]|://|www\.", shown)
    assert not CONTROLS.search(shown)


@given(WORDS)
def test_html_and_figures_hold_no_tag_and_no_control_character(words):
    for shown in (in_html(words), in_figure(words)):
        assert "<" not in shown and not CONTROLS.search(shown)
    assert html.unescape(in_html("a<b")) == "a<b"


@given(WORDS)
def test_a_terminal_gets_one_line_without_commands(words):
    shown = in_terminal(words)
    assert len(shown.splitlines()) <= 1 and not CONTROLS.search(shown)


@given(WORDS)
def test_json_means_what_it_meant(words):
    text = in_json(json.dumps({"words": words}, ensure_ascii=False, indent=2))
    assert json.loads(text) == {"words": words}
    assert not CONTROLS.search(text)
