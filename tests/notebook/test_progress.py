"""A bar is drawn while work goes on, and leaves nothing behind."""

import sys
from types import ModuleType

import pytest

from gapviz.notebook import progress
from gapviz.notebook.progress import progress_bar


@pytest.fixture
def drawn(monkeypatch):
    """What a notebook has drawn, in the order of drawing."""
    shown = []

    class Handle:
        def update(self, bar):
            shown.append(bar._repr_html_())

    def display(bar, *, display_id):
        assert display_id
        shown.append(bar._repr_html_())
        return Handle()

    module = ModuleType("IPython.display")
    module.display = display
    monkeypatch.setitem(sys.modules, "ipykernel", ModuleType("ipykernel"))
    monkeypatch.setitem(sys.modules, "IPython", ModuleType("IPython"))
    monkeypatch.setitem(sys.modules, "IPython.display", module)
    monkeypatch.setattr(progress, "SHORTEST", 0.0)
    monkeypatch.setattr(progress, "REDRAWN", 0.0)
    return shown


def test_a_notebook_shows_how_far_it_is_and_then_nothing(drawn):
    with progress_bar() as tell:
        tell(0.25, "measuring <b>")
        tell(0.5, "measuring")
    assert 'value="0.250"' in drawn[0] and "25% measuring &lt;b&gt;" in drawn[0]
    assert 'value="0.500"' in drawn[1]
    assert drawn[2] == "<span></span>"


def test_short_work_draws_no_bar(drawn, monkeypatch):
    monkeypatch.setattr(progress, "SHORTEST", 60.0)
    with progress_bar() as tell:
        tell(0.5, "measuring")
    assert not drawn


def test_a_bar_is_gone_after_an_error_too(drawn):
    with pytest.raises(RuntimeError), progress_bar() as tell:
        tell(0.5, "measuring")
        raise RuntimeError
    assert drawn[-1] == "<span></span>"


def test_where_nobody_looks_nothing_is_written(capsys):
    with progress_bar() as tell:
        tell(0.5, "measuring")
    assert capsys.readouterr() == ("", "")
