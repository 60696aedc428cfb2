"""What the analysis of approximate indexes says, and how it is drawn."""

import pytest

from gapviz.analyses.analysis import Request
from gapviz.analyses.approximate.analysis import ANALYSIS, PARTS
from gapviz.core.progress import no_progress
from gapviz.figures.approximate import effort_panels, storage_panels
from gapviz.strategies import StrategyOptions
from tests.worlds import clustered

NAMES = ("image", "text")


def request(collection, strategy="raw", **values):
    return Request(collection, ANALYSIS.usual() | values, strategy=StrategyOptions(strategy))


def find(part, collection, strategy="raw", **values):
    return PARTS[part](request(collection, strategy, **values), no_progress)


def words(found):
    return " ".join(found.readings)


@pytest.fixture(scope="module")
def scattered():
    return find("effort", clustered(700, scattered=True), links=8, ef_construction=60)


def test_the_json_has_every_curve_its_costs_and_its_factors(scattered):
    told = scattered.to_json()
    assert (told["index"], told["effort"], told["links"]) == ("hnsw", "ef", 8)
    assert told["n_rows"] == 1_400 - sum(told["n_queries"].values())
    assert set(told["strategies"]) == {"raw", "centre"}
    centred = told["strategies"]["centre"]
    ways = {f"{a}->{b}" for a in NAMES for b in (*NAMES, "mixed")}
    assert set(centred["curves"]) == set(centred["needed"]) == set(centred["change"]) == ways
    assert set(centred["factor"]) == set(NAMES)
    for level in ("90", "95", "99"):
        factor, needed = centred["factor"]["image"][level], centred["needed"]
        across, own = (needed[f"{one}->image"][level]["value"] for one in ("text", "image"))
        assert factor["value"] == pytest.approx(across / own)
    point = centred["curves"]["text->image"][0]
    assert point["effort"] == 10 and 0 < point["recall_at_10"]["value"] <= 1
    assert point["distances"] > 10


def test_that_cross_modal_queries_cost_more_is_said_where_it_is_known(scattered):
    assert "text queries over image entries need" in words(scattered)
    assert "cross-modal queries do cost more here" in words(scattered)
    assert "order of magnitude that papers report of far larger sets is not seen" in words(
        scattered
    )


def test_what_a_strategy_makes_the_mixed_index_cost_is_said(scattered):
    change = scattered.to_json()["strategies"]["centre"]["change"]["text->mixed"]["95"]
    assert f"text queries cost {change['value']:.2f} times ({change['low']:.2f} to" in words(
        scattered
    )


def test_judged_queries_are_said_to_play_no_part(make_judged):
    found = find("storage", make_judged(80), beside=())
    assert "Judged queries play no part" in words(found)


def test_across_a_gap_alone_no_cost_is_claimed():
    assert "cost no more here than chance explains" in words(
        find("effort", clustered(700), index_kind="ivf")
    )


def test_what_moves_no_vector_is_the_raw_index():
    found = find("effort", clustered(300), "znorm", beside=(), index_kind="ivf")
    assert "moves no vector: an index under it is the raw one" in words(found)
    assert list(found.to_json()["strategies"]) == ["raw"]


def test_the_strategy_chosen_stands_beside_raw_with_its_own_parameters():
    collection = clustered(300)
    asked = Request(
        collection,
        ANALYSIS.usual() | {"index_kind": "ivf", "beside": ("centre",)},
        strategy=StrategyOptions("half", strength=0.5),
    )
    told = PARTS["effort"](asked, no_progress).to_json()["strategies"]
    assert list(told) == ["raw", "centre", "half"]
    assert told["half"]["strategy"]["strength"] == 0.5


def test_a_strategy_that_needs_pairs_is_left_out_with_its_reason(make_unpaired):
    found = find("effort", make_unpaired(60, 8), beside=("procrustes",), index_kind="ivf")
    assert "is left out" in words(found) and "pairs" in words(found)
    assert list(found.to_json()["strategies"]) == ["raw"]


def test_a_floor_is_marked_and_explained(scattered):
    factors, needed = scattered.tables[:2]
    assert factors.title.startswith("Cost of cross-modal queries")
    marked = [needed.columns[2].shown(row[2]) for row in needed.rows]
    assert any(one.endswith("floor") for one in marked)
    assert "no less can be asked for" in needed.note


def test_a_recall_that_the_smallest_effort_reaches_is_not_read():
    found = find("effort", clustered(120), beside=(), links=32)
    assert found.result[0].curve("text", "image").at_least_effort(0.95)
    assert "to find 99%" in words(found) and "to find 95%" not in words(found)


def test_efforts_that_find_everything_are_told_once(scattered):
    table = scattered.tables[2]
    whole = [row for row in table.rows if all(cell.value >= 0.9995 for cell in row[1:])]
    assert len(whole) <= 1


def test_every_way_of_storing_is_told_by_direction():
    found = find("storage", clustered(400), beside=("centre",))
    told = found.to_json()["strategies"]["raw"]
    assert list(told) == ["float32", "int8", "binary", "pq"]
    assert told["float32"]["text->image"]["recall_at_10"]["value"] == 1
    assert told["float32"]["bytes_per_row"] == 100 and told["binary"]["bytes_per_row"] == 4
    assert "signs keep" in words(found) and "under raw cosine" in words(found)
    centred = found.to_json()["strategies"]["centre"]["binary"]["text->image"]
    assert centred["change"]["value"] == pytest.approx(
        centred["recall_at_10"]["value"] - told["binary"]["text->image"]["recall_at_10"]["value"]
    )
    assert len(found.tables) == 3 and len(found.tables[2].rows) == 3
    panels = storage_panels(found.result, NAMES, 42)
    assert [panel.title.partition(":")[0] for panel in panels] == ["Raw cosine", "Centre both"]


def test_every_index_has_a_panel_with_the_same_axes(scattered):
    panels = effort_panels(scattered.result, NAMES, "ef", 42)
    assert len(panels) == 6 and panels[2].title == "Raw cosine: the mixed index"
    ranges = {str(panel.figure.layout.xaxis.range) for panel in panels}
    assert len(ranges) == 1
    shown = [trace for trace in panels[0].figure.data if trace.showlegend is not False]
    dashes = {trace.name: trace.line.dash for trace in shown}
    assert dashes == {"image queries": "solid", "text queries": "dash"}
