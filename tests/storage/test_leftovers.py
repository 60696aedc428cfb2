"""What a run that was killed left behind is put right or goes; what is in use stays."""

import os
import subprocess
import sys
import time

import pytest
from filelock import FileLock

from gapviz.storage import leftovers
from gapviz.storage.files import swapped_in
from gapviz.storage.leftovers import (
    OWNER,
    UNOWNED_SECONDS,
    recover,
    sweep,
    sweep_at_start,
    sweep_below,
)
from tests.patience import until

DIES = """
import os, sys
from pathlib import Path
from gapviz.storage.files import swapped_in

rename, calls = os.replace, []

def dying(source, target):
    calls.append(source)
    if len(calls) > int(sys.argv[2]):
        os.kill(os.getpid(), 9)
    rename(source, target)

os.replace = dying
with swapped_in(Path(sys.argv[1])) as new:
    (new / "what").write_text("new")
"""


def killed(folder, renames):
    """A process that dies after so many of the two renames of a swap."""
    done = subprocess.run([sys.executable, "-c", DIES, str(folder), str(renames)], check=False)
    assert done.returncode == -9


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "result").mkdir()
    (tmp_path / "result" / "what").write_text("old")
    return tmp_path / "result"


def make_old(path, seconds=UNOWNED_SECONDS + 60):
    os.utime(path, (time.time() - seconds,) * 2)


@pytest.mark.parametrize("how", [recover, lambda folder: sweep(folder.parent)])
def test_a_death_between_the_two_renames_is_recovered_from(folder, how):
    killed(folder, 1)
    assert not folder.exists()
    how(folder)
    assert (folder / "what").read_text() == "new"
    sweep(folder.parent)
    assert [path.name for path in folder.parent.iterdir() if path.is_dir()] == ["result"]


def test_a_death_before_the_swap_leaves_the_old_one_and_the_next_run_sweeps(folder):
    killed(folder, 0)
    (room,) = folder.parent.glob(".partial-*")
    make_old(room, 60)
    with swapped_in(folder) as new:
        (new / "what").write_text("newest")
    assert (folder / "what").read_text() == "newest"
    assert list(folder.parent.iterdir()) == [folder]


def test_what_another_run_has_in_use_stays(folder):
    with swapped_in(folder) as new:
        make_old(new.parent)
        sweep(folder.parent, ours=True)
        recover(folder.with_name("gone"))
        (new / "what").write_text("new")
    assert (folder / "what").read_text() == "new"


def test_a_place_that_is_told_wrongly_moves_nothing_elsewhere(tmp_path):
    room = tmp_path / "here" / ".partial-x"
    (room / "old").mkdir(parents=True)
    (room / "name").write_text("../stolen")
    (room / OWNER).touch()
    sweep(tmp_path / "here")
    assert not (tmp_path / "stolen").exists()


@pytest.mark.parametrize("name", [".partial-a", ".landing-b", ".deleted-c"])
def test_what_carries_no_mark_goes_when_it_is_old_and_lies_in_a_folder_of_ours(tmp_path, name):
    (tmp_path / name).mkdir()
    sweep(tmp_path, ours=True)
    assert (tmp_path / name).exists()
    make_old(tmp_path / name)
    sweep(tmp_path)
    assert (tmp_path / name).exists()
    sweep(tmp_path, ours=True)
    assert not (tmp_path / name).exists()


def test_what_belongs_to_somebody_else_stays(tmp_path, monkeypatch):
    (tmp_path / ".landing-b").mkdir()
    make_old(tmp_path / ".landing-b")
    monkeypatch.setattr(leftovers.os, "getuid", lambda: 12_345)
    sweep(tmp_path, ours=True)
    assert (tmp_path / ".landing-b").exists()


def test_files_of_dead_processes_go_wherever_they_lie_but_in_uploads(tmp_path):
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    names = [f".a.json.{dead.pid}.1.partial", f".b.json.{os.getpid()}.1.partial", ".c", "d.partial"]
    for place in ("layouts", "collections/x/files"):
        (tmp_path / place).mkdir(parents=True)
        for name in names:
            (tmp_path / place / name).touch()
            make_old(tmp_path / place / name, 3_600)
    sweep_below(tmp_path)
    assert sorted(path.name for path in (tmp_path / "layouts").iterdir()) == sorted(names[1:])
    assert len(list((tmp_path / "collections/x/files").iterdir())) == len(names)


def test_a_clock_that_was_set_back_keeps_nothing_for_ever(tmp_path):
    (tmp_path / ".landing-b").mkdir()
    make_old(tmp_path / ".landing-b", -2 * UNOWNED_SECONDS)
    sweep(tmp_path, ours=True)
    assert not (tmp_path / ".landing-b").exists()


def test_the_lock_is_what_tells_the_dead_from_the_living(tmp_path):
    room = tmp_path / ".landing-b"
    room.mkdir()
    with FileLock(room / OWNER):
        make_old(room)
        sweep(tmp_path, ours=True)
        assert room.exists()
    make_old(room)
    sweep(tmp_path)
    assert not room.exists()


def test_cache_and_home_are_swept_when_the_dashboard_starts(tmp_path, monkeypatch):
    rooms = []
    for variable in ("GAPVIZ_CACHE", "GAPVIZ_HOME"):
        monkeypatch.setenv(variable, str(tmp_path / variable))
        rooms.append(tmp_path / variable / "in" / ".partial-x")
        rooms[-1].mkdir(parents=True)
        make_old(rooms[-1])
    sweep_at_start()
    until(lambda: not any(room.exists() for room in rooms))
