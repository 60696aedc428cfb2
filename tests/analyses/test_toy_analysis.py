"""An analysis of one file, shipped by an entry point, is a command and a section of the report."""

import json
from datetime import date

import pytest

from gapviz.analyses.advice.evidence import Evidence
from gapviz.analyses.registry import analyses
from gapviz.commands.cli import main
from gapviz.export.report.contents import report_on
from gapviz.export.report.html import report_html
from gapviz.export.report.markdown import report_markdown
from gapviz.storage.saved_collection import save_collection
from tests.contributing import install

MODULE = '''
"""How long the captions are."""

from gapviz.analyses.analysis import Analysis, Finding
from gapviz.core.parameter import Parameter
from gapviz.core.table import Column, Table


def find(request, progress):
    items = request.collection.items
    longest = sorted(items, key=lambda item: -len(item.id))[: request["most"]]
    return request.finding(
        figures={"n_longest": len(longest)},
        readings=[f"The {len(longest)} longest names are looked at <closely>."],
        tables=[
            Table(
                "Longest names",
                [Column("item", "item", text=True), Column("length", "length", better="lower")],
                [[item.id, len(item.id)] for item in longest],
            )
        ],
        protocol="Characters are counted.",
    )


ANALYSIS = Analysis(
    "captions",
    "measure how long names are",
    "Count the characters of names.",
    find,
    parameters=(Parameter("most", "Most", "count", 2, "how many to show", low=1, high=9),),
    in_report=True,
)
'''


@pytest.fixture
def shipped(tmp_path, monkeypatch):
    """A package with the toy analysis, installed."""
    site = tmp_path / "site"
    install(site, {"gapviz_toy": MODULE}, {"gapviz.analyses": {"captions": "gapviz_toy:ANALYSIS"}})
    monkeypatch.syspath_prepend(site)
    analyses.cache_clear()
    yield
    analyses.cache_clear()


@pytest.fixture
def saved(make_collection, tmp_path):
    save_collection(make_collection(24), tmp_path / "saved")
    return str(tmp_path / "saved")


def test_it_is_a_command_with_its_parameter(shipped, saved, capsys):
    with pytest.raises(SystemExit):
        main(["captions", "--help"])
    told = capsys.readouterr().out
    assert "--most N" in told and "how many to show (default: 2)" in told
    assert main(["captions", saved, "--most", "10"]) == 2
    assert "choose a whole number from 1 to 9" in capsys.readouterr().err


def test_its_words_its_table_and_its_figures_are_printed(shipped, saved, capsys):
    assert main(["captions", saved, "--most", "3"]) == 0
    text = capsys.readouterr().out
    for words in ("made: 12 held-out items", "The 3 longest names", "00    ", "lower is better"):
        assert words in text
    assert main(["captions", saved, "--json", "--fail-if", "n_longest > 1"]) == 1
    figures = json.loads(capsys.readouterr().out)
    assert (figures["version"], figures["n_longest"], figures["pair"]) == (2, 2, ["image", "text"])


def test_it_is_a_section_of_the_report(shipped, make_collection):
    made = report_on(Evidence(make_collection(24)), on=date(2026, 1, 31), strategies=("raw",))
    page, plain = report_html(made), report_markdown(made)
    assert "The 2 longest names are looked at &lt;closely&gt;." in page
    assert "<td" in page and "Longest names" in page and "Characters are counted." in plain
    assert "| 00 | 2 |" in plain
    assert made.to_json()["captions"]["n_longest"] == 2


def test_without_it_there_is_no_such_command(capsys):
    with pytest.raises(SystemExit):
        main(["captions", "builtin"])
    assert "captions" in capsys.readouterr().err
