import ast
from dataclasses import replace
from pathlib import Path

import pytest

from gapviz.core.parameter import Parameter
from gapviz.strategies import STRATEGIES, register, registry
from gapviz.strategies.centre import CentreBoth


def test_a_link_sets_strategy_and_strength_by_name(open_app):
    app = open_app(strategy="half", strength="0.4")
    assert app.sidebar.selectbox(key="strategy").value == "half"
    assert app.sidebar.slider(key="strength").value == 0.4
    assert not app.warning


def test_a_link_sets_a_strategy_by_its_title(open_app):
    app = open_app(strategy="One-sided offset")
    assert app.sidebar.selectbox(key="strategy").value == "offset"


@pytest.mark.parametrize("ridge", ["0.1", "50", "300"])
def test_a_link_sets_any_ridge_within_its_range(open_app, ridge):
    app = open_app(strategy="ridge", ridge=ridge)
    assert app.sidebar.number_input(key="ridge").value == float(ridge)
    assert not app.warning


def test_a_name_of_an_earlier_version_still_works(open_app):
    app = open_app("pages/curves.py", curve="mix", asks="image")
    assert app.button_group(key="query_modality").value == "image"
    assert not app.warning and "asks" not in app.query_params


@pytest.mark.parametrize(
    ("key", "value", "shown"),
    [
        ("strategy", "magic", "recommended"),
        ("strength", "9", 1.0),
        ("strength", "nan", 1.0),
        ("strength", "abc", 1.0),
        ("seed", "-3", 42),
        ("projection", "tsne", None),
        ("ties", "coin", None),
        ("neighbours", "1.5", None),
        ("weight_image", "11", None),
        ("train_temperature", "0.03", None),
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


def test_what_the_visitor_has_changed_since_is_not_put_back(open_app):
    app = open_app(strategy="ridge", ridge="50", seed="7")
    app.sidebar.selectbox(key="strategy").select("centre").run()
    app.sidebar.number_input(key="seed").set_value(8).run()
    assert app.sidebar.selectbox(key="strategy").value == "centre"
    assert app.sidebar.number_input(key="seed").value == 8


def test_a_link_that_says_the_default_opens_and_goes_on(open_app):
    app = open_app(strategy="centre", seed="42", strength="1.0")
    app.sidebar.slider(key="strength").set_value(0.5).run()
    assert not app.exception
    assert app.sidebar.selectbox(key="strategy").value == "centre"
    assert app.sidebar.slider(key="strength").value == 0.5


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


def test_every_key_that_a_widget_writes_into_the_url_may_stand_in_a_link():
    """A widget that is bound to the URL has to be declared, or its own link would be refused."""
    root = Path(__file__).parents[2]
    undeclared = []
    for source in [*root.glob("gapviz/dashboard/**/*.py"), *root.glob("pages/*.py")]:
        for call in ast.walk(ast.parse(source.read_text("utf-8"))):
            named = {word.arg: word.value for word in getattr(call, "keywords", ())}
            if "bind" in named and isinstance(named["key"], ast.Constant):
                undeclared.append((source.name, named["key"].value))
    assert not undeclared, "declare it by `url_parameter` or `free_parameter`, and use its name"


@pytest.fixture
def toy_strategy():
    pull = Parameter("pull", "Pull", "number", 0.5, "how far", low=0.0, high=1.0, step=0.1)
    spec = replace(
        CentreBoth.spec,
        name="toy",
        title="A toy",
        aliases=(),
        parameters=(*CentreBoth.spec.parameters, pull),
    )
    register(type("Toy", (CentreBoth,), {"spec": spec}))
    yield
    registry._classes.pop("toy")
    STRATEGIES.pop("toy")


def test_the_parameter_of_a_new_strategy_has_a_widget_and_may_stand_in_a_link(
    open_app, toy_strategy
):
    app = open_app(strategy="toy", pull="0.3")
    assert not app.exception and not app.warning
    assert app.sidebar.slider(key="pull").value == 0.3
    refused = open_app(strategy="toy", pull="7")
    assert "pull = “7”" in refused.warning[0].value
    assert refused.sidebar.slider(key="pull").value == 0.5


def test_the_steps_of_a_composition_are_typed_and_stand_in_the_link(open_app):
    app = open_app(strategy="composed", chain="centre,znorm")
    assert not app.exception and not app.warning
    assert app.sidebar.text_input(key="chain").value == "centre,znorm"
    app.sidebar.text_input(key="chain").set_value("znorm, centre").run()
    assert not app.exception
    assert "moves vectors, and Score z-norm" in app.sidebar.error[0].value


def test_a_link_with_steps_that_cannot_follow_each_other_says_why(open_app):
    app = open_app(strategy="composed", chain="route,centre")
    assert not app.exception
    assert "nothing can follow it" in app.warning[0].value
    assert app.sidebar.text_input(key="chain").value == "centre,inverted-softmax"
