import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from gapviz.commands.encode import encoder_name
from gapviz.core.collection import Collection
from gapviz.core.errors import GapvizError
from gapviz.core.item import Item
from gapviz.storage.saved_collection import load_collection, save_collection
from tests.patience import PATIENCE_SECONDS, until
from tests.sources.files.image_making import put

pytestmark = pytest.mark.encoder


@pytest.fixture(autouse=True)
def _cache(tmp_path, monkeypatch):
    monkeypatch.setenv("GAPVIZ_CACHE", str(tmp_path / "cache"))


def test_a_source_is_encoded_into_a_folder(source, figures, tmp_path):
    told = figures("encode", *source, "--encoder", "efficientnet-lite0", "--out", tmp_path / "out")
    assert told["rows"] == {"image": 5} and told["dim"] == 1280
    assert (told["n_encoded"], told["n_reused"], told["n_items"]) == (4, 0, 6)
    assert told["skipped"] == [{"what": "2.png", "why": "is not an image"}]
    back = load_collection(tmp_path / "out")
    assert back.encoder == "efficientnet-lite0" and back.n_items == 6


def test_a_second_run_encodes_nothing_and_replaces_the_folder(source, figures, run, tmp_path):
    arguments = ("encode", *source, "--encoder", "minilm", "--out", tmp_path / "out")
    assert figures(*arguments)["n_encoded"] == 4
    text = run(*arguments).stdout
    assert "encoded 0, reused 4" in text and "six: 6 items, 9 text vectors" in text


def test_captions_can_all_be_indexed(source, figures, tmp_path):
    arguments = ("encode", *source, "--encoder", "minilm", "--out", tmp_path / "out")
    figures(*arguments)
    assert load_collection(tmp_path / "out").modality("text").query_only.sum() == 3
    figures(*arguments, "--indexed-captions", "all")
    assert not load_collection(tmp_path / "out").modality("text").query_only.any()


def test_long_captions_are_cut_and_counted_or_left_out(run, figures, tmp_path):
    put(tmp_path, "photos/a.png")
    put(tmp_path, "photos/a.txt", f"short\n{'red bus ' * 300}")
    arguments = ("encode", tmp_path / "photos", "--encoder", "minilm", "--out", tmp_path / "out")
    assert "cut 1 caption at the 256 tokens that the encoder reads" in run(*arguments).stdout
    told = figures(*arguments, "--long-captions", "leave-out")
    assert told["n_cut"] == 0 and told["rows"] == {"text": 1}
    why = "has 602 tokens, and the encoder reads 256"
    assert told["skipped"] == [{"what": "a.png, caption 2", "why": why}]


def test_what_was_encoded_can_be_measured(source, figures, tmp_path):
    model = ("--encoder", "ViT-S-32-alt", "--pretrained", "random-3")
    told = figures("encode", *source, *model, "--out", tmp_path / "out")
    assert told["encoder"] == "open_clip:ViT-S-32-alt:random-3"
    assert told["rows"] == {"image": 5, "text": 9}
    assert 0 < figures("measure", tmp_path / "out", "--fit", "all")["gap"]["value"] < 2


def test_random_weights_are_asked_for_and_then_told_of(source, refused, figures, run, tmp_path):
    arguments = ("encode", *source, "--encoder", "ViT-S-32-alt", "--out", tmp_path / "out")
    assert "names no weights" in refused(*arguments)
    told = figures(*arguments, "--random-weights")
    assert told["encoder"] == "open_clip:ViT-S-32-alt:random-0"
    assert "random weights" in told["warnings"][0]
    assert "random weights" in run(*arguments, "--random-weights").stdout
    assert "random weights" in run("info", tmp_path / "out").stdout


def test_a_model_of_sentence_transformers_is_found_in_its_folder(
    source, small_clip, figures, run, tmp_path
):
    model = ("--encoder", small_clip, "--dims", "4")
    arguments = ("encode", *source, *model, "--out", tmp_path / "out")
    told = figures(*arguments)
    assert (told["dim"], told["rows"]) == (4, {"image": 5, "text": 9})
    assert told["encoder"].startswith("sentence-transformers:checkpoint-")
    assert told["encoder_record"]["query_prompt"] == "query : "
    assert "'query : ' before what only asks" in run("info", tmp_path / "out").stdout
    found = figures("search", tmp_path / "out", "a red apple", "-k", "3", "--fit", "all")
    assert len(found["hits"]) == 3 and found["match_rank"] is None


def test_mistakes_are_told_in_one_sentence(source, refused, tmp_path):
    out = ("--out", tmp_path / "out")
    assert "--out" in refused("encode", *source)
    assert "no model" in refused("encode", *source, *out, "--encoder", "no-such-model")
    assert "--pretrained" in refused("encode", *source, *out, "--pretrained", "openai")
    assert "negative" in refused("encode", *source, *out, "--workers", "-1")
    assert "no device" in refused("encode", *source, *out, "--encoder", "minilm", "--device", "x")
    assert "there is no 'some'" in refused("encode", *source, *out, "--indexed-captions", "some")
    assert "not a saved" in refused("encode", *source, "--out", tmp_path)
    assert "go with --ray" in refused("encode", *source, *out, "--actors", "2")
    assert "are none" in refused("encode", *source, *out, "--ray", "local", "--actors", "0")
    assert "no such file" in refused("encode", tmp_path / "none", *out)
    assert not (tmp_path / "out").exists()


def test_a_bare_name_is_a_model_of_open_clip():
    assert encoder_name("ViT-B-32", None) == "open_clip:ViT-B-32"
    assert encoder_name("ViT-B-32", "openai") == "open_clip:ViT-B-32:openai"
    assert encoder_name("timm:resnet18", None) == "timm:resnet18"
    with pytest.raises(GapvizError, match="leave it out"):
        encoder_name("builtin", "openai")


def test_random_weights_and_dimensions_go_with_models_that_have_them():
    assert encoder_name("ViT-B-32", None, random_weights=True) == "open_clip:ViT-B-32:random-0"
    assert encoder_name("timm:resnet18", None, random_weights=True) == "timm:resnet18:random-0"
    for model, pretrained in (("builtin", None), ("ViT-B-32", "openai")):
        with pytest.raises(GapvizError, match="bare name"):
            encoder_name(model, pretrained, random_weights=True)
    name = encoder_name("sentence-transformers:org/name", None, dims=256)
    assert name == "sentence-transformers:org/name:dims-256"
    with pytest.raises(GapvizError, match="goes with a model of sentence-transformers"):
        encoder_name("ViT-B-32", None, dims=256)
    with pytest.raises(GapvizError, match="say whose it is"):
        encoder_name("org/name", None)


def test_a_folder_says_which_family_saved_it(tmp_path):
    (tmp_path / "modules.json").write_text("[]")
    assert encoder_name(str(tmp_path), None) == f"sentence-transformers:{tmp_path}"
    (tmp_path / "open_clip_config.json").write_text("{}")
    assert encoder_name(str(tmp_path), None) == f"local-dir:{tmp_path}"


@pytest.mark.skipif(sys.platform != "linux", reason="finds the processes in /proc")
def test_ctrl_c_stops_with_one_sentence_and_leaves_no_half_folder(source, tmp_path):
    _, _, pictures = source
    items = tuple(Item(str(i), image="0.png") for i in range(200_000))
    save_collection(Collection("many", items, {}), tmp_path / "many")
    out = tmp_path / "out"
    command = [sys.executable, "-m", "gapviz", "encode", tmp_path / "many", "--images", pictures,
               "--encoder", "efficientnet-lite0", "--out", out]  # fmt: skip
    process = subprocess.Popen(
        command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    until(lambda: len(_workers(process.pid)) >= 2)
    os.killpg(process.pid, signal.SIGINT)
    told, complaint = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 130
    assert (told, complaint) == ("", "gapviz: stopped; the same command goes on from here.\n")
    assert not [path for path in tmp_path.iterdir() if path.name.startswith((".", "out"))]


def _workers(pid):
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    # The interpreter's resource tracker is a child as well.
    return [child for child in children if b"spawn_main" in _command(child)]


def _command(pid):
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""
