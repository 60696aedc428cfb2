"""Results in a notebook: small tables, and nothing of the data is taken for HTML."""

from dataclasses import replace

from gapviz.analyses.scoreboard.scoreboard import ScoreboardRequest
from gapviz.core.estimate import Estimate
from gapviz.core.table import Column, Marked, Table
from gapviz.core.table_html import table_html
from gapviz.measures.experiment import measure
from gapviz.strategies import StrategyOptions


def test_a_collection_a_measurement_and_a_scoreboard_are_tables(make_collection):
    collection = replace(make_collection(24), name="<script>", encoder="<b>")
    board = ScoreboardRequest(
        {"<i>": collection}, [StrategyOptions(), StrategyOptions("centre")]
    ).compute()
    for shown in (collection, measure(collection), board):
        text = shown._repr_html_()
        assert text.startswith("<div>") and text.count("<tr>") == 3
        assert not any(tag in text for tag in ("<script", "<b>", "<i>"))
    assert "&lt;script&gt;: 24 items" in collection._repr_html_()


def test_a_collection_without_vectors_is_an_empty_table(make_collection):
    bare = replace(make_collection(4), modalities={})
    assert bare._repr_html_().count("<tr>") == 1


def test_an_estimate_is_told_with_its_interval():
    nan = float("nan")
    assert str(Estimate(0.5, 0.45, 0.55)) == "0.500 [0.450, 0.550]"
    assert (str(Estimate(0.5, nan, nan)), str(Estimate(nan, nan, nan))) == ("0.500", "unknown")


def test_a_marked_figure_is_written_with_its_mark_and_gives_the_reason_where_it_can():
    cell = Marked(Estimate(0.5, 0.45, 0.55), "ties", "with <every> tie lost 0.4")
    column = Column("n", "n")
    assert column.shown(cell) == "0.500 [0.450, 0.550] ties"
    table = Table("", [column], [[cell]])
    assert '<abbr title="with &lt;every&gt; tie lost 0.4"><small>ties</small></abbr>' in table_html(
        table
    )
    assert table.to_json()["rows"] == [{"n": {"value": 0.5, "low": 0.45, "high": 0.55}}]
