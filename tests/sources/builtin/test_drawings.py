from io import BytesIO

import pytest
from PIL import Image

from gapviz.core.errors import GapvizError
from gapviz.sources.builtin import drawings
from gapviz.storage.cache import clear_memory


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("GAPVIZ_CACHE", str(tmp_path))
    return tmp_path


def test_a_drawing_is_a_square_on_white():
    picture = drawings.render("1F600", 64)
    assert picture.mode == "RGB"
    assert picture.size == (64, 64)
    assert picture.getpixel((0, 0)) == (255, 255, 255)
    assert len(picture.getcolors(4096)) > 3


def test_the_form_that_items_carry_is_understood():
    assert drawings.drawing_png("openmoji:1F600", 32) == drawings.drawing_png("1F600", 32)


def test_a_drawing_is_rendered_once(own_cache, monkeypatch):
    first = drawings.drawing_png("1F600", 48)
    clear_memory()
    monkeypatch.setattr(drawings, "_draw", lambda *a, **k: pytest.fail("drawn again"))
    assert drawings.drawing_png("1F600", 48) == first


@pytest.mark.parametrize("damage", [lambda b: b[: len(b) // 2], lambda b: b"", lambda b: b"no png"])
def test_a_damaged_cached_file_is_drawn_again(own_cache, damage):
    whole = drawings.drawing_png("1F600", 48)
    (cached,) = own_cache.rglob("*1F600*")
    content = cached.read_bytes()
    cached.write_bytes(damage(content))
    clear_memory()
    assert drawings.drawing_png("1F600", 48) == whole
    assert cached.read_bytes() == content


def test_a_cache_that_cannot_be_written_costs_only_time(own_cache, monkeypatch):
    blocked = own_cache / "file"
    blocked.write_text("in the way")
    monkeypatch.setenv("GAPVIZ_CACHE", str(blocked))
    assert Image.open(BytesIO(drawings.drawing_png("1F600", 32))).size == (32, 32)


@pytest.mark.parametrize(
    "code",
    ["../../etc/passwd", "1F600/../1F601", "1f600", "", "1F600.svg", "openmoji:../1F600", "/1F600",
     "1F600\n", "1F600\x00", "12345678"],
)  # fmt: skip
def test_what_is_not_a_code_is_refused(code, own_cache):
    with pytest.raises(GapvizError, match="not the code of a drawing"):
        drawings.drawing_png(code, 32)
    assert not list(own_cache.rglob("*"))


def test_a_code_without_a_drawing_is_refused():
    with pytest.raises(GapvizError, match="no drawing ABCDE"):
        drawings.render("ABCDE", 32)


@pytest.mark.parametrize("size", [0, -5, 7, 100_000])
def test_an_absurd_size_is_refused(size):
    with pytest.raises(GapvizError, match="pixels wide"):
        drawings.render("1F600", size)
