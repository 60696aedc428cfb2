import re
from pathlib import Path

import pytest


def test_a_link_sets_strategy_and_strength_by_name(open_app):
    app = open_app(strategy="half", strength="0.4")
    assert app.sidebar.selectbox(key="strategy").value == "half"
    assert app.sidebar.slider(key="strength").value == 0.4
    assert not app.warning


def test_a_link_sets_a_strategy_by_its_title(open_app):
    app = open_app(strategy="One-sided offset")
    assert app.sidebar.selectbox(key="strategy").value == "offset"


@pytest.mark.parametrize(
    ("key", "value", "shown"),
    [
        ("strategy", "magic", "centre"),
        ("strength", "9", 1.0),
        ("strength", "nan", 1.0),
        ("strength", "abc", 1.0),
        ("seed", "-3", 42),
        ("projection", "tsne", None),
        ("ties", "coin", None),
        ("item", "NOPE", None),
    ],
)
def test_a_wrong_link_is_named_and_the_default_shown(open_app, key, value, shown):
    app = open_app(**{key: value})
    assert not app.exception
    assert len(app.warning) == 1
    assert f"{key} = “{value}”" in app.warning[0].value
    if shown is not None:
        widgets = {"strategy": "selectbox", "strength": "slider", "seed": "number_input"}
        assert getattr(app.sidebar, widgets[key])(key=key).value == shown


def test_the_warning_goes_when_understood(open_app):
    app = open_app(strategy="magic")
    app.button(key="dismiss_link_problems").click().run()
    assert not app.warning


def test_two_visitors_do_not_disturb_each_other(open_app):
    one, other = open_app(strategy="half"), open_app(strategy="offset")
    one.sidebar.slider(key="strength").set_value(0.2).run()
    other.run()
    assert other.sidebar.slider(key="strength").value == 1.0
    assert other.sidebar.selectbox(key="strategy").value == "offset"


def test_a_parameter_that_nothing_is_called_is_named_and_taken_out(open_app):
    app = open_app(**{"lambda": "99", "pairs": "true"})
    assert "“lambda”" in app.warning[0].value and "pairs" not in app.warning[0].value
    assert "lambda" not in app.query_params


def test_what_there_is_stands_by_its_title_as_in_a_link(open_app):
    assert "Raw cosine, One-sided offset" in open_app(strategy="magic").warning[0].value


def test_a_threshold_off_its_slider_is_named_once_it_is_known(open_app):
    app = open_app("pages/scores.py", strategy="znorm", threshold_znorm="900")
    assert "threshold_znorm = “900”" in app.warning[0].value
    assert "threshold_znorm" not in app.query_params
    app.button(key="dismiss_link_problems").click().run()
    assert not app.warning


def test_every_parameter_of_a_widget_is_known():
    """A new widget that is bound to the URL has to be known, or its own link would be refused."""
    from gapviz.dashboard import links

    folder = Path(links.__file__).parent
    sources = [*folder.glob("*.py"), *(folder.parents[1] / "pages").glob("*.py")]
    bound = {
        key
        for source in sources
        for key in re.findall(r'key="(\w+)",\s*bind="query-params"', source.read_text("utf-8"))
    }
    assert len(bound) > 40
    unknown = {key for key in bound - links.UNCHECKED if links._expected(key) is None}
    assert not unknown
