"""The command line opens the collections of the dashboard by name."""

from dataclasses import replace

import pytest

from gapviz.core.errors import GapvizError
from gapviz.sources.library.named import read_by_name
from gapviz.sources.library.stored import Workspace
from gapviz.storage.saved_collection import save_collection


@pytest.fixture
def photos(make_collection):
    seen = [replace(make_collection(24, seed=n), encoder=name) for n, name in enumerate("ab")]
    stored = Workspace().add(seen, title="My Photos")
    yield stored
    Workspace().remove(stored.id)


@pytest.mark.parametrize("name", ["My Photos", "my photos", None])
def test_a_collection_is_opened_by_its_title_in_any_case_and_by_its_id(figures, photos, name):
    told = figures("measure", name or photos.id)
    assert (told["collection"], told["encoder"]) == ("My Photos", "a")


def test_one_of_its_encoders_is_named(figures, run, photos):
    assert figures("measure", "My Photos", "--encoder", "b")["encoder"] == "b"
    done = run("measure", "My Photos", "--encoder", "c")
    assert done.returncode == 2 and "has not been encoded with 'c'" in done.stderr


def test_a_folder_of_the_same_name_is_meant_first(
    figures, photos, make_collection, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    save_collection(replace(make_collection(30), encoder="of the folder"), tmp_path / "My Photos")
    assert figures("measure", "My Photos")["encoder"] == "of the folder"


def test_of_two_with_one_title_the_ids_are_told(refused, photos, make_collection):
    other = Workspace().add([make_collection(20, seed=9)], title="my photos")
    line = refused("measure", "My Photos")
    with pytest.raises(GapvizError) as in_python:
        read_by_name("My Photos")
    Workspace().remove(other.id)
    for told in (line, in_python.value.sentence):
        assert photos.id in told and other.id in told


def test_a_name_that_nothing_has_says_what_can_be_named(refused):
    assert "a collection of the dashboard" in refused("info", "no such thing")
