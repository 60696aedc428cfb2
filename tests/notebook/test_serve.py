"""The dashboard opens on what lies in memory, and leaves nothing behind."""

import os
import subprocess
import sys
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import numpy as np
import pytest

import gapviz
from gapviz.sources.library.stored import Workspace
from tests.patience import PATIENCE_SECONDS

pytestmark = pytest.mark.slow

SCRIPT = """
import numpy as np, gapviz
rows = np.random.default_rng(0).standard_normal((2, 12, 6))
shown = gapviz.serve({"image": rows[0], "text": rows[1]})
print(shown.url, shown._process.pid, shown._home, flush=True)
"""


def test_a_collection_in_memory_is_shown_and_gone_when_it_is_stopped():
    rows = np.random.default_rng(0).standard_normal((2, 12, 6))
    made = gapviz.Collection.from_arrays(image=rows[0], text=rows[1], name="<b>mine</b>")
    with gapviz.serve(made) as shown:
        assert urlopen(shown.url).status == 200
        assert f'href="{shown.url}"' in shown._repr_html_()
        assert [one.title for one in Workspace(shown._home).collections()] == ["<b>mine</b>"]
        assert not Workspace().collections()
        home = shown._home
    assert not home.exists() and "stopped" in repr(shown)
    with pytest.raises(URLError):
        urlopen(shown.url)
    shown.stop()


def test_it_ends_with_the_script_that_opened_it(tmp_path):
    # A module of this name in the folder of a notebook is none of the dashboard's business.
    (tmp_path / "random.py").write_text("raise RuntimeError")
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    environment = {**os.environ, "PYTHONPATH": str(Path(gapviz.__file__).parents[1])}
    ran = subprocess.run(
        [sys.executable, "-P", str(script)],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=True,
    )
    url, pid, home = ran.stdout.split()
    assert not Path(home).exists()
    with pytest.raises(URLError):
        urlopen(url)
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid), 0)
