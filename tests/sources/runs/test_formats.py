import json
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gapviz.core.errors import GapvizError
from gapviz.sources.runs import dictionary, trec
from gapviz.sources.runs.opened import open_run

LINES = [("q1", "a", 1, 0.9), ("q1", "b", 2, 0.5), ("q2", "c", 1, -1.5e-3)]


def rows_of(path):
    found = []
    for batch in open_run(path).batches():
        columns = batch.query.to_pylist(), batch.document.to_pylist(), batch.rank, batch.score
        found += [(q, d, float(r), float(s)) for q, d, r, s in zip(*columns, strict=True)]
    return found


@pytest.fixture
def write(tmp_path):
    def write(content, name="run.txt"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


@pytest.mark.parametrize(
    "line",
    [
        "{q} Q0 {d} {r} {s} mine",
        "{q}\tQ0\t{d}\t{r}\t{s}\tmine",
        "  {q}   0  {d} {r}   {s}  my system",
        "{q} Q0 {d} {r} {s}",
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n", "\n\n"])
def test_a_trec_run_is_read_whatever_parts_its_fields(write, line, end):
    text = end.join(line.format(q=q, d=d, r=r, s=s) for q, d, r, s in LINES)
    assert rows_of(write(text)) == LINES


def test_tabs_keep_blanks_in_ids(write):
    assert rows_of(write("a cat\tQ0\ta big cat\t1\t0.5\tt\n")) == [("a cat", "a big cat", 1, 0.5)]


@pytest.mark.parametrize("head", ["query,item,rank,score", "score;rank;docid;query_id"])
def test_a_table_is_read_by_its_headings(write, head):
    mark = ";" if ";" in head else ","
    places = {"query": 0, "query_id": 0, "item": 1, "docid": 1, "rank": 2, "score": 3}
    rows = [mark.join(str(row[places[name]]) for name in head.split(mark)) for row in LINES]
    assert rows_of(write("\n".join([head, *rows]), "run.csv")) == LINES


def test_a_table_without_scores_or_with_quotes_and_a_mark_of_the_bytes(write):
    path = write('﻿"qid","doc","rank"\n"1","a, b",2\n', "x.csv")
    ((query, document, rank, score),) = rows_of(path)
    assert (query, document, rank) == ("1", "a, b", 2) and np.isnan(score)


def test_a_dictionary_is_read_list_by_list(write, monkeypatch):
    monkeypatch.setattr(dictionary, "BLOCK", 3)
    monkeypatch.setattr(dictionary, "BATCH_ENTRIES", 2)
    told = {"q1": {"a": 0.9, "b": 0.5}, "leer": {}, 'q"2': {"c{}": -1.5e-3}}
    for text in (json.dumps(told), json.dumps(told, indent=2)):
        found = rows_of(write(text))
        assert [(q, d, s) for q, d, _, s in found] == [
            (q, d, s) for q, entries in told.items() for d, s in entries.items()
        ]


def test_small_blocks_cut_no_line_in_two(write, monkeypatch):
    text = "".join(f"q{n} Q0 item{n} {n} {n / 7} t\n" for n in range(50))
    whole = rows_of(write(text))
    monkeypatch.setattr(trec, "BLOCK_CHARACTERS", 64)
    assert rows_of(write(text)) == whole
    assert len(whole) == 50


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"\n\n", "empty"),
        (b"\x1f\x8b\x08\x00", "unpack"),
        (b"just words\n", "is no run"),
        (b"\x00\x01\x02\x03" * 99, "is no run"),
        (b"q Q0 d 1 0.5 t\nq Q0 d 1\n", "line 2 is not"),
        (b"q Q0 d 1 0.5 t\nq Q0 d 1 0,5 t\n", "'0,5', which is no number"),
        (b"query,item,score\na,b,much\n", "'much', which is no number"),
        (b"query,item,score\na,b\n", "cannot be read"),
        (b"query,item\na,b\n", "score or rank"),
        (b'{"q": {"d": 0.5}', "near character"),
        (b'{"q": {"d": "x"}}', "no number"),
        (b'{"q": {"d": [1]}}', "no number"),
        (b'{"q": [1, 2]}', "near character"),
        (b"{" * 5000, "near character"),
    ],
)
def test_what_is_no_run_is_refused_in_one_sentence(write, content, words):
    with pytest.raises(GapvizError, match=words):
        rows_of(write(content))


def test_a_file_that_is_gone_says_so(tmp_path):
    with pytest.raises(GapvizError, match="cannot be read"):
        open_run(tmp_path / "gone")


def test_bytes_that_were_changed_are_read_or_refused(write):
    rng = random.Random(7)
    texts = [
        "".join(f"{q} Q0 {d} {r} {s} t\n" for q, d, r, s in LINES),
        json.dumps({"q1": {"a": 0.9, "b": 0.5}, "q2": {"c": 1}}),
        'query,item,score\nq1,a,0.5\nq2,"b",1\n',
    ]
    for turn in range(300):
        content = bytearray(texts[turn % 3].encode())
        for _ in range(rng.randint(1, 4)):
            place = rng.randrange(len(content))
            if rng.random() < 0.3:
                del content[place:]
                content = content or bytearray(b" ")
            else:
                content[place] = rng.randrange(256)
        try:
            rows_of(write(bytes(content)))
        except GapvizError as error:
            assert "\n" not in error.sentence


@given(st.binary(max_size=200))
def test_no_bytes_end_in_a_traceback(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "any.bin"
    path.write_bytes(content)
    try:
        rows_of(path)
    except GapvizError as error:
        assert error.hint
