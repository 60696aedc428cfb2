"""Pictures are turned upright, and formats of cameras and the web are read or named."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from gapviz.encoders.encoding.pictures import picture_key
from gapviz.sources.files import read
from gapviz.sources.images.decoding import (
    decode_image,
    header_flaw,
    is_image_name,
    orientation_of,
    over_white,
)
from gapviz.sources.images.references import thumbnail_png
from tests.sources.files.image_making import items, picture, put, told

ORIENTATION = 0x0112

TURNED_BACK = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}
"""How a picture is stored under each orientation, so that a viewer shows it upright."""


def upright(width=12, height=8):
    """Its left half is red, its upper right quarter green."""
    image = Image.new("RGB", (width, height), "blue")
    image.paste("red", (0, 0, width // 2, height))
    image.paste("green", (width // 2, 0, width, height // 2))
    return image


def stored(orientation, kind="PNG", image=None):
    """The file of a camera that was held so."""
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    lying = image or upright()
    if orientation in TURNED_BACK:
        lying = lying.transpose(TURNED_BACK[orientation])
    buffer = BytesIO()
    lying.save(buffer, kind, exif=exif)
    return buffer.getvalue()


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_is_seen_upright(orientation):
    seen = decode_image(stored(orientation), where="x")
    np.testing.assert_array_equal(np.asarray(seen), np.asarray(upright()))


@pytest.mark.parametrize("kind", ["JPEG", "WEBP", "TIFF", "AVIF", "MPO"])
def test_pictures_of_every_format_are_turned(kind):
    seen = np.asarray(decode_image(stored(6, kind, upright(96, 64)), where="x"), np.int16)
    assert seen.shape == (64, 96, 3)
    assert np.abs(seen - np.asarray(upright(96, 64), np.int16)).mean() < 12


def test_the_thumbnail_is_upright_too(tmp_path):
    put(tmp_path, "phone.jpg", stored(6, "JPEG", upright(300, 200)))
    thumbnail = Image.open(BytesIO(thumbnail_png("phone.jpg", tmp_path, 30)))
    assert thumbnail.size == (30, 20)
    assert thumbnail.getpixel((2, 10))[0] > 200


def test_a_turned_picture_has_a_key_of_its_own_and_others_keep_theirs():
    import hashlib

    turned, plain = stored(6), stored(1)
    assert picture_key(plain) == hashlib.sha256(plain).digest()
    assert picture_key(turned) != hashlib.sha256(turned).digest()
    assert picture_key(b"no picture") == hashlib.sha256(b"no picture").digest()


@pytest.mark.parametrize("exif", [b"Exif\0\0II*\0\xff\xff\xff\xff", b"Exif\0\0", b"Exif\0\0junk"])
def test_damaged_exif_leaves_the_picture_as_it_lies(exif):
    buffer = BytesIO()
    upright(64, 48).save(buffer, "JPEG", exif=exif)
    assert orientation_of(buffer.getvalue()) == 1
    assert decode_image(buffer.getvalue(), where="x").size == (64, 48)


@pytest.mark.parametrize(
    ("name", "kind"),
    [("a.tif", "TIFF"), ("b.TIFF", "TIFF"), ("c.avif", "AVIF"), ("d.jfif", "JPEG")],
)
def test_more_endings_are_pictures(tmp_path, name, kind):
    assert is_image_name(name)
    put(tmp_path, name, picture(kind=kind))
    assert list(items(read(str(tmp_path)))) == [name] and not told(read(str(tmp_path)))


@pytest.mark.parametrize("mode", ["L", "LA", "P", "RGBA", "CMYK", "I;16", "F", "1", "YCbCr"])
def test_tiffs_of_every_mode_become_rgb(mode):
    buffer = BytesIO()
    Image.new(mode, (8, 6)).save(buffer, "TIFF")
    assert over_white(decode_image(buffer.getvalue(), where="x")).mode == "RGB"


def test_fractions_span_black_to_white_and_holes_are_black():
    values = np.array([[0.0, 0.5, 1.0, np.nan]], dtype=np.float32)
    grey = np.asarray(over_white(Image.fromarray(values)))[0, :, 0]
    assert grey.tolist() == [0, 127, 255, 0]


def test_colours_that_no_profile_explains_are_named():
    buffer = BytesIO()
    Image.new("LAB", (8, 6)).save(buffer, "TIFF")
    assert header_flaw(buffer, buffer.tell()) == "has LAB colours, which are not read"


def test_a_heic_under_a_jpegs_name_is_called_heic(tmp_path):
    put(tmp_path, "good.png")
    put(tmp_path, "phone.jpg", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(100))
    assert told(read(str(tmp_path))) == {
        "phone.jpg": "is a HEIC picture, which is not read (save it as JPEG or PNG)"
    }
