"""Pictures are read inside the collection's folder alone, and within limits."""

from io import BytesIO

import pytest
from PIL import Image

from gapviz import GapvizError
from gapviz.images import decode_image, image_bytes, open_image


def png(width=8, height=6, mode="RGB"):
    buffer = BytesIO()
    Image.new(mode, (width, height)).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.fixture
def root(tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    (folder / "a.png").write_bytes(png())
    (tmp_path / "secret.png").write_bytes(png())
    (folder / "link.png").symlink_to(tmp_path / "secret.png")
    return folder


def test_a_picture_of_the_folder_is_opened(root):
    assert open_image("a.png", root).size == (8, 6)


def test_a_drawing_needs_no_folder():
    assert open_image("openmoji:1F431", None).size == (224, 224)


@pytest.mark.parametrize("reference", ["../secret.png", "link.png", "x/../../secret.png"])
def test_what_leads_out_of_the_folder_is_refused(root, reference):
    with pytest.raises(GapvizError, match="leads out"):
        image_bytes(reference, root)


def test_an_absolute_path_is_refused_even_inside(root):
    with pytest.raises(GapvizError, match="leads out"):
        image_bytes(str(root / "a.png"), root)


def test_a_missing_file_is_named(root):
    with pytest.raises(GapvizError, match=r"b\.png: cannot be read"):
        image_bytes("b.png", root)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"letter", "not an image"),
        (png(64, 64)[:-30], "damaged"),
        (png(9000, 9000, "1"), "too many"),
    ],
)
def test_what_cannot_be_decoded_is_named(content, why):
    with pytest.raises(GapvizError, match=why):
        decode_image(content, where="x.png")
