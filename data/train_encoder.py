"""Train the heads of the built-in encoder and of its variants.

Run it as `python data/train_encoder.py`; about ten minutes on two cores. With the names of
variants (`python data/train_encoder.py modgap`) it trains those alone. The same versions on the
same machine give the same bytes. It writes `data/encoder/` and `data/variants/`.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from drawing_names import drawn_items
from held_out import Figure, held_out
from model_card import write_model_card
from recipes import Recipe, Variant, chosen_variants
from splitting import TRAIN, split_items
from tower_features import tower_features
from training import Trained, train_variant
from vectors_of import as_stored, collection_of, load_heads

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
    """Write both heads, as precise as the variant's files are."""
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {
        name: as_stored(array, variant.name)
        for part, head in chosen.heads.items()
        for name, array in head.tensors(part).items()
    }
    write_atomically(folder / HEADS_FILE, deflated(tensors))


def main(say: Callable[[str], None] = print) -> None:
    """Train, choose, measure and write every variant that is asked for."""
    variants, shared = chosen_variants("Train heads."), Recipe()
    items = drawn_items()
    splits = split_items(items, shared.seed)
    say(f"{len(items)} items, {', '.join(f'{k} {v.size}' for k, v in splits.items())}")
    features = tower_features(items, splits[TRAIN], seed=shared.seed, views=shared.views)
    base: list[Figure] = []
    for variant in variants:
        name = encoder_name(variant.name)
        say(f"{name}: training")
        chosen, runs = train_variant(features, splits, variant, shared)
        folder = DATA / variant_place(variant.name)
        write_heads(folder, chosen, variant)
        log = json.dumps(record_of(shared, chosen, runs), indent=1) + "\n"
        write_atomically(folder / "training_log.json", log.encode())
        heads = load_heads(folder)
        figures = held_out(collection_of(items, features, heads, splits, variant.name))
        if not variant.name:
            base = figures
        elif not base:
            stored = load_heads(DATA / variant_place(""))
            base = held_out(collection_of(items, features, stored, splits, ""))
        exact = held_out(collection_of(items, features, chosen.heads, splits, ""))
        write_model_card(
            folder, variant, shared, runs, chosen, splits, figures, base=base, exact=exact
        )
        for figure in figures:
            say(f"  {figure.what}: {figure}")


if __name__ == "__main__":
    main()
