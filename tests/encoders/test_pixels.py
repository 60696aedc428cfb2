"""What pictures become, held against the libraries whose models see them."""

import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from gapviz.core.errors import GapvizError
from gapviz.encoders.pixels import Preprocessing
from gapviz.encoders.torchvision_operators import declare_torchvision_operators

SIZES = [(64, 64), (224, 224), (97, 131), (300, 41), (33, 500), (225, 224), (1, 9), (640, 427)]


@pytest.fixture(params=SIZES, ids=str)
def photo(request):
    width, height = request.param
    noise = np.random.default_rng(width).integers(0, 255, (height, width, 3), dtype=np.uint8)
    return Image.fromarray(noise)


def raw(tensor):
    return (tensor * 255).round().byte().permute(1, 2, 0).numpy()


@pytest.mark.parametrize("fit", ["shortest", "longest", "squash"])
@pytest.mark.parametrize("size", [(48, 48), (64, 40)])
def test_pixels_are_open_clips_to_the_last_bit(photo, fit, size):
    declare_torchvision_operators()
    from open_clip.transform import PreprocessCfg, image_transform_v2

    if fit == "longest" and min(photo.size) == 1:
        pytest.skip("open_clip scales such a picture to a side of zero")
    config = PreprocessCfg(
        size=size, mean=(0, 0, 0), std=(1, 1, 1), resize_mode=fit, interpolation="bicubic"
    )
    theirs = raw(image_transform_v2(config, is_train=False)(photo))
    assert np.array_equal(Preprocessing(size, fit).pixels(photo), theirs)


@pytest.mark.parametrize("mode", ["center", "squash", "border"])
@pytest.mark.parametrize("share", [0.875, 1.0])
def test_pixels_are_timms_to_the_last_bit(photo, mode, share):
    declare_torchvision_operators()
    from timm.data import create_transform

    from gapviz.encoders.image_only import _preprocessing

    if mode == "border" and min(photo.size) == 1:
        pytest.skip("timm scales such a picture to a side of zero")
    config = {
        "input_size": (3, 48, 48), "crop_pct": share, "crop_mode": mode,
        "interpolation": "bilinear",
    }  # fmt: skip
    made = create_transform(**config, mean=(0, 0, 0), std=(1, 1, 1))
    assert np.array_equal(_preprocessing(config).pixels(photo), raw(made(photo)))


def test_a_hair_of_a_picture_is_refused_rather_than_scaled_beyond_measure():
    hair = Image.new("RGB", (1, 100_000))
    with pytest.raises(GapvizError, match="too narrow"):
        Preprocessing((224, 224), "shortest").pixels(hair)
    assert Preprocessing((224, 224), "longest").pixels(hair).shape == (224, 224, 3)


def test_an_unknown_way_is_refused():
    with pytest.raises(GapvizError, match="'tile'"):
        Preprocessing((8, 8), "tile")
    with pytest.raises(GapvizError, match="'magic'"):
        Preprocessing((8, 8), "squash", "magic")


def test_what_a_worker_process_imports_holds_no_torch():
    code = (
        "import sys, gapviz.encoders.encoding.pictures, gapviz.encoders.encoding.tasks; "
        "print([name for name in ('torch', 'open_clip', 'pandas', 'scipy', 'sklearn') "
        "if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
