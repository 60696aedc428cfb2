"""A visitor's own collection: uploaded, encoded, searched, removed."""

import re
import zipfile
from io import BytesIO

import numpy as np
import pytest
from playwright.sync_api import expect

from gapviz.sources.builtin import builtin_collection
from gapviz.sources.builtin.drawings import drawing_png

pytestmark = pytest.mark.browser


@pytest.fixture
def drawings_zip(tmp_path):
    """Eight drawings with captions, one broken picture, one name that leads out."""
    path = tmp_path / "eight drawings.zip"
    items = [item for item in builtin_collection().items if item.label == "animal-mammal"][:8]
    rows = ["file_name,text"] + [f"{item.id}.png,{item.captions[0]}" for item in items]
    with zipfile.ZipFile(path, "w") as archive:
        for item in items:
            archive.writestr(f"set/{item.id}.png", drawing_png(item.id, 96))
        archive.writestr("set/metadata.csv", "\n".join(rows))
        archive.writestr("set/broken.png", b"no picture")
        archive.writestr("../evil.png", drawing_png("1F431", 96))
    return path


def open_data(visit):
    tab = visit("/data")
    expect(tab.page.locator("h1")).to_have_text("Your data")
    return tab


def upload(tab, path):
    tab.page.locator("input[type=file]").set_input_files(path)
    # A button that is pressed before the file has arrived adds nothing.
    expect(tab.page.get_by_role("button", name=f"Remove {path.name}")).to_be_visible()
    tab.settle()
    tab.page.get_by_role("button", name="Add it").click()


def add(tab, path):
    upload(tab, path)
    expect(tab.page.get_by_text("is here:")).to_be_visible()
    tab.settle()


def remove(tab):
    tab.page.get_by_role("button", name="Remove the collection").click()
    tab.page.get_by_role("button", name="Remove it").click()
    expect(tab.page.get_by_text("Nothing of your own yet")).to_be_visible()


def test_a_zip_is_uploaded_encoded_searched_and_removed(visit, drawings_zip):
    tab = open_data(visit)
    add(tab, drawings_zip)
    main = tab.page.get_by_test_id("stMain")
    expect(main).to_contain_text("2 things of the source were skipped")
    expect(main).to_contain_text("not encoded yet")
    tab.page.get_by_role("button", name="Encode", exact=True).click()
    expect(main).to_contain_text("256 dimensions", timeout=180_000)
    tab.page.get_by_role("link", name="Search it").click()
    expect(tab.page.locator("h1")).to_contain_text("one query")
    expect(tab.lists()).to_have_count(3)
    expect(tab.page.get_by_role("combobox", name="Collection")).to_have_value("eight drawings")
    tab.type_query("something that was never a caption here")
    expect(tab.lists().first.locator(".gv-card")).to_have_count(10)
    tab.page.goto(f"{tab.address}/data")
    tab.page.wait_for_selector("h1")
    tab.settle()
    remove(tab)


def test_vectors_are_uploaded_and_measured_at_once(visit, tmp_path):
    path = tmp_path / "clap.npz"
    rng = np.random.default_rng(0)
    np.savez(path, audio=rng.standard_normal((40, 8)) + 1, text=rng.standard_normal((40, 8)) - 1)
    tab = open_data(visit)
    add(tab, path)
    tab.page.get_by_role("link", name="See its cones").click()
    expect(tab.page.locator("h1")).to_have_text("Cones: how far apart the kinds lie")
    expect(tab.page.get_by_text("Page not found")).to_have_count(0)
    expect(tab.page.get_by_role("combobox", name="Collection")).to_have_value("clap")
    expect(tab.page.get_by_test_id("stMain")).to_contain_text("in widths of a cloud")
    expect(tab.page.get_by_test_id("stMain")).to_contain_text("An audio query gets")
    tab.page.goto(f"{tab.address}/data")
    tab.page.wait_for_selector("h1")
    tab.settle()
    remove(tab)


def test_a_file_of_many_vectors_is_taken_and_its_pairs_are_told(visit, tmp_path):
    path = tmp_path / "many.npz"
    rows = np.random.default_rng(0).standard_normal((3000, 512)).astype(np.float32)
    rows[7] = np.nan
    np.savez(path, image=rows, text=rows[::-1])
    assert path.stat().st_size > 11e6
    tab = open_data(visit)
    add(tab, path)
    main = tab.page.get_by_test_id("stMain")
    expect(main).to_contain_text("2,998 image–text pairs: row i of image belongs to row i of text")
    expect(main).to_contain_text("2 things of the source were skipped")
    expect(main).to_contain_text("unnamed model")
    remove(tab)


def pickled():
    buffer = BytesIO()
    np.savez(buffer, image=np.array([{"a": 1}], dtype=object))
    return buffer.getvalue()


UNREADABLE = {
    "text.csv": ("name,age\nAda,36\n".encode("utf-16"), ""),
    "objects.npz": (pickled(), "unpickled"),
}
"""Name of a file → its content, and words that its refusal holds."""


def test_what_cannot_be_read_is_one_sentence_and_nothing_is_lost(visit, tmp_path):
    tab = open_data(visit)
    for name, (content, words) in UNREADABLE.items():
        path = tmp_path / name
        path.write_bytes(content)
        upload(tab, path)
        alert = tab.page.get_by_test_id("stAlertContentError")
        expect(alert).to_contain_text(name)
        expect(alert).to_contain_text(words)
        assert re.search(r"; .*\.$", alert.inner_text()), alert.inner_text()
        assert "/" not in alert.inner_text()
        assert "Traceback" not in tab.page.inner_text("body")
        tab.page.get_by_role("button", name="Try again").click()
        expect(tab.page.locator("input[type=file]")).to_be_attached()
        tab.settle()
