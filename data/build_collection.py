"""Send the drawings and their captions through towers and heads: `data/builtin/` and variants.

Run it as `python data/build_collection.py`, after `data/train_encoder.py`. It writes the
built-in collection, the vectors of every variant (`data/variants/*/vectors.safetensors`) and
those of the towers alone (`data/builtin/dedicated.safetensors`); with the names of variants, the
vectors of those.
"""

from __future__ import annotations

from pathlib import Path

from drawing_names import drawn_items
from inputs import Inputs
from recipes import VARIANTS, Recipe, chosen_variants
from splitting import TRAIN, split_items
from tower_features import TowerFeatures, tower_features
from vectors_of import as_stored, collection_of

from gapviz.core.collection import Collection
from gapviz.core.vectors import unit_rows
from gapviz.encoders.heads import INPUTS_FILE, ImageInputs, load_joined
from gapviz.sources.builtin.dedicated import DEDICATED_FILE, packed
from gapviz.sources.builtin.deflated import deflated
from gapviz.sources.builtin.variants import HEADS_FILE, variant_place
from gapviz.storage.files import write_atomically
from gapviz.storage.saved_collection import VECTORS_FILE, save_collection

DATA = Path(__file__).resolve().parent


def write_variant(collection: Collection, variant: str) -> None:
    """Write the vectors alone; all else is the built-in collection's."""
    tensors = {
        f"{name}.vectors": as_stored(block.vectors, variant)
        for name, block in collection.modalities.items()
    }
    write_atomically(DATA / variant_place(variant) / VECTORS_FILE, deflated(tensors))


def write_dedicated(features: TowerFeatures) -> None:
    """Write what the towers make of every drawing and every first caption."""
    images = packed(unit_rows(features.images), "image")
    texts = packed(unit_rows(features.texts[features.first]), "text")
    write_atomically(DATA / "builtin" / DEDICATED_FILE, deflated(images | texts))


def main() -> None:
    """Write the collection, its variants and the dedicated vectors."""
    variants, recipe = chosen_variants("Send drawings and captions through the heads."), Recipe()
    items = drawn_items()
    splits = split_items(items, recipe.seed)
    features = tower_features(
        items, splits[TRAIN], seed=recipe.seed, views=recipe.views, set_views=recipe.set_views
    )
    of_images = ImageInputs.load(DATA / variant_place("") / INPUTS_FILE)
    inputs = Inputs(features, of_images, splits[TRAIN])
    for variant in variants:
        heads = load_joined(DATA / variant_place(variant.name) / HEADS_FILE)
        collection = collection_of(items, inputs, heads, splits, variant.name)
        if variant.name:
            write_variant(collection, variant.name)
        else:
            save_collection(collection, DATA / "builtin", half=True)
        print(f"{collection.encoder}: {collection.n_items} items, {len(features.texts)} captions")
    if len(variants) == len(VARIANTS):
        write_dedicated(features)


if __name__ == "__main__":
    main()
