"""Folders are swapped in whole, whatever stops the writing."""

import os
import threading

import pytest

from gapviz import GapvizError
from gapviz.storage.files import alone, private_folder, replace_folder, swapped_in, write_atomically

MARKER = "card.json"


def write_new(folder):
    (folder / MARKER).write_text("new")


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "result"
    folder.mkdir()
    (folder / MARKER).write_text("old")
    return folder


def replace(folder, write=write_new):
    replace_folder(folder, write, marker=MARKER, what="a result")


def test_the_new_folder_takes_the_place_of_the_old_one(folder):
    replace(folder)
    assert (folder / MARKER).read_text() == "new"
    assert list(folder.parent.iterdir()) == [folder]


def test_folders_that_lead_there_are_made(tmp_path):
    replace(tmp_path / "a" / "b")
    assert (tmp_path / "a" / "b" / MARKER).read_text() == "new"


@pytest.mark.parametrize("renames", [1, 2])
@pytest.mark.parametrize("stop", [KeyboardInterrupt, OSError(28, "No space left on device")])
def test_what_stops_a_swap_leaves_the_old_folder(folder, monkeypatch, renames, stop):
    calls, rename = [], os.replace

    def stopping(source, target):
        calls.append(source)
        if len(calls) == renames:
            raise stop
        rename(source, target)

    monkeypatch.setattr(os, "replace", stopping)
    with pytest.raises((KeyboardInterrupt, GapvizError)):
        replace(folder)
    assert (folder / MARKER).read_text() == "old"
    assert list(folder.parent.iterdir()) == [folder]


def test_an_old_folder_that_cannot_be_put_back_is_not_deleted(folder, monkeypatch):
    calls, rename = [], os.replace

    def stopping(source, target):
        calls.append(source)
        if len(calls) > 1:
            raise OSError(5, "Input/output error")
        rename(source, target)

    monkeypatch.setattr(os, "replace", stopping)
    with pytest.raises(GapvizError, match="cannot be written"):
        replace(folder)
    (kept,) = folder.parent.rglob(f"old/{MARKER}")
    assert kept.read_text() == "old"


def test_what_stops_the_writing_leaves_nothing(tmp_path):
    def stop(folder):
        write_new(folder)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        replace(tmp_path / "new", stop)
    assert not any(tmp_path.iterdir())


def test_two_who_write_at_once_do_not_share_a_folder(folder):
    with swapped_in(folder) as one, swapped_in(folder) as other:
        assert one != other
        write_new(one)
        write_new(other)
    assert (folder / MARKER).read_text() == "new"


def test_a_folder_is_as_open_as_any_other_that_is_made(folder):
    plain = folder.with_name("plain")
    plain.mkdir()
    replace(folder)
    assert folder.stat().st_mode == plain.stat().st_mode


def test_what_is_private_is_so_with_all_that_is_in_it(tmp_path):
    with swapped_in(tmp_path / "home" / "a" / "b", private=True) as new:
        (new / "in").mkdir()
        (new / "in" / "file").write_text("x")
        (new / "link").symlink_to("nowhere")
    write_atomically(tmp_path / "home" / "file", b"x", private=True)
    private_folder(tmp_path / "home" / "c" / "d")
    for path in (tmp_path / "home", *(tmp_path / "home").rglob("*")):
        if not path.is_symlink():
            assert path.stat().st_mode & 0o077 == 0, path


def test_one_writes_and_another_is_refused_until_it_is_done(tmp_path):
    out = tmp_path / "out.npy"
    with alone(out), pytest.raises(GapvizError, match="being written by another run"), alone(out):
        pass
    with alone(out):
        pass
    assert not any(tmp_path.iterdir())


def test_a_name_as_long_as_the_file_system_takes_is_written(tmp_path):
    folder = tmp_path / ("x" * 255)
    replace(folder)
    assert list(tmp_path.iterdir()) == [folder]


def test_many_who_swap_at_once_all_leave_a_whole_folder(tmp_path):
    folder, wrong = tmp_path / "result", []

    def write(mark):
        def fill(new):
            for name in ("a", "b", MARKER):
                (new / name).write_text(str(mark))

        try:
            for _ in range(15):
                replace(folder, fill)
        except Exception as error:
            wrong.append(error)

    threads = [threading.Thread(target=write, args=(mark,)) for mark in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    assert len({(folder / name).read_text() for name in ("a", "b", MARKER)}) == 1
    assert list(tmp_path.iterdir()) == [folder]
