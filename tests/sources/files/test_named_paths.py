"""A path that names no file as it stands finds the one file that it fits, and none by chance."""

import unicodedata

import pytest

from gapviz.sources.files.named_paths import (
    ACCENTS,
    BACKSLASHES,
    CASE,
    ELSEWHERE,
    ENDING,
    NUMBER,
    PathFinder,
)

FILES = ["Bilder/Süd 1.JPG", "train/cat/1.jpg", "val/cat/1.jpg", "train/dog/2.jpg", "p.jpg",
         "COCO_val2014_000000000042.jpg", "notes/p.txt", "both/q.jpg", "both/q.png"]  # fmt: skip


@pytest.fixture
def finder():
    return PathFinder(lambda: FILES)


@pytest.mark.parametrize(
    ("named", "found", "ways"),
    [
        ("Bilder\\Süd 1.JPG", "Bilder/Süd 1.JPG", [BACKSLASHES]),
        ("bilder/süd 1.jpg", "Bilder/Süd 1.JPG", [CASE]),
        (unicodedata.normalize("NFD", "Bilder/Süd 1.JPG"), "Bilder/Süd 1.JPG", [ACCENTS]),
        ("/mnt/other/train/cat/1.jpg", "train/cat/1.jpg", [ELSEWHERE]),
        ("C:\\sets\\train\\cat\\1.jpg", "train/cat/1.jpg", [BACKSLASHES, ELSEWHERE]),
        ("file:///home/u/p.jpg", "p.jpg", [ELSEWHERE]),
        ("/mnt/photos/2.jpg", "train/dog/2.jpg", [ELSEWHERE]),
        ("2.jpg", "train/dog/2.jpg", [ELSEWHERE]),
        ("p.jpg#3", "p.jpg", []),
        ("train/cat/1", "train/cat/1.jpg", [ENDING]),
        ("42", "COCO_val2014_000000000042.jpg", [NUMBER]),
    ],
)
def test_a_path_written_elsewhere_is_found(finder, named, found, ways):
    assert finder.find(named) == (found, None)
    notes = list(finder.notes())
    assert [way for way in ways if any(way in note for note in notes)] == ways
    assert len(notes) == len(ways)


@pytest.mark.parametrize(
    ("named", "why"),
    [
        ("1.jpg", "fits several files (train/cat/1.jpg, val/cat/1.jpg)"),
        ("both/q", "fits several files (both/q.jpg, both/q.png)"),
        ("mouse/2.jpg", None),
        ("train/dog/1.jpg", None),
        ("p.png", None),
        ("../..", None),
        ("43", None),
        ("", None),
    ],
)
def test_a_path_that_fits_none_or_several_finds_nothing(finder, named, why):
    assert finder.find(named) == (None, why)
    assert not list(finder.notes())


def test_letter_case_tells_two_files_apart():
    finder = PathFinder(lambda: ["a/x.jpg", "a/X.jpg"])
    assert finder.find("/mnt/a/X.jpg") == ("a/X.jpg", None)
    assert finder.find("A\\x.jpg") == ("a/x.jpg", None)


def test_two_paths_never_share_one_file(finder):
    assert finder.find("/mnt/train/p.jpg") == ("p.jpg", None)
    assert finder.find("/mnt/train/p.jpg") == ("p.jpg", None)
    assert finder.find("/mnt/val/p.jpg") == (None, "ends like 'p.jpg', which another path names")


def test_a_relative_end_is_enough_only_where_asked_and_keeps_its_folder():
    files = ["images/1.jpg", "images/2.jpg", "other/3.jpg", "images/deep/4.jpg"]
    assert PathFinder(lambda: files).find("coco/train/1.jpg") == (None, None)
    finder = PathFinder(lambda: files, lenient=True)
    assert finder.find("coco/train/1.jpg") == ("images/1.jpg", None)
    assert finder.find("coco/train/2.jpg") == ("images/2.jpg", None)
    assert finder.find("coco/train/deep/4.jpg") == ("images/deep/4.jpg", None)
    why = "is like 'other/3.jpg', but in another folder than its neighbours"
    assert finder.find("coco/train/3.jpg") == (None, why)


def test_each_way_is_told_once_with_its_count(finder):
    for named in ("P.JPG", "P.jpg", "p.JPG"):
        assert finder.find(named)[0] == "p.jpg"
    assert list(finder.notes()) == [f"names 3 pictures {CASE} (P.JPG is p.jpg)"]
