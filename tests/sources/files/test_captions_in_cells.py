"""A cell holds one caption, several, or a conversation of which one is taken."""

import json

import pytest

from gapviz.sources.files import read
from gapviz.sources.files.texts import CONVERSATION, PYTHON_LIST, captions_in
from tests.sources.files.image_making import captions, put, put_csv, put_json_lines, told

TURNS = [{"from": "human", "value": "<image>\nWhat?"}, {"from": "gpt", "value": "A red\nbus."}]


@pytest.mark.parametrize(
    ("cell", "found", "guess"),
    [
        ('["a", "b"]', ("a", "b"), None),
        ('["a", null, "a"]', ("a",), None),
        ("[]", (), None),
        ('[{"raw": "a", "tokens": ["a"]}, {"raw": "b"}]', ("a", "b"), None),
        ([{"raw": "a", "tokens": ["a"]}, {"raw": "b"}], ("a", "b"), None),
        ("['a', \"it's b\"]", ("a", "it's b"), PYTHON_LIST),
        ("['a cat' 'it\\'s b'\n 'c']", ("a cat", "it's b", "c"), PYTHON_LIST),
        ("[laughs] yes [no]", ("[laughs] yes [no]",), None),
        ("[1, 2]", ("[1, 2]",), None),
        ("['a'", ("['a'",), None),
        (r"['\x', 'b']", (r"['\x', 'b']",), None),
        ("[" * 5000 + "]" * 5000, ("[" * 5000 + "]" * 5000,), None),
        (TURNS, ("A red bus.",), CONVERSATION),
        (json.dumps(TURNS), ("A red bus.",), CONVERSATION),
        ([{"role": "user", "content": "?"}, {"role": "assistant", "content": "x"}], ("x",),
         CONVERSATION),
        ([{"role": "assistant", "content": [{"type": "text", "text": "x"}, {"type": "image"}]}],
         ("x",), CONVERSATION),
    ],
)  # fmt: skip
def test_a_cell_gives_its_captions(cell, found, guess):
    assert captions_in(cell) == (found, None, guess)


def test_a_conversation_without_an_answer_is_a_flaw():
    assert captions_in(TURNS[:1]).flaw == "has a conversation without an answer"


@pytest.fixture
def photos(tmp_path):
    for number in range(3):
        put(tmp_path, f"{number}.png")
    return tmp_path


def test_lists_in_a_table_are_several_captions_and_python_is_told_once(photos):
    rows = [["file_name", "captions"], ["0.png", '["a", "b"]'], ["1.png", "['c', 'd']"],
            ["2.png", "['e' 'f']"]]  # fmt: skip
    put_csv(photos / "metadata.csv", rows)
    reading = read(str(photos))
    assert captions(reading) == {"0.png": ("a", "b"), "1.png": ("c", "d"), "2.png": ("e", "f")}
    assert told(reading) == {
        "metadata.csv": "has 2 Python-like lists in captions, of which the texts are "
        "captions (first: line 3)"
    }


def test_what_was_taken_of_conversations_is_told_once(photos):
    put_json_lines(
        photos / "metadata.jsonl",
        [{"id": f"g{n}", "file_name": f"{n}.png", "conversations": TURNS} for n in range(3)],
    )
    reading = read(str(photos))
    assert captions(reading) == {f"g{n}": ("A red bus.",) for n in range(3)}
    assert told(reading) == {
        "metadata.jsonl": "has 3 conversations in conversations, of which the first answer "
        "is the caption (first: line 1)"
    }


def test_what_was_taken_of_conversations_beside_images_is_told_once(photos):
    for name in ("0.json", "1.json"):
        put(photos, name, json.dumps({"conversations": TURNS}))
    reading = read(str(photos))
    assert captions(reading)["0.png"] == ("A red bus.",)
    assert told(reading) == {
        photos.name: "has 2 conversations in the files beside the pictures, of which the first "
        "answer is the caption (first: 0.png)"
    }


def test_a_table_without_captions_says_among_which_columns_it_found_none(photos):
    put_csv(photos / "metadata.csv", [["file_name", "width", "note"], ["0.png", "8", "x"]])
    assert told(read(str(photos))) == {
        "metadata.csv": "describes images, with no captions found among the columns "
        "file_name, width, note"
    }


def test_a_table_of_labels_alone_lacks_nothing(photos):
    put_csv(photos / "metadata.csv", [["file_name", "label"], ["0.png", "x"]])
    assert not told(read(str(photos)))
