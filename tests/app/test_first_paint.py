import json
import subprocess
import sys

import pytest

from tests.patience import PATIENCE_SECONDS

SCRIPT = """
import json, sys
from streamlit.testing.v1 import AppTest
from streamlit.runtime.pages_manager import PagesManager
import numpy as np
import gapviz.dashboard.caches as caches
import gapviz.measures.geometry.groups as groups
import gapviz.measures.match_probability.model as match_model
import gapviz.analyses.training.short_run as short_run
from gapviz.core.errors import GapvizError
# As the fixture `as_the_server_runs_it`.
make = PagesManager.__init__
def told(self, *args, **named):
    PagesManager.uses_pages_directory = False
    make(self, *args, **named)
PagesManager.__init__ = told
# All are for threads that run once the page is painted.
caches.encoder_named = caches.import_library = lambda name: None
match_model._logistic = lambda scores, is_match, of_others: (10.0, -5.0)
def untrained(*asked):
    raise GapvizError("nothing is trained here")
short_run.train_run = untrained
groups.k_means = lambda vectors, k, seed: np.arange(len(vectors)) % k
heavy = {"torch", "umap", "numba", "transformers", "open_clip", "sklearn"}
app = AppTest.from_file("app.py", default_timeout=120).run()
for page in [None, *sys.argv[1:]]:
    if page:
        app.switch_page(f"pages/{page}.py").run()
    assert not app.exception, app.exception
    print(json.dumps([app.title[0].value, sorted(heavy & set(sys.modules))]))
"""

TITLES = {
    "cones": "Cones: how far apart the kinds lie",
    "search": "Search: one query, three indexes",
    "curves": "Curves: one choice, its whole range",
    "scores": "Scores: one number, several meanings",
    "anatomy": "Anatomy of the gap",
    "approximate": "Approximate index: what the gap costs",
    "protocol": "Protocol: how every figure is measured",
    "scoreboard": "Scoreboard: every way out, against every other",
    "directions": "Directions: which modality finds which",
    "within": "Within a modality: is one tool enough?",
    "decide": "Decide: what to do about it",
    "export": "Take it home: the strategy as files and code",
    "why": "Why a gap: where it comes from",
    "tour": "The cones",
    "data": "Your data",
}


@pytest.mark.slow
def test_the_first_paint_of_no_page_needs_a_heavy_library(request, tmp_path, monkeypatch):
    monkeypatch.setenv("GAPVIZ_CACHE", str(tmp_path))
    run = subprocess.run(
        [sys.executable, "-c", SCRIPT, *TITLES],
        cwd=request.config.rootpath,
        capture_output=True,
        text=True,
        check=True,
        timeout=PATIENCE_SECONDS,
    )
    painted = [json.loads(line) for line in run.stdout.splitlines()]
    assert painted == [[title, []] for title in ("Start: one search that fails", *TITLES.values())]
