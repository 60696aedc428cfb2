"""`gapviz explain`: a word in plain words, and its formula where it is a figure."""

import json

from gapviz.commands.cli import main
from gapviz.core.terms import TERMS, term


def said(capsys, *words):
    assert main(["explain", *words]) == 0
    return capsys.readouterr().out


def test_a_word_is_explained_with_its_formula(capsys):
    told = said(capsys, "bias", "rate")
    assert told.startswith("bias rate: ")
    assert "Also written: bias@10" in told and r"\frac" in told


def test_without_a_word_every_term_is_listed(capsys):
    told = said(capsys)
    assert all(f"{one.name}: " in told for one in TERMS)


def test_as_json_a_word_is_its_hint_and_formula(capsys):
    (one,) = json.loads(said(capsys, "UMAP", "--json"))["terms"]
    assert one == {"name": "UMAP", "hint": term("UMAP").hint, "also": [], "formula": None}


def test_a_word_that_is_no_term_is_bad_input(capsys):
    assert main(["explain", "recal"]) == 2
    assert "no term of this name; perhaps" in capsys.readouterr().err
