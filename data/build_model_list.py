"""List open_clip's models with their sizes and pretrained weights: `data/models/`.

Run it as `python data/build_model_list.py` after another version of open_clip was pinned. No
weights are made or downloaded: every architecture is built without memory behind it. Those
that need a text tower's configuration from Hugging Face are counted when that can be reached,
and listed without a size, with the reason, when it cannot.
"""

from __future__ import annotations

import json
import logging
import posixpath
import warnings
from pathlib import Path
from typing import Any

from gapviz.encoders.torchvision_operators import declare_torchvision_operators

FILE = Path(__file__).resolve().parent / "models" / "open_clip.json"


def main() -> None:
    """Write `open_clip.json`."""
    declare_torchvision_operators()
    import open_clip

    logging.disable(logging.CRITICAL)
    warnings.filterwarnings("ignore")
    models = {name: described(name) for name in open_clip.list_models()}
    FILE.parent.mkdir(exist_ok=True)
    content = {"open_clip": open_clip.__version__, "models": models}
    FILE.write_text(json.dumps(content, indent=1) + "\n", "utf-8")
    unsized = [name for name, model in models.items() if model["parameters"] is None]
    n_tags = sum(len(model["tags"]) for model in models.values())
    print(f"{len(models)} models with {n_tags} tags; without a size: {', '.join(unsized) or '—'}")


def described(name: str) -> dict[str, Any]:
    """What the configuration and the built architecture say of one model."""
    import open_clip

    config = open_clip.get_model_config(name)
    parameters, reason = counted(name)
    described: dict[str, Any] = {
        "parameters": parameters,
        "dim": config["embed_dim"],
        "image_size": config["vision_cfg"].get("image_size", 224),
        "context_length": config["text_cfg"].get("context_length", 77),
        "kind": kind(config),
        "tags": {tag: source(name, tag) for tag in open_clip.list_pretrained_tags_by_model(name)},
    }
    return described | ({"unsized": reason} if reason else {})


def counted(name: str) -> tuple[int | None, str]:
    """How many parameters the model has, or why that cannot be told."""
    import open_clip
    import torch

    try:
        with torch.device("meta"):
            model = open_clip.create_model(name, device="meta", pretrained_text=False)
    except OSError:
        return None, "its text tower's configuration lies on Hugging Face"
    return sum(weights.numel() for weights in model.parameters()), ""


def kind(config: dict[str, Any]) -> str:
    """`siglip` for a sigmoid loss, `coca` where a decoder writes captions, else `clip`."""
    if "init_logit_bias" in config:
        return "siglip"
    return "coca" if "multimodal_cfg" in config else "clip"


def source(name: str, tag: str) -> dict[str, str]:
    """Where the weights of a tag lie: a repository with a file in it, or a URL."""
    import open_clip

    config = open_clip.get_pretrained_cfg(name, tag)
    if config.get("hf_hub"):
        repository, file = posixpath.split(config["hf_hub"])
        return {"repository": repository, "file": file}
    return {"url": config["url"]}


if __name__ == "__main__":
    main()
