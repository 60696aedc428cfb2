import os
from pathlib import Path

from gapviz.storage.configuration import configuration


def test_the_environment_names_the_folders():
    found = configuration(
        {
            "GAPVIZ_CACHE": "/c",
            "GAPVIZ_HOME": "/h",
            "GAPVIZ_FOLDERS": os.pathsep.join(["/a", "", "/b"]),
        }
    )
    assert found.cache == Path("/c")
    assert found.home == Path("/h")
    assert found.folders == (Path("/a"), Path("/b"))


def test_without_it_no_folder_may_be_opened_by_path():
    found = configuration({})
    assert found.folders == ()
    assert found.cache != found.home
