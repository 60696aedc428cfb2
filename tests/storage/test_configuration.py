import os
from pathlib import Path

from gapviz.storage.configuration import configuration


def test_the_environment_names_the_folders(monkeypatch):
    monkeypatch.setenv("GAPVIZ_CACHE", "/c")
    monkeypatch.setenv("GAPVIZ_HOME", "/h")
    monkeypatch.setenv("GAPVIZ_FOLDERS", os.pathsep.join(["/a", "", "/b"]))
    found = configuration()
    assert found.cache == Path("/c")
    assert found.home == Path("/h")
    assert found.folders == (Path("/a"), Path("/b"))


def test_without_it_no_folder_may_be_opened_by_path(monkeypatch):
    for name in ("GAPVIZ_CACHE", "GAPVIZ_HOME", "GAPVIZ_FOLDERS"):
        monkeypatch.delenv(name, raising=False)
    found = configuration()
    assert found.folders == ()
    assert found.cache != found.home
