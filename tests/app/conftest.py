"""The dashboard run by Streamlit's own test harness, without a browser."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

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
