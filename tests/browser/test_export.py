"""A visitor takes the strategy home, and the archive works where it is unpacked."""

import zipfile

import numpy as np
import pytest
from playwright.sync_api import expect

from gapviz.export.folder import load_exported
from gapviz.sources.builtin import builtin_collection
from gapviz.strategies import StrategyOptions, fit_strategy

pytestmark = pytest.mark.browser


def test_the_downloaded_archive_loads_back(visit, tmp_path):
    tab = visit("/export?strategy=centre")
    expect(tab.page.locator("h1")).to_have_text("Take it home: the strategy as files and code")
    tab.page.get_by_role("tab", name="Qdrant").click()
    expect(tab.page.get_by_role("tabpanel").get_by_text("upload_points")).to_be_visible()
    with tab.page.expect_download() as download:
        tab.page.get_by_role("button", name="Everything (zip)").click()
    assert download.value.suggested_filename == "gapviz-centre-openmoji-drawings.zip"
    path = tmp_path / "home.zip"
    download.value.save_as(path)
    with zipfile.ZipFile(path) as archive:
        archive.extractall(tmp_path / "home")
    back = load_exported(tmp_path / "home")
    collection = builtin_collection()
    strategy = fit_strategy(StrategyOptions("centre"), collection.split("calibrate"))
    rows = collection.modality("text").vectors
    np.testing.assert_array_equal(back.transform(rows, "text"), strategy.transform(rows, "text"))
