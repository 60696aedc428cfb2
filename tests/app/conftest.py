"""The dashboard run by Streamlit's own test harness, without a browser."""

from dataclasses import replace
from functools import cache, partial
from pathlib import Path

import pytest
from streamlit.components.v2 import manifest_scanner
from streamlit.runtime.pages_manager import PagesManager
from streamlit.testing.v1 import AppTest

from gapviz.analyses.training.short_run import short_run
from gapviz.dashboard import matches, settings, waiting
from gapviz.dashboard.catalogue import workspace
from gapviz.dashboard.story import page as story
from gapviz.dashboard.why import player
from tests.patience import PATIENCE_SECONDS

APP = Path(__file__).parents[2] / "app.py"
# UMAP needs a minute of compiling where nothing is cached; these tests need no UMAP.
LINEAR = "PCA"


@pytest.fixture(scope="session", autouse=True)
def _components_are_looked_for_once():
    """The harness reads the metadata of every installed package for every app that it opens."""
    once = cache(manifest_scanner.scan_component_manifests)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(manifest_scanner, "scan_component_manifests", once)
        yield


@pytest.fixture(autouse=True)
def _patient(monkeypatch):
    """Pages come with their results, however busy the machine is."""
    monkeypatch.setattr(waiting, "PATIENCE_SECONDS", 100)


@pytest.fixture(autouse=True)
def _measures_no_recommendation(request, monkeypatch):
    """Collections that tests bring stay with the strategy that is shown until it is known: it
    takes seconds to measure, and its end would change a page that a test looks at."""
    if "measures_recommendations" not in request.fixturenames:
        monkeypatch.setattr(settings, "meanwhile", lambda awaited, words: None)
        monkeypatch.setattr(story, "meanwhile", lambda awaited, words: awaited.get())


@pytest.fixture
def measures_recommendations():
    """The advisor is asked about collections that a test brings, as the server does."""


@pytest.fixture(autouse=True)
def _learns_no_matches(request, monkeypatch):
    """Search goes on without probabilities of a match until they are learned, in the background."""
    if "learns_matches" not in request.fixturenames:
        monkeypatch.setattr(matches, "meanwhile", lambda awaited, words: None)


@pytest.fixture
def learns_matches(monkeypatch):
    """They are learned before the first run of the page has ended; the next one shows them."""
    monkeypatch.setattr(matches, "meanwhile", lambda awaited, words: awaited.compute())


@pytest.fixture(autouse=True)
def _trains_shortly(monkeypatch):
    """Of the run that trains when the page is opened, two records are enough."""
    monkeypatch.setattr(player, "short_run", partial(short_run, steps=2, record_every=1))


@pytest.fixture
def as_the_server_runs_it(monkeypatch):
    """Before every run the harness forgets what `app.py` says of the folder `pages/`, takes it
    for Streamlit's older kind of app, and runs a page's file without the app around it."""
    make = PagesManager.__init__

    def told(self, *args, **named):
        PagesManager.uses_pages_directory = False
        make(self, *args, **named)

    monkeypatch.setattr(PagesManager, "__init__", told)


@pytest.fixture
def open_app(as_the_server_runs_it):
    """`open_app(page, ...)`: a visitor who comes straight to a page, as by a link."""

    def opened(page: str | None = None, **query) -> AppTest:
        app = _app(query)
        if page:
            # Before its first run, the harness finds a page whose file has the address's name.
            app.switch_page(page)
        return app.run()

    return opened


def _app(query) -> AppTest:
    app = AppTest.from_file(str(APP), default_timeout=PATIENCE_SECONDS)
    for key, value in {"projection": LINEAR, **query}.items():
        app.query_params[key] = value
    return app


@pytest.fixture
def brought():
    """`brought(collection, ...)`: one of the workspace, its id; gone after the test."""
    kept = []

    def bring(*collections):
        kept.append(workspace().add(list(collections), title="brought"))
        return kept[-1].id

    yield bring
    for one in kept:
        workspace().remove(one.id)


@pytest.fixture
def store_collection(make_collection):
    """`store(encoders, ...)`: a made collection in the workspace, gone after the test."""
    kept = []

    def store(encoders=("first model",), *, title="brought", **made):
        collections = [
            replace(make_collection(seed=number, **made), encoder=name)
            for number, name in enumerate(encoders)
        ]
        kept.append(workspace().add(collections, title=title))
        return kept[-1]

    yield store
    for collection in kept:
        workspace().remove(collection.id)


@pytest.fixture
def unpaired_collection(make_unpaired):
    """Images and texts of different items, in the workspace."""
    apart = replace(make_unpaired(), encoder="a model")
    stored = workspace().add([apart], title="apart")
    yield stored
    workspace().remove(stored.id)
