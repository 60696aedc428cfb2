import subprocess
import sys

import pytest

SCRIPT = """
import sys
from streamlit.testing.v1 import AppTest
import gapviz.dashboard.caches as caches
caches._warm = lambda name: None
app = AppTest.from_file("app.py", default_timeout=120).run()
if {page!r}:
    app.switch_page({page!r}).run()
assert not app.exception, app.exception
heavy = {{"torch", "umap", "numba", "transformers", "open_clip", "sklearn"}}
print("loaded", sorted(heavy & set(sys.modules)), app.title[0].value)
"""


@pytest.mark.parametrize(
    ("page", "title"),
    [
        ("", "Cones: two clouds, one gap"),
        ("pages/side_by_side.py", "Search: one query, three indexes"),
        ("pages/curves.py", "Curves: one choice, its whole range"),
        ("pages/scores.py", "Scores and thresholds, by pair type"),
        ("pages/anatomy.py", "Anatomy of the gap"),
        ("pages/strategy_scoreboard.py", "Scoreboard: every way out, against every other"),
        ("pages/within_modality.py", "Within a modality: is one tool enough?"),
        ("pages/your_data.py", "Your data"),
    ],
)
def test_the_first_paint_needs_no_heavy_library(page, title, request, tmp_path, monkeypatch):
    monkeypatch.setenv("GAPVIZ_CACHE", str(tmp_path))
    run = subprocess.run(
        [sys.executable, "-c", SCRIPT.format(page=page)],
        cwd=request.config.rootpath,
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    assert f"loaded [] {title}" in run.stdout
