"""`gapviz explain`: what a word of the field means."""

from __future__ import annotations

import argparse
from textwrap import fill

from gapviz.analyses.figure_families import families
from gapviz.commands.files import json_text
from gapviz.commands.parser import known_words
from gapviz.commands.source import Commands, add_json
from gapviz.core.term import Term
from gapviz.core.terms import TERMS, term
from gapviz.measures.described import DescribedFigure

WIDTH = 80


def add_to(commands: Commands) -> None:
    """Add the command with its options."""
    command = commands.add_parser(
        "explain",
        description="Say what a word of the field means, in plain words, and how it is computed "
        "where it is a figure. Without a word, list them all.",
    )
    word = command.add_argument(
        "word",
        nargs="*",
        metavar="WORD",
        help="as it stands on a page: “bias rate”, NDCG@10, λ",
    )
    known_words(word, (one.name for one in TERMS))
    add_json(command)
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> str:
    """What to print.

    Raises:
        GapvizError: no such term.
    """
    asked = [term(" ".join(options.word))] if options.word else list(TERMS)
    if options.json:
        return json_text({"terms": [_plain(one) for one in asked]})
    if not options.word:
        return "\n".join(_filled(f"{one.name}: {one.hint}") for one in asked)
    (one,) = asked
    lines = [_filled(f"{one.name}: {one.hint}")]
    if one.also:
        lines.append(_filled(f"Also written: {', '.join(one.also)}."))
    figure = figure_of(one)
    if figure is not None:
        lines += [
            _filled(f"The figure “{figure.title}”: {figure.reading}"),
            f"  {figure.formula}",
            "How it is measured, to the letter: gapviz protocol",
        ]
    return "\n".join(lines)


def figure_of(one: Term) -> DescribedFigure | None:
    """The figure that a term is about; None where it is none."""
    found = (figure for family in families().values() for figure in family.figures)
    return next((figure for figure in found if figure.name == one.figure), None)


def _plain(one: Term) -> dict[str, object]:
    figure = figure_of(one)
    formula = None if figure is None else figure.formula
    return {"name": one.name, "hint": one.hint, "also": list(one.also), "formula": formula}


def _filled(words: str) -> str:
    return fill(words, WIDTH, subsequent_indent="  ")
