"""Encoders of one modality, for what a dedicated one would do better."""

import json
import shutil

import numpy as np
import pytest
from PIL import Image

from gapviz.core.errors import GapvizError
from gapviz.encoders.registry import encoded_modalities, load_any_encoder, load_encoder
from gapviz.encoders.text_only import MiniLMEncoder, minilm_folder

MODEL = "test_vit"
PICTURES = [
    Image.fromarray(np.random.default_rng(seed).integers(0, 255, (80, 60, 3), dtype=np.uint8))
    for seed in range(3)
]
TEXTS = ["a red apple", "the house by the lake", "night"]


def unit(rows):
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def test_efficientnet_gives_its_features_as_unit_rows():
    encoder = load_any_encoder("efficientnet-lite0", device="cpu")
    features = encoder.image_features(PICTURES)
    assert features.shape == (3, encoder.card.dim)
    assert encoder.encode_images(PICTURES) == pytest.approx(unit(features), abs=1e-6)


def test_minilm_refuses_what_it_does_not_read_to_the_end():
    encoder = load_any_encoder("minilm", device="cpu")
    with pytest.raises(GapvizError, match="reads 256"):
        encoder.encode_texts(["word " * 300])


def test_timm_answers_as_timm_itself():
    encoder = load_any_encoder(f"timm:{MODEL}:random-5", device="cpu")
    import timm
    import torch

    torch.manual_seed(5)
    model = timm.create_model(MODEL, num_classes=0).eval()
    transform = timm.data.create_transform(**timm.data.resolve_model_data_config(model))
    with torch.inference_mode():
        theirs = model(torch.stack([transform(picture) for picture in PICTURES])).numpy()
    rows = encoder.encode_images(PICTURES)
    assert rows.shape[1] == encoder.card.dim
    assert rows == pytest.approx(unit(theirs), abs=1e-5)


def test_a_timm_checkpoint_is_read_back(tmp_path):
    from safetensors.torch import save_file

    encoder = load_any_encoder(f"timm:{MODEL}:random-5", device="cpu")
    path = tmp_path / "weights.safetensors"
    save_file(encoder._model.state_dict(), path)
    back = load_any_encoder(f"timm:{MODEL}:{path}", device="cpu")
    assert np.array_equal(back.encode_images(PICTURES), encoder.encode_images(PICTURES))
    assert back.card.name.startswith(f"timm:{MODEL}:checkpoint-")
    with pytest.raises(GapvizError, match="not a checkpoint of timm resnet18"):
        load_any_encoder(f"timm:resnet18:{path}", device="cpu")
    path.write_bytes(b"\x00" * 40)
    with pytest.raises(GapvizError, match="damaged"):
        load_any_encoder(f"timm:{MODEL}:{path}", device="cpu")


def test_a_sentence_transformer_is_read_from_its_folder():
    encoder = load_any_encoder(f"sentence-transformers:{minilm_folder()}", device="cpu")
    assert (encoder.card.dim, encoder.card.text_limit) == (384, 256)
    assert encoder.encode_texts(TEXTS) == pytest.approx(
        MiniLMEncoder("cpu").text_features(TEXTS), abs=1e-5
    )
    assert encoder.card.name.startswith("sentence-transformers:checkpoint-")
    with pytest.raises(GapvizError, match="302 tokens, and the encoder reads 256"):
        encoder.encode_texts(["word " * 300])


def test_a_sentence_transformer_s_own_code_is_never_run(tmp_path):
    folder = shutil.copytree(minilm_folder(), tmp_path / "model")
    modules = json.loads((folder / "modules.json").read_text())
    modules[0]["type"] = "attack.Attack"
    (folder / "modules.json").write_text(json.dumps(modules))
    (folder / "attack.py").write_text("raise SystemExit('ran')")
    with pytest.raises(GapvizError):
        load_any_encoder(f"sentence-transformers:{folder}", device="cpu")


def test_offline_both_say_what_to_do(monkeypatch, tmp_path):
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(GapvizError, match=r"timm resnet18.a1_in1k: its weights cannot be down"):
        load_any_encoder("timm:resnet18.a1_in1k", device="cpu")
    with pytest.raises(GapvizError, match=r"org/name: its model cannot be downloaded"):
        load_any_encoder("sentence-transformers:org/name", device="cpu")


def test_a_dual_encoder_is_any_encoder_too():
    assert load_any_encoder("builtin").card == load_encoder("builtin").card


@pytest.mark.parametrize(
    ("load", "name"),
    [
        (load_encoder, "minilm"),
        (load_any_encoder, "timm"),
        (load_any_encoder, "efficientnet-lite0:x"),
        (load_encoder, "efficientnet-lite0"),
        (load_any_encoder, "sentence-transformers:"),
        (load_any_encoder, "minilm:x"),
        (load_any_encoder, "magic"),
    ],
)
def test_an_unknown_encoder_is_answered_with_what_exists(load, name):
    with pytest.raises(GapvizError, match="choose"):
        load(name)


def test_an_unknown_timm_model_is_refused():
    with pytest.raises(GapvizError, match="timm has no model 'no-such'"):
        load_any_encoder("timm:no-such")


def test_a_name_tells_what_it_encodes():
    assert encoded_modalities("timm:resnet18") == ("image",)
    assert encoded_modalities("minilm") == ("text",)
    assert encoded_modalities("open_clip:ViT-B-32:openai") == ("image", "text")
