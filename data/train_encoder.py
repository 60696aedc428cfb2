"""Train the heads of the built-in encoder and of its variants.

Run it as `python data/train_encoder.py`; about twenty minutes on two cores. With the names of
variants (`python data/train_encoder.py modgap`) it trains those alone. The same versions on the
same machine give the same bytes. It writes `data/encoder/` and `data/variants/`. The first run
reads a few packages of npm (`npm_packages.py`) and keeps them in the cache folder.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from drawing_names import drawn_items
from held_out import Figure, held_out
from inputs import Inputs, fitted
from model_card import write_model_card
from recipes import Recipe, Variant, chosen_variants
from splitting import TRAIN, split_items
from tower_features import TowerFeatures, tower_features
from training import Trained, train, train_variant
from vectors_of import as_stored, collection_of

from gapviz.core.vectors import Indices
from gapviz.encoders.heads import INPUTS_FILE, ImageInputs, joined_tensors, load_joined
from gapviz.sources.builtin.deflated import deflated
from gapviz.sources.builtin.variants import HEADS_FILE, encoder_name, variant_place
from gapviz.storage.files import write_atomically

DATA = Path(__file__).resolve().parent


def record_of(recipe: Recipe, chosen: Trained, runs: list[Trained]) -> dict[str, Any]:
    """The training log as plain data: how the heads came to be, and what else was tried."""
    record: dict[str, Any] = {
        "objective": asdict(chosen.objective),
        "recipe": asdict(recipe),
        "kept_step": chosen.kept.step,
    }
    if chosen.learned:
        record["learned_by_kept_step"] = chosen.learned
    if len(runs) > 1:
        record["tried"] = [
            {"objective": asdict(run.objective), "kept": asdict(run.kept)} for run in runs
        ]
    return record | {"log": [asdict(line) for line in chosen.log]}


def write_heads(folder: Path, chosen: Trained, variant: Variant) -> None:
    """Write the heads, as precise as the variant's files are."""
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {
        name: as_stored(array, variant.name) if array.dtype == np.float32 else array
        for name, array in joined_tensors(chosen.heads).items()
    }
    write_atomically(folder / HEADS_FILE, deflated(tensors))


def image_inputs(features: TowerFeatures, train: Indices, recipe: Recipe, *, anew: bool) -> Inputs:
    """What the image heads read, as it is stored; fitted and written before where `anew`."""
    path = DATA / variant_place("") / INPUTS_FILE
    if anew:
        made = fitted(features, train, recipe.width).tensors()
        wide = ("image.directions", "image.class_names")
        tensors = {name: as_stored(a, "") if name in wide else a for name, a in made.items()}
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, deflated(tensors))
    return Inputs(features, ImageInputs.load(path), train)


def main(say: Callable[[str], None] = print) -> None:
    """Train, choose, measure and write every variant that is asked for."""
    variants, shared = chosen_variants("Train heads."), Recipe()
    items = drawn_items()
    splits = split_items(items, shared.seed)
    say(f"{len(items)} items, {', '.join(f'{k} {v.size}' for k, v in splits.items())}")
    features = tower_features(
        items, splits[TRAIN], seed=shared.seed, views=shared.views, set_views=shared.set_views
    )
    anew = not variants[0].name
    inputs = image_inputs(features, splits[TRAIN], shared, anew=anew)
    base: list[Figure] = []
    for variant in variants:
        name = encoder_name(variant.name)
        say(f"{name}: training")
        chosen, runs = train_variant(inputs, splits, variant, shared)
        folder = DATA / variant_place(variant.name)
        write_heads(folder, chosen, variant)
        log = json.dumps(record_of(shared, chosen, runs), indent=1) + "\n"
        write_atomically(folder / "training_log.json", log.encode())
        stored = load_joined(folder / HEADS_FILE)
        figures = held_out(collection_of(items, inputs, stored, splits, variant.name))
        exact = held_out(
            collection_of(items, inputs, chosen.heads, splits, variant.name, exact=True)
        )
        repeats: list[list[Figure]] = []
        if not variant.name:
            base = figures
            for repeat in range(1, shared.repeats + 1):
                say(f"{name}: repeat {repeat}")
                again = train(inputs, splits, chosen.objective, shared, repeat=repeat)
                repeats.append(held_out(collection_of(items, inputs, again.heads, splits, "")))
        elif not base:
            of_base = load_joined(DATA / variant_place("") / HEADS_FILE)
            base = held_out(collection_of(items, inputs, of_base, splits, ""))
        write_model_card(
            folder,
            variant,
            shared,
            runs,
            chosen,
            splits,
            figures,
            base=base,
            exact=exact,
            repeats=repeats,
        )
        for figure in figures:
            say(f"  {figure.what}: {figure}")


if __name__ == "__main__":
    main()
