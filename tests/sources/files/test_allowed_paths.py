import pytest

from gapviz import GapvizError
from gapviz.sources.files.allowed_paths import allowed_path
from tests.sources.files.image_making import put


@pytest.fixture
def offered(tmp_path):
    put(tmp_path, "offered/deep/a.png")
    put(tmp_path, "other/b.png")
    put(tmp_path, "secret/c.png")
    (tmp_path / "offered" / "out").symlink_to(tmp_path / "secret")
    (tmp_path / "offered" / "nowhere").symlink_to(tmp_path / "gone")
    (tmp_path / "offered" / "loop").symlink_to(tmp_path / "offered" / "loop")
    (tmp_path / "offered" / "in").symlink_to("deep")
    return [tmp_path / "offered", tmp_path / "other"]


def refusal(text, folders):
    with pytest.raises(GapvizError) as caught:
        allowed_path(text, folders)
    return caught.value.what


def test_paths_below_an_allowed_folder_are_given_resolved(offered):
    deep = offered[0].resolve() / "deep" / "a.png"
    for text in ("deep/a.png", str(offered[0] / "deep/a.png"), "in/a.png"):
        assert allowed_path(text, offered) == deep
    assert allowed_path(str(offered[0]), offered) == offered[0].resolve()
    assert allowed_path("b.png", offered) == offered[1].resolve() / "b.png"


def test_outside_sounds_the_same_whether_or_not_something_is_there(offered, tmp_path):
    outside = [
        str(tmp_path / "secret" / "c.png"), str(tmp_path / "secret" / "gone.png"), "/", "/gone",
        "out", "out/c.png", "out/gone.png", "nowhere", "../secret/c.png", "../gone",
        "deep/../../secret/c.png", "../offered/deep/a.png", "", " ", "a\0b",
    ]  # fmt: skip
    told = {refusal(text, offered[:1]) for text in outside}
    assert told == {"is not in a folder that may be read"}
    assert refusal("out/c.png", offered) == refusal("out/gone.png", offered)
    assert refusal("deep/a.png", []) == "is not in a folder that may be read"


def test_a_name_that_only_begins_alike_is_outside(offered, tmp_path):
    put(tmp_path, "offered2/a.png")
    assert "may be read" in refusal(str(tmp_path / "offered2" / "a.png"), offered)


def test_what_is_missing_inside_is_called_missing(offered):
    assert refusal("deep/b.png", offered) == "there is no such file"
    refusal("loop", offered)
    refusal("x" * 5000, offered)
