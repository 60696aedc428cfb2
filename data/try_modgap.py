"""Try weights of the ModGap loss, all else as in the recipe: the table of `data/README.md`.

Run it as `python data/try_modgap.py`; about six minutes on two cores. Every figure is of the
items of `calibrate`: those of `evaluate` have no part in the choice.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import product

from drawing_names import drawn_items
from held_out import held_out
from inputs import Inputs, fitted
from recipes import TEMPERATURE, Recipe
from splitting import TRAIN, split_items
from tower_features import tower_features
from training import train
from vectors_of import collection_of

from gapviz.analyses.training.objectives import InfoNCE, ModGap
from gapviz.core.splits import CALIBRATE, EVALUATE

ALIGNMENTS = (1.0, 3.0, 10.0, 30.0)
UNIFORMITIES = (0.0, 1.0, 10.0)

HEAD = (
    "| λ₁ | λ₂ | gap | R@10 | bias@10 text, image queries | mixed NDCG@10 text, image queries |\n"
    "|---|---|---|---|---|---|"
)


def lines() -> Iterator[str]:
    """A line a run, the built-in encoder's objective first; then what is chosen."""
    # One head of each modality is enough to tell the weights apart.
    recipe = replace(Recipe(), heads=1)
    items = drawn_items()
    splits = split_items(items, recipe.seed)
    features = tower_features(
        items, splits[TRAIN], seed=recipe.seed, views=recipe.views, set_views=recipe.set_views
    )
    inputs = Inputs(features, fitted(features, splits[TRAIN], recipe.width), splits[TRAIN])
    # `held_out` measures the items of `evaluate`.
    swapped = {**splits, EVALUATE: splits[CALIBRATE], CALIBRATE: splits[EVALUATE]}
    outcomes: dict[tuple[float, float], tuple[float, float]] = {}
    yield HEAD
    for alignment, uniformity in [(0.0, 0.0), (0.0, 1.0), *product(ALIGNMENTS, UNIFORMITIES)]:
        # Without weights it is InfoNCE, without the rounding of terms that weigh nothing.
        plain = not (alignment or uniformity)
        objective = InfoNCE(TEMPERATURE) if plain else ModGap(TEMPERATURE, alignment, uniformity)
        run = train(inputs, splits, objective, recipe)
        shown = held_out(collection_of(items, inputs, run.heads, swapped, ""))
        value = {figure.what: figure.value for figure in shown}
        bias, ndcg = (
            [value[f"{what}, {queries} queries"] for queries in ("text", "image")]
            for what in ("bias@10", "mixed NDCG@10")
        )
        gap = value["gap (distance of the centroids)"]
        outcomes[alignment, uniformity] = (run.kept.recall, sum(ndcg))
        yield (
            f"| {alignment:g} | {uniformity:g} | {gap:.3f} | {run.kept.recall:.3f} | "
            f"{bias[0]:.3f}, {bias[1]:.3f} | {ndcg[0]:.3f}, {ndcg[1]:.3f} |"
        )
    enough = outcomes[0.0, 0.0][0] - recipe.near_equal
    near = {
        weights: ndcg
        for weights, (recall, ndcg) in outcomes.items()
        if recall >= enough and min(weights) > 0
    }
    yield "chosen: λ₁ = {:g}, λ₂ = {:g}".format(*max(near, key=lambda weights: near[weights]))


if __name__ == "__main__":
    for line in lines():
        print(line, flush=True)
