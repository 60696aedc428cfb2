"""`import gapviz` is light, and offers everything by name."""

import subprocess
import sys
from pathlib import Path

import pytest

import gapviz

HEAVY = ("pandas", "torch", "streamlit", "scipy", "sklearn", "pyarrow", "plotly")


def test_importing_the_package_loads_nothing_heavy():
    code = (
        "import time; began = time.process_time(); import gapviz, sys; "
        "print(time.process_time() - began < 0.3, "
        f"[name for name in {HEAVY} if name in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.split() == ["True", "[]"]


@pytest.mark.parametrize("name", gapviz.__all__)
def test_every_name_that_is_offered_is_there_and_says_what_it_is(name):
    assert name in dir(gapviz)
    found = getattr(gapviz, name)
    assert isinstance(found, str) or found.__doc__


def test_what_is_offered_is_the_same_for_readers_of_types():
    source = Path(gapviz.__file__).read_text("utf-8")
    typed = {line.rsplit(" as ", 1)[1] for line in source.splitlines() if " as " in line}
    assert typed == {*gapviz.__all__} - {"__version__"}


def test_an_unknown_name_is_the_usual_error():
    with pytest.raises(AttributeError, match="has no attribute 'magic'"):
        _ = gapviz.magic
