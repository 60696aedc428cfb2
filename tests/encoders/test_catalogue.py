import subprocess
import sys

import pytest

from gapviz.encoders.catalogue import _is_cached, available_models


@pytest.fixture(autouse=True)
def hub(monkeypatch, tmp_path):
    """Caches of their own, empty."""
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def only(model, tag):
    (entry,) = [e for e in available_models() if (e.model, e.tag) == (model, tag)]
    return entry


def test_the_list_holds_what_is_known_of_clip():
    entry = only("ViT-B-32", "openai")
    assert (entry.parameters, entry.dim, entry.cached) == (151_277_313, 512, False)
    assert entry.download_bytes == 4 * entry.parameters
    assert entry.encoder_name == "open_clip:ViT-B-32:openai"


def test_it_is_open_clip_s_own_list():
    from gapviz.encoders.torchvision_operators import declare_torchvision_operators

    declare_torchvision_operators()
    import open_clip

    assert [(e.model, e.tag) for e in available_models()] == [
        (model, tag)
        for model in open_clip.list_models()
        for tag in open_clip.list_pretrained_tags_by_model(model)
    ]


def test_weights_in_hugging_face_s_cache_are_seen(hub):
    where = hub / "hub" / "models--laion--CLIP-ViT-B-32-laion2B-s34B-b79K"
    (where / "refs").mkdir(parents=True)
    (where / "refs" / "main").write_text("abc")
    (where / "snapshots" / "abc").mkdir(parents=True)
    (where / "snapshots" / "abc" / "open_clip_model.safetensors").write_bytes(b"x" * 70)
    assert only("ViT-B-32", "laion2b_s34b_b79k").cached
    assert not only("ViT-B-32", "openai").cached


def test_weights_that_come_by_url_are_seen_in_open_clip_s_own_cache(hub):
    source = {"url": "https://example.org/weights/rn50.pt"}
    assert not _is_cached(source)
    (hub / ".cache" / "clip").mkdir(parents=True)
    (hub / ".cache" / "clip" / "rn50.pt").write_bytes(b"x" * 9)
    assert _is_cached(source)


def test_reading_it_imports_neither_torch_nor_open_clip():
    code = (
        "import sys; from gapviz.encoders.catalogue import available_models; "
        "assert available_models(); "
        "print([name for name in ('torch', 'open_clip', 'transformers') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
