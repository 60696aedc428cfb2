"""Models from a folder and from Hugging Face, and models trained with a sigmoid loss."""

import json
import shutil

import numpy as np
import pytest
from PIL import Image

from gapviz.core.errors import GapvizError
from gapviz.encoders.open_clip import OpenClipEncoder
from gapviz.encoders.registry import load_any_encoder, load_encoder
from gapviz.encoders.text_only import minilm_folder

PICTURE = Image.fromarray(np.random.default_rng(0).integers(0, 255, (70, 90, 3), dtype=np.uint8))
TOKENIZER = ("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "vocab.txt")

# SigLIP's shape, small: no causal mask, the last token pooled, a bias beside the scale, images
# squashed, a tokenizer of its own.
SIGLIP = {
    "model_cfg": {
        "embed_dim": 32,
        "init_logit_bias": -10,
        "custom_text": True,
        "vision_cfg": {"image_size": 32, "patch_size": 16, "width": 32, "layers": 2,
                       "head_width": 16},
        "text_cfg": {"context_length": 24, "vocab_size": 30522, "width": 32, "heads": 2,
                     "layers": 2, "hf_tokenizer_name": "ours",
                     "tokenizer_kwargs": {"clean": "canonicalize"}, "no_causal_mask": True,
                     "proj_bias": True, "pool_type": "last"},
    },
    "preprocess_cfg": {"mean": [0.5] * 3, "std": [0.5] * 3, "interpolation": "bicubic",
                       "resize_mode": "squash"},
}  # fmt: skip
SMALL = {
    "model_cfg": {
        "embed_dim": 16,
        "vision_cfg": {"image_size": 32, "patch_size": 16, "width": 32, "layers": 1,
                       "head_width": 16},
        "text_cfg": {"context_length": 20, "vocab_size": 49408, "width": 32, "heads": 2,
                     "layers": 1},
    },
    "preprocess_cfg": {},
}  # fmt: skip


def saved(folder, config, seed=0):
    """A folder as open_clip saves one, at random weights."""
    from gapviz.encoders.torchvision_operators import declare_torchvision_operators

    declare_torchvision_operators()
    import open_clip
    import torch
    from safetensors.torch import save_file

    folder.mkdir()
    (folder / "open_clip_config.json").write_text(json.dumps(config))
    if "hf_tokenizer_name" in config["model_cfg"]["text_cfg"]:
        for name in TOKENIZER:
            shutil.copy(minilm_folder() / name, folder / name)
    torch.manual_seed(seed)
    model = open_clip.create_model(f"local-dir:{folder}")
    weights = {name: value.contiguous().clone() for name, value in model.state_dict().items()}
    save_file(weights, folder / "open_clip_model.safetensors")
    return folder


@pytest.fixture(scope="module")
def siglip(tmp_path_factory):
    return saved(tmp_path_factory.mktemp("models") / "siglip", SIGLIP)


def test_a_folder_loads_with_its_tokenizer_scale_and_bias(siglip):
    encoder = load_encoder(f"local-dir:{siglip}", device="cpu")
    assert (encoder.card.dim, encoder.card.text_limit) == (32, 24)
    assert encoder.preprocessing.fit == "squash"
    assert encoder.count_tokens("A dog, on the grass!") == 7
    with pytest.raises(GapvizError, match="25 tokens, and the encoder reads 24"):
        encoder.encode_texts(["dog " * 23])


def test_a_folder_answers_as_open_clip_itself(siglip):
    import open_clip
    import torch

    encoder = load_encoder(f"local-dir:{siglip}", device="cpu")
    model, _, transform = open_clip.create_model_and_transforms(f"local-dir:{siglip}")
    tokens = open_clip.get_tokenizer(f"local-dir:{siglip}")(["a dog", "two cats on a roof"])
    with torch.inference_mode():
        image = model.eval().encode_image(transform(PICTURE)[None], normalize=True).numpy()
        text = model.encode_text(tokens, normalize=True).numpy()
    assert encoder.encode_images([PICTURE]) == pytest.approx(image, abs=1e-6)
    assert encoder.encode_texts(["a dog", "two cats on a roof"]) == pytest.approx(text, abs=1e-6)


def test_a_folder_is_known_by_its_content(siglip, tmp_path):
    copy = shutil.copytree(siglip, tmp_path / "copy")
    first, second = (load_encoder(f"open_clip:local-dir:{path}") for path in (siglip, copy))
    assert first.card.name == second.card.name
    other = load_encoder(f"local-dir:{saved(tmp_path / 'other', SIGLIP, seed=1)}")
    assert other.card.name != first.card.name


def test_a_folder_that_holds_no_model_is_refused(siglip, tmp_path):
    with pytest.raises(GapvizError, match=r"there is no open_clip_config.json"):
        load_encoder(f"local-dir:{tmp_path}")
    bare = shutil.copytree(siglip, tmp_path / "bare")
    (bare / "open_clip_model.safetensors").unlink()
    with pytest.raises(GapvizError, match="do not make a model"):
        load_encoder(f"local-dir:{bare}")
    broken = shutil.copytree(siglip, tmp_path / "broken")
    (broken / "open_clip_config.json").write_text("{")
    with pytest.raises(GapvizError, match="do not make a model"):
        load_encoder(f"local-dir:{broken}")


def test_weights_beside_a_name_that_brings_its_own_are_refused(siglip):
    with pytest.raises(GapvizError, match="brings its own weights"):
        OpenClipEncoder(f"local-dir:{siglip}", "openai")


@pytest.mark.parametrize("name", ["hf-hub:org/name", "open_clip:hf-hub:org/name"])
def test_offline_hugging_face_says_what_to_do(monkeypatch, tmp_path, name):
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(GapvizError, match=r"hf-hub:org/name: .* connect to huggingface.co"):
        load_encoder(name, device="cpu")


def test_a_hub_model_in_the_cache_loads_without_network(monkeypatch, tmp_path):
    import open_clip.pretrained

    folder = saved(tmp_path / "small", SMALL)

    def cached(repo_id, filename, **_):
        assert repo_id == "org/name"
        return str(folder / filename)

    monkeypatch.setattr(open_clip.pretrained, "hf_hub_download", cached)
    encoder = load_encoder("hf-hub:org/name", device="cpu")
    assert (encoder.card.name, encoder.card.dim) == ("hf-hub:org/name", 16)
    local = load_encoder(f"local-dir:{folder}", device="cpu")
    assert np.array_equal(encoder.encode_texts(["a dog"]), local.encode_texts(["a dog"]))


def test_a_tag_gets_the_activation_that_it_was_trained_with(monkeypatch):
    import open_clip

    asked = {}

    def stop(name, tag, **options):
        asked[tag] = options["force_quick_gelu"]
        raise RuntimeError

    monkeypatch.setattr(open_clip, "create_model", stop)
    for tag in ("openai", "laion2b_s34b_b79k"):
        with pytest.raises(GapvizError, match="cannot be downloaded"):
            OpenClipEncoder("ViT-B-32", tag, device="cpu")
    assert asked == {"openai": True, "laion2b_s34b_b79k": False}


def test_a_device_that_is_not_there_is_refused():
    for device in ("tpu", "cuda:99", "cpu:x"):
        with pytest.raises(GapvizError, match="choose one of cpu"):
            load_any_encoder("efficientnet-lite0", device=device)
