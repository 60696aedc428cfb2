"""The dashboard run by Streamlit's own test harness, without a browser."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from gapviz import Collection, ModalityVectors
from gapviz.collection import alternate_splits, items_of_rows
from gapviz.dashboard.catalogue import workspace

APP = Path(__file__).parents[2] / "app.py"
# UMAP needs a minute of compiling where nothing is cached; these tests need no UMAP.
LINEAR = "PCA"


@pytest.fixture
def open_app():
    def opened(page: str | None = None, **query) -> AppTest:
        app = AppTest.from_file(str(APP), default_timeout=120)
        app.query_params["projection"] = query.pop("projection", LINEAR)
        for key, value in query.items():
            app.query_params[key] = value
        app.run()
        if page:
            app.switch_page(page).run()
        return app

    return opened


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
def unpaired_collection():
    """Images and texts of different items, in the workspace."""
    rows = np.random.default_rng(0).standard_normal((24, 4))
    apart = Collection(
        "apart",
        items_of_rows(24),
        {
            "image": ModalityVectors.of(rows[:12]),
            "text": ModalityVectors.of(rows[12:], range(12, 24)),
        },
        alternate_splits(24),
        encoder="a model",
    )
    stored = workspace().add([apart], title="apart")
    yield stored
    workspace().remove(stored.id)
