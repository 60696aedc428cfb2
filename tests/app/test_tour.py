import pytest

from gapviz.analyses.advice.recommended import recommended
from gapviz.analyses.tour import STOP_TITLES
from gapviz.dashboard.tour import STOPS
from gapviz.sources.builtin import builtin_collection
from gapviz.strategies import STRATEGIES

PAGE = "pages/tour.py"


@pytest.mark.parametrize("step", range(1, len(STOPS) + 1))
def test_every_stop_opens_by_its_link(open_app, step):
    app = open_app(PAGE, step=str(step))
    assert not app.exception
    assert not app.error
    assert not app.warning
    assert app.title[0].value == STOP_TITLES[step - 1]


def test_a_link_to_a_stop_in_the_middle_leads_both_ways(open_app):
    app = open_app(PAGE, step="4")
    assert not app.button(key="tour_back").disabled
    assert not app.button(key="tour_next").disabled


def test_next_and_back_walk_the_stops(open_app):
    app = open_app(PAGE)
    app.button(key="tour_next").click().run()
    assert app.title[0].value == STOP_TITLES[1]
    app.button(key="tour_back").click().run()
    assert app.title[0].value == STOP_TITLES[0]


def test_a_stop_that_does_not_exist_is_named(open_app):
    app = open_app(PAGE, step="9")
    assert "step = “9”" in app.warning[0].value


def test_the_decision_turns_with_what_matters(open_app):
    app = open_app(PAGE, step="8", tour_judge="bias")
    (decision,) = [head.value for head in app.subheader]
    assert "By bias alone, nearest to neutral is" in decision


@pytest.mark.parametrize("judge", ["ndcg", "bias"])
def test_the_decision_names_the_winner_that_decide_names(open_app, judge):
    winner = STRATEGIES[recommended(builtin_collection()).name].title
    app = open_app(PAGE, step="8", tour_judge=judge, strategy="half")
    assert app.subheader[0].value.startswith(f"Choose {winner}: ")


def test_a_gap_that_closes_is_green_and_points_down(open_app):
    (card,) = open_app(PAGE, step="5").metric
    assert card.delta.startswith("−")
    assert card.proto.direction == card.proto.MetricDirection.DOWN
    assert card.proto.color == card.proto.MetricColor.GREEN


@pytest.mark.parametrize("figure", ["bias", "ndcg"])
def test_a_figure_of_the_mixed_index_is_shown_of_each_query_modality(open_app, figure):
    labels = [card.label for card in open_app(PAGE, step="2", tour_figure=figure).metric]
    assert [label.rpartition(", ")[2] for label in labels] == ["image queries", "text queries"]


def test_nothing_is_decided_while_decide_still_measures(open_app, store_collection):
    app = open_app(PAGE, step="8", collection=store_collection().id)
    assert "still measuring" in app.subheader[0].value
