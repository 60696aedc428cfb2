import numpy as np
import pytest
from PIL import Image
from safetensors.torch import save_file

from gapviz.core.errors import GapvizError
from gapviz.encoders.open_clip import OpenClipEncoder
from gapviz.encoders.registry import load_encoder
from gapviz.sources.builtin import builtin_collection
from gapviz.sources.builtin.drawings import render

# The cheapest configuration that open_clip lists: 256 dimensions, ten small text layers.
SMALL = "ViT-S-32-alt"


@pytest.fixture(scope="module")
def random_encoder():
    return OpenClipEncoder(SMALL, seed=3, device="cpu")


@pytest.fixture(scope="module")
def items():
    return builtin_collection().items[::40][:32]


def test_random_weights_already_have_a_gap(random_encoder, items):
    x = random_encoder.encode_images([render(item.id, 224) for item in items])
    y = random_encoder.encode_texts([item.captions[0] for item in items])
    gap = np.linalg.norm(x.mean(0) - y.mean(0))
    noise_floor = np.sqrt((x.var(0).sum() + y.var(0).sum()) / len(x))
    assert gap > 5 * noise_floor
    assert x.shape == (32, random_encoder.card.dim)
    assert np.linalg.norm(x, axis=1) == pytest.approx(1, abs=1e-6)


def test_the_seed_decides_the_weights(random_encoder):
    again = OpenClipEncoder(SMALL, seed=3, device="cpu").encode_texts(["a dog"])
    other = load_encoder(f"open_clip:{SMALL}:random-4", device="cpu")
    assert np.array_equal(random_encoder.encode_texts(["a dog"]), again)
    assert not np.allclose(other.encode_texts(["a dog"]), again, atol=1e-3)
    assert other.card.name == f"open_clip:{SMALL}:random-4"


def test_a_model_named_without_weights_is_refused_with_what_it_could_have():
    with pytest.raises(GapvizError, match=r"names no weights.*openai.*ViT-B-32:random-0"):
        load_encoder("open_clip:ViT-B-32", device="cpu")
    with pytest.raises(GapvizError, match=r"names no weights; name a checkpoint, or say"):
        load_encoder(f"open_clip:{SMALL}", device="cpu")


def test_making_one_leaves_the_callers_random_numbers_alone():
    import torch

    torch.manual_seed(11)
    expected = torch.rand(3)
    torch.manual_seed(11)
    OpenClipEncoder(SMALL, seed=3, device="cpu")
    assert torch.equal(torch.rand(3), expected)


def test_a_saved_checkpoint_gives_the_same_vectors(random_encoder, tmp_path):
    path = tmp_path / "weights.safetensors"
    save_file(random_encoder._model.state_dict(), path)
    back = OpenClipEncoder(SMALL, path, seed=99, device="cpu")
    picture = Image.new("RGB", (50, 40), "orange")
    assert np.array_equal(back.encode_texts(["a dog"]), random_encoder.encode_texts(["a dog"]))
    assert np.array_equal(back.encode_images([picture]), random_encoder.encode_images([picture]))
    assert back.card.name != random_encoder.card.name


def test_trimming_to_the_longest_text_is_exact(random_encoder):
    texts = ["dog", "two red cats on the green grass behind the old house"]
    assert random_encoder._trims
    trimmed = random_encoder.encode_texts(texts)
    random_encoder._trims = False
    try:
        whole = random_encoder.encode_texts(texts)
    finally:
        random_encoder._trims = True
    assert np.abs(trimmed - whole).max() < 1e-5


def test_a_text_over_the_limit_is_refused_and_one_at_it_is_read(random_encoder):
    limit = random_encoder.card.text_limit
    fits, over = "dog " * (limit - 2), "dog " * (limit - 1)
    assert random_encoder.count_tokens(fits) == limit == 77
    random_encoder.encode_texts([fits])
    with pytest.raises(GapvizError, match="78 tokens, and the encoder reads 77"):
        random_encoder.encode_texts([over])


def test_a_text_over_the_limit_is_cut_as_open_clip_cuts_it_when_asked(random_encoder):
    import open_clip
    import torch

    over = "a dog and a cat " * 40
    tokens = open_clip.get_tokenizer("ViT-B-32")([over])
    with torch.inference_mode():
        theirs = random_encoder._model.encode_text(tokens, normalize=True)[0].numpy()
    np.testing.assert_allclose(random_encoder.encode_texts([over], cut=True)[0], theirs, atol=1e-5)


def test_an_unknown_model_is_answered_with_close_names():
    with pytest.raises(GapvizError, match=r"did you mean .*ViT-B-32"):
        load_encoder("open_clip:vitb32")


def test_an_unknown_tag_is_answered_with_the_models_tags():
    with pytest.raises(GapvizError, match=r"neither a pretrained tag .* nor a file.*openai"):
        load_encoder("open_clip:ViT-B-32:no_such_tag")


def test_offline_a_pretrained_tag_says_what_to_do(monkeypatch, tmp_path):
    from huggingface_hub import constants

    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(GapvizError, match=r"cannot be downloaded; connect to huggingface.co"):
        load_encoder("open_clip:ViT-B-32:laion2b_s34b_b79k", device="cpu")


def test_a_checkpoint_that_runs_code_is_refused(tmp_path):
    import pickle

    class Attack:
        def __reduce__(self):
            return (print, ("run",))

    path = tmp_path / "weights.pt"
    path.write_bytes(pickle.dumps(Attack(), protocol=2))
    with pytest.raises(GapvizError, match=r"code is never run|damaged"):
        OpenClipEncoder(SMALL, path, device="cpu")


def test_a_damaged_or_foreign_checkpoint_is_refused(tmp_path):
    from safetensors.numpy import save_file

    damaged = tmp_path / "damaged.safetensors"
    damaged.write_bytes(b"\x00" * 40)
    foreign = tmp_path / "foreign.safetensors"
    save_file({"weight": np.zeros((2, 2), np.float32)}, foreign)
    named = tmp_path / "notes.txt"
    named.write_text("weights")
    for path, words in ((damaged, "damaged"), (foreign, "damaged"), (named, "by its name")):
        with pytest.raises(GapvizError, match=words):
            OpenClipEncoder(SMALL, path, device="cpu")


@pytest.mark.parametrize("name", ["clip", "", "open_clip", "builtin:x", "openclip:ViT-B-32"])
def test_an_unknown_encoder_is_answered_with_what_exists(name):
    with pytest.raises(GapvizError, match=r"choose builtin, .*, open_clip:MODEL:TAG"):
        load_encoder(name)
