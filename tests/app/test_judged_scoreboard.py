"""The scoreboard of a collection with judgments, and runs of other systems beside it."""

import pytest

from gapviz.analyses.written_run import written_run
from gapviz.core.progress import no_progress
from gapviz.dashboard.caches import collection_of
from gapviz.dashboard.catalogue import View, workspace
from gapviz.measures.experiment import Experiment
from gapviz.strategies import StrategyOptions, usual_strategies
from tests.patience import run_until

PAGE = "pages/scoreboard.py"


@pytest.fixture
def judged(make_judged):
    stored = workspace().add([make_judged(n=60)], title="asked")
    yield stored
    workspace().remove(stored.id)


@pytest.fixture
def run_file(judged, tmp_path, monkeypatch):
    """A run of raw cosine in a folder that visitors may name."""
    monkeypatch.setenv("GAPVIZ_FOLDERS", str(tmp_path))
    view = View(judged.id, judged.encodings[0].encoder)
    raw = Experiment(collection_of(view), StrategyOptions())
    path = tmp_path / "<b>theirs.json"
    path.write_bytes(written_run(raw, no_progress).text(".json"))
    return path


def measured(app):
    """The page once its scoreboard has been measured, however busy the machine is."""
    return run_until(app, lambda page: page.get("plotly_chart"))


def table(app):
    return app.dataframe[0].value


def words(app):
    return " ".join(one.value for one in (*app.markdown, *app.warning))


def test_figures_are_by_judgments_and_say_so(open_app, judged):
    app = measured(open_app(PAGE, collection=judged.id))
    app.pills(key="figures").set_value(["found", "judgments", "bias"]).run()
    assert not app.exception and not app.error
    shown = set(table(app).columns)
    assert {"unjudged-text", "target_hit-text", "recall100-text"} <= shown
    assert "30 judged queries ask" in words(app) and "judged by nobody" in words(app)
    assert sum(len(one.value) for one in app.dataframe) == len(usual_strategies())


def test_pairs_can_be_chosen_instead(open_app, judged):
    app = measured(open_app(PAGE, collection=judged.id, protocol="paired"))
    assert not app.exception
    # Pills show titles.
    assert "Judgments" not in app.pills(key="figures").options
    assert "its other half is the answer" in words(app)


def test_a_run_that_is_named_has_a_row_without_a_link(open_app, judged, run_file):
    app = measured(open_app(PAGE, collection=judged.id))
    measured(app.text_input(key="run_path").set_value(run_file.name).run())
    assert not app.exception and not app.error
    rows = table(app)
    (run,) = rows[rows["labels"].str.contains(r"\brun\b")].to_dict("records")
    (raw,) = rows[rows["strategy"] == "Raw cosine"].to_dict("records")
    for figure in ("ndcg", "imbalance"):
        assert run[figure] == raw[figure]


def test_what_is_no_run_is_said_and_the_board_stays(open_app, judged, run_file):
    run_file.with_name("bad.txt").write_text("just words")
    app = measured(open_app(PAGE, collection=judged.id))
    app.text_input(key="run_path").set_value("bad.txt").run()
    assert "is no run" in app.error[0].value
    app.text_input(key="run_path").set_value("../else").run()
    assert "not in a folder that may be read" in app.error[0].value
