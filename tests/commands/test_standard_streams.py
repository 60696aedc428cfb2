"""`-` for a file: what comes through a pipe, by what it holds; and what goes into one."""

import io
import json
import subprocess
import sys

import numpy as np
import pytest

from gapviz.commands.standard_streams import ending_of
from gapviz.sources.files.limits import Limits

RNG = np.random.default_rng(0)


class Piped(io.BytesIO):
    """A standard input that is no terminal."""

    def isatty(self):
        return False


@pytest.fixture
def pipe(monkeypatch):
    """Give bytes to the next command."""

    def give(content, *, terminal=False):
        stream = io.TextIOWrapper(Piped(content), encoding="utf-8")
        if terminal:
            monkeypatch.setattr(stream.buffer, "isatty", lambda: True, raising=False)
            stream.isatty = lambda: True
        monkeypatch.setattr(sys, "stdin", stream)

    return give


@pytest.fixture(scope="module")
def stacks():
    meaning = RNG.standard_normal((30, 8))
    noise = RNG.standard_normal((2, 30, 8))
    return meaning + 0.3 * noise + np.array([1, -1])[:, None, None]


def saved(save, *arrays, **named):
    content = io.BytesIO()
    save(content, *arrays, **named)
    return content.getvalue()


def as_jsonl(stacks):
    pairs = enumerate(zip(*stacks, strict=True))
    rows = [{"id": str(place), "image": [*x], "text": [*y]} for place, (x, y) in pairs]
    return "\n".join(map(json.dumps, rows)).encode()


def as_parquet(stacks):
    import pandas as pd

    table = pd.DataFrame({"image": list(stacks[0]), "text": list(stacks[1])})
    return table.to_parquet(None)


@pytest.mark.parametrize(
    "written",
    [
        lambda stacks: saved(np.save, stacks),
        lambda stacks: saved(np.savez, image=stacks[0], text=stacks[1]),
        as_jsonl,
        as_parquet,
    ],
    ids=["npy", "npz", "jsonl", "parquet"],
)
def test_a_source_is_read_from_a_pipe_by_what_it_holds(figures, pipe, stacks, tmp_path, written):
    np.save(tmp_path / "rows.npy", stacks)
    expected = figures("measure", tmp_path / "rows.npy")["gap"]["value"]
    pipe(written(stacks))
    assert figures("measure", "-")["gap"]["value"] == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(
    ("start", "ending"),
    [
        (b"\x93NUMPY\x01", ".npy"),
        (b"PK\x03\x04", ".npz"),
        (b"PAR1", ".parquet"),
        (b'\x40\x00\x00\x00\x00\x00\x00\x00{"a"', ".safetensors"),
        (b'{"id": 1}\n{"id": 2}', ".jsonl"),
        (b'\xef\xbb\xbf{"id": 1}\n', ".jsonl"),
        (b'{\n "images": []\n}', ".json"),
        (b"[1, 2]", ".json"),
        (b"id\ttext\n1\tcat", ".tsv"),
        (b"id,text\n", ".csv"),
        (b"q1 0 d1 1\n", ".txt"),
    ],
)
def test_the_content_says_what_it_is(start, ending):
    assert ending_of(start) == ending


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "standard input: is empty"),
        (b"\x93NUMPY\x01", "standard input"),
        (b"abc", "standard input"),
    ],
)
def test_what_cannot_be_read_is_told_of_standard_input(refused, pipe, content, words):
    pipe(content)
    line = refused("measure", "-")
    assert words in line and "gapviz-" not in line and "standard-input" not in line


def test_a_terminal_and_a_second_reader_are_refused(refused, pipe):
    pipe(b"", terminal=True)
    assert "is a terminal" in refused("measure", "-")
    assert "can be read once" in refused("measure", "-", "--queries", "-")


def test_more_than_is_allowed_is_refused_while_it_comes(refused, pipe, stacks, monkeypatch):
    small = Limits(1000)
    monkeypatch.setattr("gapviz.commands.limits.OWN_FILES", small)
    pipe(saved(np.save, stacks))
    line = refused("measure", "-")
    assert "holds more than the 1e-06 GB allowed" in line and "--max-unpacked" in line


def test_a_declared_size_over_the_limit_is_refused(refused, pipe, stacks):
    pipe(saved(np.savez, image=stacks[0], text=stacks[1]))
    assert "--max-unpacked" in refused("measure", "-", "--max-unpacked", "1e-6")


def test_judgments_and_queries_come_through_a_pipe(figures, pipe, tmp_path, stacks):
    ids = np.array([f"d{number}" for number in range(30)])
    np.savez(tmp_path / "items.npz", image=stacks[0], text=stacks[1], ids=ids)
    asked = np.array([f"q{number}" for number in range(12)])
    np.savez(tmp_path / "asked.npz", text=stacks[1][:12], ids=asked)
    (tmp_path / "q.tsv").write_text("".join(f"{one}\twords of {one}\n" for one in asked))
    judgments = "".join(f"q{number} 0 d{number} 1\n" for number in range(12))
    (tmp_path / "qrels.txt").write_text(judgments)
    given = ["measure", tmp_path / "items.npz", "--queries", tmp_path / "q.tsv"]
    given += ["--query-vectors", tmp_path / "asked.npz", "--judgments"]
    expected = figures(*given, tmp_path / "qrels.txt")
    pipe(judgments.encode())
    told = figures(*given, "-")
    named = {"queries": "standard-input"}
    assert told["judged"] == expected["judged"] | named


def test_each_line_is_a_query(run, figures, pipe):
    asked = ("search", "builtin", "-", "-k", 2, "--strategy", "znorm")
    pipe(b"cat face\n\ndog face\ncat face\n")
    told = figures(*asked)
    assert [one["text"] for one in told["queries"]] == ["cat face", "dog face"]
    assert told["queries"][0]["hits"][0]["item"] == "1F431"
    pipe(b"cat face\ndog face\n")
    done = run(*asked, "--fail-if", "match_rank < 2")
    assert done.returncode == 1 and "cat face: match_rank = 1" in done.stderr
    assert "“cat face”" in done.stdout and "“dog face”" in done.stdout


def test_vectors_flow_through_an_export(tmp_path, stacks):
    """As a user pipes them: .npy in, .npy out, and nothing else on standard output."""
    np.save(tmp_path / "rows.npy", stacks)
    np.save(tmp_path / "text.npy", stacks[1])

    def gapviz(*arguments, **options):
        command = [sys.executable, "-m", "gapviz", *map(str, arguments)]
        return subprocess.run(command, capture_output=True, check=False, **options)

    fitted = gapviz(
        "export", tmp_path / "rows.npy", "--strategy", "centre", "--out", tmp_path / "fix"
    )
    assert fitted.returncode == 0, fitted.stderr
    asked = ("apply", tmp_path / "fix", "--modality", "text", "--out")
    assert gapviz(*asked, tmp_path / "moved.npy", tmp_path / "text.npy").returncode == 0
    done = gapviz(*asked, "-", "-", input=(tmp_path / "text.npy").read_bytes())
    assert done.returncode == 0, done.stderr
    assert done.stdout == (tmp_path / "moved.npy").read_bytes()
    assert b"30 text vectors of 8" in done.stderr
    quiet = gapviz(*asked, "-", "-", "--quiet", input=(tmp_path / "text.npy").read_bytes())
    assert quiet.stdout == done.stdout and quiet.stderr == b""
    both = gapviz(*asked, "-", "-", "--json", input=b"a")
    assert both.returncode == 2 and b"both write to standard output" in both.stderr
