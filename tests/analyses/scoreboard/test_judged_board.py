import json
from dataclasses import replace

import numpy as np
import pytest

from gapviz.analyses.analysis import Request
from gapviz.analyses.scoreboard.analysis import ANALYSIS, board_table
from gapviz.analyses.scoreboard.columns import columns_of, judged_columns
from gapviz.analyses.scoreboard.given_runs import cached_run, judged_run, with_own_name
from gapviz.analyses.scoreboard.scoreboard import ScoreboardRequest
from gapviz.analyses.written_run import written_run
from gapviz.core.errors import GapvizError
from gapviz.core.progress import no_progress
from gapviz.measures.experiment import Experiment
from gapviz.sources.files.upload import MAX_BYTES
from gapviz.storage import cache
from gapviz.storage.bounded_cache import BoundedCache
from gapviz.strategies import StrategyOptions

NAMES = ("raw", "centre", "items-rrf", "csls")


@pytest.fixture(scope="module")
def judged(make_judged):
    return make_judged(n=80)


@pytest.fixture(scope="module")
def options():
    return [StrategyOptions(name) for name in NAMES]


@pytest.fixture(scope="module")
def centre_file(judged, tmp_path_factory):
    written = written_run(Experiment(judged, StrategyOptions("centre")), no_progress)
    path = tmp_path_factory.mktemp("runs") / "centre.json"
    path.write_bytes(written.text(".json"))
    return path


@pytest.fixture(scope="module")
def board(judged, options, centre_file):
    runs = [judged_run(centre_file, judged, name="theirs")]
    return ScoreboardRequest({"one": judged}, options, runs=runs).compute()


@pytest.fixture
def find(judged):
    def find(collection=judged, **values):
        asked = (
            ANALYSIS.usual() | {"strategies": "raw,centre", "protocol": None, "runs": ()} | values
        )
        return ANALYSIS.answer(Request(collection, asked, collections=(collection,)), no_progress)

    return find


def test_judgments_stand_behind_the_figures_where_there_are_some(board, judged):
    assert board.protocol == "judged"
    measured = Experiment(judged, StrategyOptions("centre")).judged()
    row = next(row for row in board.rows if row.name == "centre")
    assert row.ndcg["text"] == measured.estimate("ndcg", "text")
    for figure in ("recall@10", "recall@100", "map", "target_hit", "unjudged"):
        assert row.judged[figure]["text"] == measured.estimate(figure, "text"), figure
    assert row.chance_ndcg == measured.chance["ndcg", "text"]
    assert board.judging["one"].words == "40 judged queries, graded; items ranked, the first 100"


def test_a_run_of_another_system_has_the_figures_of_what_made_it(board):
    ours, theirs = (
        next(row for row in board.rows if row.name == name) for name in ("centre", "theirs")
    )
    assert theirs.options is None
    for figure in ("bias", "lift", "ndcg", "mrr"):
        one, other = (getattr(row, figure)["text"] for row in (ours, theirs))
        assert other.value == pytest.approx(one.value, abs=1e-12), figure
    for figure, by_modality in ours.judged.items():
        assert theirs.judged[figure]["text"].value == pytest.approx(by_modality["text"].value)
    assert theirs.ndcg["text"].low < theirs.ndcg["text"].value < theirs.ndcg["text"].high
    assert np.isnan(theirs.bytes_per_item)


def test_where_items_are_listed_strategies_that_rank_them_compete(board):
    rows = {row.name: row for row in board.rows}
    assert not rows["items-rrf"].by_item
    assert rows["csls"].transductive and not rows["csls"].pareto
    assert any(row.pareto for row in board.rows)
    for row in board.rows:
        assert np.isnan(row.on_front) == row.transductive


def test_pairs_stand_behind_them_where_they_are_asked_for(judged, options):
    board = ScoreboardRequest({"one": judged}, options[:2], asked_protocol="paired").compute()
    assert board.protocol == "paired" and not board.judging
    paired = Experiment(judged).measurement
    assert board.rows[0].ndcg["image"].value == pytest.approx(paired.ndcg["image"].value)
    assert not board.rows[0].judged


def test_without_judgments_the_board_is_by_pairs_and_cannot_be_by_judgments(make_collection):
    collections = {"one": make_collection()}
    assert ScoreboardRequest(collections, []).protocol == "paired"
    with pytest.raises(GapvizError, match="no queries with judgments"):
        _ = ScoreboardRequest(collections, [], asked_protocol="judged").protocol


def test_a_stored_board_is_found_again_bit_by_bit(judged, options, centre_file, monkeypatch):
    runs = [judged_run(centre_file, judged, name="theirs")]
    request = ScoreboardRequest({"one": judged}, options, runs=runs)
    made = request.compute()
    monkeypatch.setattr(cache, "_memory", BoundedCache(1_000))
    assert repr(request.get()) == repr(made)
    assert replace(request, runs=()).name != request.name


def test_another_judgment_is_another_board(judged, options):
    judgments = judged.evaluation.judgments
    other = replace(judgments, grade=judgments.grade * 2)
    changed = replace(judged, evaluation=replace(judged.evaluation, judgments=other))
    names = {ScoreboardRequest({"one": one}, options).name for one in (judged, changed)}
    assert len(names) == 2


def test_every_figure_by_judgments_has_a_column_and_none_is_empty(board):
    columns = columns_of(board)
    keys = [column.key for column in columns]
    assert len(set(keys)) == len(keys) and "target_hit-text" in keys and "unjudged-text" in keys
    row = board.rows[0]
    values = {column.key: column.read(row) for column in judged_columns(["text"])}
    assert values["average-precision-text"] == row.judged["map"]["text"]
    assert values["recall100-text"] == row.judged["recall@100"]["text"]


def test_no_column_of_asked_modalities_where_no_query_asks_for_one(judged, options):
    queries = tuple(replace(one, asked_modality=None) for one in judged.evaluation.queries)
    asking = replace(judged, evaluation=replace(judged.evaluation, queries=queries))
    board = ScoreboardRequest({"one": asking}, options[:1]).compute()
    assert not any("target_hit" in column.key for column in columns_of(board))


def test_unjudged_results_are_said_on_the_board_and_in_its_rows(board):
    assert "judged by nobody" in board.unjudged_doubt
    marks = [row[-1] for row in board_table(board).rows]
    assert all("unjudged" in mark for mark in marks)
    assert "(a run)" in marks[-1]


def test_the_analysis_says_which_protocol_stands_behind_it(find):
    found = find()
    assert found.figures["protocol"] == "judged"
    assert "40 judged queries ask" in found.protocol
    assert "40 judged queries, graded" in next(iter(found.parts.values())).title
    found = find(protocol="paired")
    assert found.figures["protocol"] == "paired" and "its other half" in found.protocol


def test_the_analysis_takes_runs_and_gives_each_a_name_of_its_own(find, centre_file):
    found = find(runs=(str(centre_file), str(centre_file)), strategies="raw,centre")
    assert [row["strategy"] for row in found.figures["rows"]] == [
        "raw",
        "centre",
        "centre (2)",
        "centre (3)",
    ]
    assert found.gates[""]["centre (2)"]["is_run"]


def test_runs_need_no_vectors(judged, find, centre_file):
    bare = replace(judged.evaluation, vectors={})
    items = tuple(replace(item, image="x.png", captions=("x",)) for item in judged.items)
    unseen = replace(judged, items=items, modalities={}, evaluation=bare)
    found = find(unseen, runs=(str(centre_file),))
    (row,) = found.figures["rows"]
    one = Experiment(judged, StrategyOptions("centre")).judged()
    assert row["mixed_ndcg_at_10"]["text"].value == pytest.approx(
        one.estimate("ndcg", "text").value
    )
    assert row["bias_at_10"]["text"].value == pytest.approx(one.estimate("bias", "text").value)
    with pytest.raises(GapvizError, match="holds no vectors"):
        find(unseen)


def test_a_run_can_be_measured_by_pairs(make_collection, find, tmp_path):
    collection = make_collection(60)
    written = written_run(Experiment(collection, StrategyOptions("znorm")), no_progress)
    path = tmp_path / "pairs.trec"
    path.write_bytes(written.text(".trec"))
    found = find(collection, strategies="znorm", runs=(str(path),))
    ours, theirs = found.figures["rows"]
    for figure in ("bias_at_10", "bias_lift_at_10", "mixed_ndcg_at_10", "mixed_mrr"):
        for name in ("image", "text"):
            assert theirs[figure][name].value == pytest.approx(ours[figure][name].value), figure
    assert not found.warnings and "unjudged" not in theirs["judged"]


def test_names_of_runs_are_told_apart(judged, centre_file):
    one = judged_run(centre_file, judged)
    assert with_own_name(one, {"centre", "centre (2)"}).run.name == "centre (3)"


def test_an_upload_is_read_once_and_its_name_does_no_harm(judged, centre_file):
    content = centre_file.read_bytes()
    asked = cached_run(("../../e\nvil.json", content), judged, "judged")
    assert asked.get() is None
    made = asked.compute()
    assert made.run.name == "e_vil" and asked.get() is made
    assert cached_run(("../../e\nvil.json", content), judged, "judged").get() is made


def test_what_is_too_large_or_gone_is_refused_before_it_is_read(judged, tmp_path):
    large = tmp_path / "large.json"
    with large.open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    with pytest.raises(GapvizError, match="more than the"):
        cached_run(large, judged, "judged")
    with pytest.raises(GapvizError, match="cannot be read"):
        cached_run(tmp_path / "gone", judged, "judged")


def test_json_of_the_board_is_plain(find):
    told = find().to_json()
    assert json.loads(json.dumps(told, allow_nan=False))["judging"]["unnamed model"]["unit"] == (
        "items"
    )
