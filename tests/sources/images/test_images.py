"""Pictures are read inside the collection's folder alone, and within limits."""

import os
import tarfile
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from gapviz import GapvizError
from gapviz.sources.images.decoding import decode_image, header_flaw
from gapviz.sources.images.references import image_bytes, path_reference, thumbnail_png
from tests.sources.files.image_making import opened


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
    assert opened("a.png", root).size == (8, 6)


def test_a_drawing_needs_no_folder():
    assert opened("openmoji:1F431", None).size == (224, 224)


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


@pytest.mark.parametrize("kind", ["EPS", "ICO", "PPM", "PDF"])
def test_formats_beyond_the_named_ones_are_not_recognised(kind):
    buffer = BytesIO()
    Image.new("RGB", (8, 6)).save(buffer, kind)
    assert header_flaw(buffer, buffer.tell()) == "is not an image"
    with pytest.raises(GapvizError, match="not an image"):
        decode_image(buffer.getvalue(), where="x")


@pytest.fixture
def archives(root):
    with tarfile.open(root / "s.tar", "w", format=tarfile.USTAR_FORMAT) as archive:
        archive.add(root / "a.png", "in/a.png")
    rows = [{"bytes": png(width), "path": None} for width in range(1, 80)]
    pq.write_table(pa.table({"im,age": [*rows, None]}), root / "s.parquet", row_group_size=37)
    (root.parent / "s.tar").write_bytes((root / "s.tar").read_bytes())
    return root


def test_pictures_are_read_out_of_archives(archives):
    size = len(png())
    assert image_bytes(f"tar:s.tar#512,{size}", archives) == png()
    for row in (0, 36, 37, 73, 74, 78):
        assert opened(f"parquet:s.parquet#{row},im,age", archives).width == row + 1


def test_many_threads_read_one_archive(archives):
    references = ["parquet:s.parquet#5,im,age", "parquet:s.parquet#3,im,age"] * 50
    with ThreadPoolExecutor(8) as threads:
        sizes = list(threads.map(lambda r: opened(r, archives).size, references))
    assert sizes == [(6, 6), (4, 6)] * 50


def test_an_archive_that_was_replaced_is_read_anew(archives):
    reference = "parquet:s.parquet#7,im,age"
    assert opened(reference, archives).width == 8
    pq.write_table(pa.table({"im,age": [png(99)] * 8}), archives / "s.parquet")
    os.utime(archives / "s.parquet", ns=(1, 1))
    assert opened(reference, archives).width == 99


@pytest.mark.parametrize(
    ("reference", "why"),
    [
        ("tar:../s.tar#512,80", "leads out"),
        ("tar:/s.tar#512,80", "leads out"),
        ("parquet:../s.parquet#0,im,age", "leads out"),
        ("tar:gone.tar#512,80", "no such file"),
        ("parquet:gone.parquet#0,x", "no such file"),
        ("tar:s.tar#512", "not a whole reference"),
        ("tar:s.tar#-5,80", "not a whole reference"),
        ("parquet:s.parquet#x,y", "not a whole reference"),
        ("tar:s.tar#99999,80", "beyond the end"),
        ("tar:s.tar#0,99999999999", "too much"),
        ("parquet:s.parquet#80,im,age", "no such row"),
        ("parquet:s.parquet#79,im,age", "holds no image"),
        ("parquet:s.parquet#0,other", "no such row or column"),
        ("parquet:a.png#0,x", "not a Parquet file"),
        (".", "is not a file"),
        ("a\0b", "not a path"),
    ],
)
def test_references_that_lead_to_nothing_say_why(archives, reference, why):
    with pytest.raises(GapvizError, match=why):
        image_bytes(reference, archives)


def test_a_pipe_is_never_waited_for(root):
    os.mkfifo(root / "pipe.png")
    with pytest.raises(GapvizError, match="is not a file"):
        image_bytes("pipe.png", root)


def test_a_loop_of_links_is_refused(root):
    (root / "loop").symlink_to(root / "loop")
    with pytest.raises(GapvizError):
        image_bytes("loop/a.png", root)


def test_a_file_named_like_a_scheme_is_still_a_file(root):
    (root / "tar:x#1,2").write_bytes(png())
    assert image_bytes(path_reference("tar:x#1,2"), root) == png()
    assert path_reference("a.png") == "a.png"


@given(st.text(), st.sampled_from(["", "tar:", "parquet:", "openmoji:", "tar:x.tar#"]))
def test_any_text_as_a_reference_gives_bytes_or_a_refusal(tmp_path_factory, text, scheme):
    with pytest.raises(GapvizError):
        image_bytes(scheme + text, tmp_path_factory.getbasetemp() / "empty")


@given(st.data())
def test_damaged_pictures_have_a_flaw_or_decode_or_are_refused(data):
    buffer = BytesIO()
    kind = data.draw(st.sampled_from(["PNG", "JPEG", "WEBP", "GIF", "BMP"]))
    Image.effect_noise((20, 20), 50).convert("RGB").save(buffer, kind)
    content = bytearray(buffer.getvalue()[: data.draw(st.integers(0, 1500))])
    for _ in range(data.draw(st.integers(0, 5)) if content else 0):
        content[data.draw(st.integers(0, min(len(content) - 1, 80)))] = data.draw(
            st.integers(0, 255)
        )
    if header_flaw(BytesIO(content), len(content)) is None:
        try:
            decode_image(bytes(content), where="x")
        except GapvizError as error:
            assert error.sentence.startswith("x: ")
    else:
        with pytest.raises(GapvizError):
            decode_image(bytes(content), where="x")


def test_a_thumbnail_keeps_the_proportions_and_lies_on_white(root):
    Image.new("RGBA", (400, 100), (0, 0, 0, 0)).save(root / "wide.png")
    small = decode_image(thumbnail_png("wide.png", root, 96), where="thumbnail")
    assert small.size == (96, 24)
    assert small.convert("RGB").getpixel((5, 5)) == (255, 255, 255)
