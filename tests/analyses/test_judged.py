from dataclasses import replace

import numpy as np
import pytest

from gapviz.analyses.analysis import PROTOCOL, Request
from gapviz.analyses.by_judgments import by_judgments, find_judged_board
from gapviz.analyses.curves.analysis import PARTS
from gapviz.analyses.curves.judged_strength import judged_strength_curve
from gapviz.analyses.judged import (
    chosen_protocol,
    judged_change,
    judged_reading,
    judged_table,
    protocol_words,
)
from gapviz.core.errors import GapvizError
from gapviz.core.evaluation import JudgedQuery, Judgments
from gapviz.core.judged_halves import with_evaluation
from gapviz.core.progress import no_progress
from gapviz.core.table import Marked
from gapviz.measures.experiment import Experiment
from gapviz.strategies import StrategyOptions

CENTRE = StrategyOptions("centre")


@pytest.fixture(scope="module")
def collection(make_judged):
    return make_judged(60)


@pytest.fixture(scope="module")
def both(collection):
    experiment = Experiment(collection, CENTRE)
    return experiment.judged(), experiment.having(StrategyOptions()).judged()


def test_judgments_are_the_protocol_where_there_are_some(collection, make_collection):
    assert chosen_protocol(collection) == "judged"
    assert chosen_protocol(collection, "paired") == "paired"
    assert chosen_protocol(make_collection()) == "paired"
    with pytest.raises(GapvizError, match="no queries with judgments"):
        chosen_protocol(make_collection(), "judged")
    log = replace(collection.evaluation, judgments=Judgments.of([], [], []))
    assert chosen_protocol(replace(collection, evaluation=log)) == "paired"


def test_the_choice_has_no_default_but_what_the_collection_offers():
    assert PROTOCOL.default is None and list(PROTOCOL.choices) == ["judged", "paired"]
    assert protocol_words("judged", 1).startswith("1 judged query ask")


def test_every_figure_stands_beside_raw_with_its_change_and_chance(both):
    after, before = both
    table = judged_table(after, before)
    rows = {
        row[0]: dict(zip((c.key for c in table.columns), row, strict=True)) for row in table.rows
    }
    assert list(rows) == [
        "NDCG@10", "R@10", "R@100", "MRR", "MAP", "bias rate", "lift", "target hits@10",
        "unjudged@10",
    ]  # fmt: skip
    assert rows["bias rate"]["change"].figure.high < 0 < rows["target hits@10"]["change"].figure.low
    assert rows["bias rate"]["better"] == "nearer 0.50" and rows["unjudged@10"]["better"] == ""
    assert rows["NDCG@10"]["chance"] == pytest.approx(after.chance["ndcg", "text"])


def test_quality_is_marked_where_many_results_were_judged_by_nobody(both):
    after, _ = both
    cells = {row[0]: row[2] for row in judged_table(after).rows}
    assert isinstance(cells["NDCG@10"], Marked) and "judged by nobody" in cells["NDCG@10"].why
    assert not isinstance(cells["bias rate"], Marked)


def test_the_reading_says_what_got_better_by_more_than_chance(both):
    after, before = both
    assert judged_change(after, before, "bias", "text") == "better"
    assert judged_change(before, after, "bias", "text") == "worse"
    assert judged_change(after, before, "unjudged", "text") == "within chance"
    words = judged_reading(after, before)
    assert words.startswith("30 judged queries (text) ask")
    assert "better by more than chance: bias rate of text queries" in words


def test_of_few_queries_nothing_is_read(make_judged):
    found = Experiment(make_judged(16)).judged()
    assert judged_reading(found).endswith("nothing is concluded from the rest.")
    assert "Too few judged queries to measure: 8" in judged_reading(found)


def test_where_no_query_can_ask_that_is_said_in_place_of_figures(collection, make_collection):
    assert by_judgments(Request(make_collection()), no_progress) == {}
    deaf = replace(collection, evaluation=replace(collection.evaluation, vectors={}))
    found = by_judgments(Request(deaf), no_progress)["judged"]
    assert "none of them can ask" in found.figures["not_measured"]


def test_strategies_stand_side_by_side(collection):
    request = Request(collection, {"strategies": [StrategyOptions(), CENTRE]})
    (table,) = find_judged_board(request, no_progress).tables
    assert [row[0] for row in table.rows] == ["Raw cosine", "Centre both (λ = 1)"]
    heads = [column.name for column in table.columns]
    assert "target hits@10, text queries" in heads and "unjudged@10, text queries" in heads


def test_a_query_of_a_modality_that_is_not_indexed_has_no_bias(collection):
    evaluation = collection.evaluation
    queries = tuple(JudgedQuery(one.id, "voice", one.text) for one in evaluation.queries)
    voices = replace(evaluation, queries=queries, vectors={"voice": evaluation.vectors["text"]})
    found = Experiment(with_evaluation(collection, voices)).judged()
    titles = [row[0] for row in judged_table(found).rows]
    assert "bias rate" not in titles and "NDCG@10" in titles
    assert "results in their first" not in judged_reading(found)


@pytest.mark.parametrize("part", ["mix", "calibration", "fusion"])
def test_a_curve_of_pairs_says_so_where_queries_are_judged(make_judged, part):
    values = {"query_modality": None, "weighted": None}
    request = Request(make_judged(24), values, CENTRE)
    found = PARTS[part](request, no_progress)
    assert found.readings[0] == (
        "Judged queries play no part in this curve: each held-out item asks, and its other half is "
        "the answer."
    )


def test_the_curve_by_judgments_is_at_each_strength_what_is_measured_there(collection):
    curve = judged_strength_curve(collection, CENTRE, strengths=(0.0, 1.0)).compute()
    for place, options in enumerate((StrategyOptions(), CENTRE)):
        found = Experiment(collection, options).judged()
        for key, line in (("ndcg", curve.ndcg), ("bias", curve.bias), ("recall@10", curve.recall)):
            assert line["text"].value[place] == pytest.approx(found.estimate(key, "text").value)
            assert line["text"].low[place] <= line["text"].value[place] <= line["text"].high[place]
    assert np.all(curve.unjudged["text"].value > 0.5)
