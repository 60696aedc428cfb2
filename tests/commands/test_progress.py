"""How far the work is: percent, rate and time left in a terminal, and nothing in a pipe."""

import io
import logging

import pytest

from gapviz.commands.console import console_for
from gapviz.commands.progress import Speed, progress_bar, progress_line
from gapviz.core.progress import Counted, counted_in


class Screen(io.StringIO):
    """A standard error that may be a terminal."""

    def __init__(self, *, terminal):
        super().__init__()
        self._terminal = terminal

    def isatty(self):
        return self._terminal


@pytest.fixture
def screen(monkeypatch):
    def show(*options, terminal=True, columns=80):
        shown = Screen(terminal=terminal)
        monkeypatch.setattr("sys.stderr", shown)
        monkeypatch.setenv("COLUMNS", str(columns))
        with console_for(options), progress_bar() as progress:
            progress(0.25, "encoded 25 of 100 images")
            progress(0.5, "measuring")
        return shown.getvalue()

    return show


def test_a_terminal_shows_one_line_which_is_erased(screen):
    told = screen()
    assert " 25% " in told and "encoded 25 of 100 images" in told and " 50% " in told
    assert "\n" not in told and "\x1b" not in told
    last = told.rstrip("\r").rpartition("\r")[2]
    assert told.endswith("\r") and last.strip() == ""


def test_a_narrow_terminal_is_never_filled(screen):
    told = screen(columns=30)
    assert max(len(line) for line in told.split("\r")) < 30


def test_a_pipe_shows_nothing_unless_it_is_asked_for(screen):
    assert screen(terminal=False) == ""
    assert screen("--progress", terminal=False).startswith(" 25% ")
    assert screen("--progress", terminal=False).count("\n") == 1


@pytest.mark.parametrize("terminal", [True, False])
def test_quiet_shows_nothing(screen, terminal):
    assert screen("--quiet", "--progress", terminal=terminal) == ""


def test_rate_and_time_left_follow_from_what_was_told():
    now = iter(range(100))
    speed = Speed(clock=lambda: next(now))
    speed.told(0.0, Counted(0, 100, "images"))
    speed.told(0.2, Counted(20, 100, "images"))
    words = speed.words()
    assert words[0] == "20 images/s"
    assert words[1].endswith(" left")


def test_nothing_is_promised_at_the_start():
    speed = Speed(clock=lambda: 0.0)
    speed.told(0.5, Counted(50, 100, "images"))
    assert speed.words() == []


@pytest.mark.parametrize(
    ("stage", "counted"),
    [
        ("encoded 1,024 of 5,000 images", Counted(1024, 5000, "images")),
        ("12.5 of 45.0 MB, a file", Counted(12.5, 45, "MB")),
        ("10 calibration items, repeat 3 of 20", None),
        ("measuring", None),
    ],
)
def test_what_a_stage_counts_is_read_from_its_words(stage, counted):
    assert counted_in(stage) == counted


def test_what_does_not_fit_is_left_out_the_bar_first():
    pace = ["20 images/s", "0:04 left"]
    wide = progress_line(0.5, "encoded 20 of 100 images", pace, 100)
    assert "█" in wide and wide.endswith("images, 20 images/s, 0:04 left")
    narrow = progress_line(0.5, "encoded 20 of 100 images", pace, 60)
    assert "█" not in narrow and narrow.endswith("0:04 left")
    for width in range(5, 60):
        assert len(progress_line(0.5, "encoded 20 of 100 images", pace, width)) <= width


def test_notes_are_for_those_who_are_not_quiet(run, tmp_path):
    asked = ("advise", tmp_path / "nothing.npy")
    assert len(run(*asked).stderr.splitlines()) == 2
    assert len(run(*asked, "-q").stderr.splitlines()) == 1


@pytest.mark.parametrize(("arguments", "told"), [([], 2), (["measure", "-q"], 0)])
def test_what_the_log_warns_of_is_for_those_who_are_not_quiet(arguments, told, caplog):
    log = logging.getLogger("gapviz.storage.cache")
    with console_for(arguments):
        log.warning("nothing is kept")
        log.warning("nothing is kept")
    assert len(caplog.messages) == told
    log.warning("as before")
    assert caplog.messages[-1] == "as before"
