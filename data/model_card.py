"""Write the card of the built-in encoder, or of a variant, from what its training measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from textwrap import fill

from emoji_sets import EMOJI_SETS
from held_out import Figure
from photographs import CARD_FILE, WIDTH, photographs_section
from recipes import FLOAT16_BITS, Recipe, Variant
from splitting import TRAIN
from training import Trained

from gapviz.core.splits import CALIBRATE, EVALUATE
from gapviz.core.vectors import Indices
from gapviz.sources.builtin.variants import BUILTIN_ENCODERS, encoder_name
from gapviz.storage.files import write_atomically

INTRODUCTION = """# The built-in encoder

A small dual encoder that comes with gapviz: **EfficientNet-lite0** (images) and
**all-MiniLM-L6-v2** (texts), both frozen, each with {heads} trained heads of different seeds
(standardise, linear, ReLU, linear to 256 dimensions, unit length), whose outputs stand side by
side and are brought back to 256 dimensions. It is **not CLIP**: it saw {n_train} concepts as
drawings where CLIP saw hundreds of millions of photographs. What it shares with CLIP is the
training objective at a low temperature, and with it a modality gap that nobody put there.
"""

VARIANT_INTRODUCTION = """# {title}

A variant of the [built-in encoder](../../encoder/MODEL_CARD.md), under the name `{name}`.
{description}
Towers, shape of the heads, data, splits, seed and the rule that chose the step are the same;
only the objective differs.
"""

CARD = """{introduction}
## Training

- Data: {n_train} OpenMoji drawings with one to three captions each (`train`); {n_calibrate}
  more (`calibrate`) chose the step. Splits are by item and alike within every label.
{seen}
- Further names and keywords of these concepts from emojilib and emojibase.
- The 1,000 classes of ImageNet, as (point of the feature space, name): the points are read
  off the frozen tower's own classifier, so no photograph was needed. {class_batch} of them make
  a batch of their own at each step, whose loss weighs {class_weight}.
- What the image heads read: mean and maximum of each of the tower's last five stages, and the
  names of ImageNet's classes through the text tower, weighed by the classifier's
  probabilities; of all these the first {width} principal directions of the training pictures.
  One pass of the tower gives all of them. They are the same for
  all variants (`encoder/inputs.safetensors`).
{objective}
- Batches of {batch}, AdamW from {learning_rate} down to 0 along a cosine in {steps} steps; with
  {name_share:.0%} an item's name, else another of its captions, names or lines of keywords.
- Against overfitting: dropout {dropout}, noise on the inputs ({image_noise} on images,
  {text_noise} on texts); altered renderings stand on pale backgrounds, scaled, shifted, turned,
  perhaps mirrored.
- Kept: step {step}, the earliest whose mean R@10 on `calibrate` is within {near_equal} of
  the best. The whole course, from the untrained heads on, is in `training_log.json`.
{notes}
## Held out: {n_evaluate} `evaluate` items

Neither trained on nor used to choose anything. R@k: every query searches these {n_evaluate}
items; ties count against the query. Bias and NDCG: every query searches the drawings and
the names of these items in one mixed index, without its own entry; texts that ask are the
captions after the first. In brackets the 95 % interval, bootstrap over items (for the gap, see
docs/coverage_gap.md).{paired}

{table}

Chance R@10 is {chance:.3f}. A "second caption" is another name of the item, or a line of
hints ("fruit, food, tropical"), or the first where it has no other.

{photographs}
## Limits

{limits}- It knows the concepts that emoji name. Text in pictures, counts, left and right, and
  relations are beyond it.
- Texts over 256 tokens are refused. English only.
- Drawings of people carry OpenMoji's view of them, and names carry Unicode's.

## Licences

Heads: trained on OpenMoji drawings (CC BY-SA 4.0, openmoji.org), shared under CC BY-SA 4.0,
and on views from Noto Emoji (Google, Apache-2.0), Twemoji (Twitter and contributors, CC BY 4.0)
and Fluent Emoji (Microsoft, MIT), of which nothing is copied here. Names and keywords:
emojilib (MIT), emojibase (MIT).
Towers: EfficientNet-lite0 Apache-2.0; all-MiniLM-L6-v2 Apache-2.0. Neither is copied here.
"""

LIMITS = """- Photographs: the heads never saw one. What they know of them comes from other sets'
  drawings and from the names of ImageNet's classes: coarse matches at best.
- Of the held-out items {missed:.0%} are not among the ten nearest to their own name.
"""

VARIANT_LIMITS = """- Photographs: the heads never saw one; see the built-in encoder's card.
"""

HEAD = "| | shipped | mean of {n} repeats | lowest … highest |\n|---|---|---|---|"
VARIANT_HEAD = "| | this variant | built-in | this minus built-in |\n|---|---|---|---|"

REPEATED = """ The other
columns are of {repeats} further trainings with other seeds, chosen by the same rule; none of them
had a say in what is shipped."""

PAIRED = """ The last column reads both models on the same
resampled items."""


def write_model_card(
    folder: Path,
    variant: Variant,
    recipe: Recipe,
    runs: Sequence[Trained],
    chosen: Trained,
    splits: Mapping[str, Indices],
    figures: Sequence[Figure],
    *,
    base: Sequence[Figure],
    exact: Sequence[Figure],
    repeats: Sequence[Sequence[Figure]],
) -> None:
    """Write `MODEL_CARD.md`.

    Args:
        folder: where.
        variant: whose card.
        recipe: what all variants share.
        runs: every candidate trained.
        chosen: the one whose heads are stored.
        splits: the items of each split.
        figures: of the heads and vectors as stored: the rows of the table.
        base: the same rows of the built-in encoder, for a variant's card.
        exact: the same rows of the heads before they were stored.
        repeats: the same rows of trainings with other seeds, for the built-in encoder's card.
    """
    n_evaluate = splits[EVALUATE].size
    found = next(row.value for row in figures if row.what == "R@10 text → image")
    words = BUILTIN_ENCODERS[encoder_name(variant.name)]
    introduction = VARIANT_INTRODUCTION if variant.name else INTRODUCTION
    text = CARD.format(
        **asdict(recipe),
        introduction=introduction.format(
            name=words.name,
            title=words.title,
            description=fill(words.description, WIDTH),
            n_train=splits[TRAIN].size,
            heads=recipe.heads,
        ),
        seen=_seen(recipe, splits[TRAIN].size),
        objective=_bullet(f"Objective: {chosen.objective.in_words()}."),
        step=chosen.kept.step,
        n_train=splits[TRAIN].size,
        n_calibrate=splits[CALIBRATE].size,
        n_evaluate=n_evaluate,
        chance=10 / n_evaluate,
        notes=_notes(variant, runs, chosen, figures, exact),
        paired=PAIRED if variant.name else REPEATED.format(repeats=len(repeats)),
        table=_paired_table(figures, base) if variant.name else _table(figures, repeats),
        photographs=photographs_section(variant.name),
        limits=VARIANT_LIMITS if variant.name else LIMITS.format(missed=1 - found),
    )
    write_atomically(folder / CARD_FILE, text.encode())


def _seen(recipe: Recipe, n_train: int) -> str:
    """The line about views."""
    sets = ", ".join(f"{one.package.name} {one.package.version}" for one in EMOJI_SETS)
    return _bullet(
        f"Views of the same {n_train} concepts, altered: {recipe.views} of each drawing, and "
        f"{recipe.set_views} of what each of three other sets draws at its code points ({sets}). "
        "No concept of the other two splits is shown, which is checked before training."
    )


def _table(figures: Sequence[Figure], repeats: Sequence[Sequence[Figure]]) -> str:
    """One row a figure; beside it mean and range of the repeats."""
    rows = []
    for row, *others in zip(figures, *repeats, strict=True):
        values = [other.value for other in others]
        mean = sum(values) / len(values)
        rows.append(f"| {row.what} | {row} | {mean:.3f} | {min(values):.3f} … {max(values):.3f} |")
    return "\n".join([HEAD.format(n=len(repeats)), *rows])


def _paired_table(figures: Sequence[Figure], base: Sequence[Figure]) -> str:
    """One row a figure; beside it the built-in encoder's and the difference."""
    rows = [
        f"| {row.what} | {row} | {other} | {row.minus(other)} |"
        for row, other in zip(figures, base, strict=True)
    ]
    return "\n".join([VARIANT_HEAD, *rows])


def _notes(
    variant: Variant,
    runs: Sequence[Trained],
    chosen: Trained,
    figures: Sequence[Figure],
    exact: Sequence[Figure],
) -> str:
    """Lines of the training section that not every card has."""
    lines = []
    if chosen.learned:
        ended = ", ".join(f"{name} {value:g}" for name, value in chosen.learned.items())
        lines.append(f"What the loss had learned by then: {ended}.")
    if variant.chosen:
        lines.append(f"Chosen: {variant.chosen}.")
    if len(runs) > 1:
        tried = "; ".join(f"{run.objective.in_words()}: {run.kept.recall:.3f}" for run in runs)
        lines.append(
            f"Tried, with the mean R@10 on `calibrate` of the step kept: {tried}. Of those "
            "within the same margin of the best, the last was taken."
        )
    changes = {
        new.what: abs(new.value - old.value) for new, old in zip(figures, exact, strict=True)
    }
    worst = max(changes, key=lambda what: changes[what])
    change = (
        f"They differ from float32's by {changes[worst]:.4f} at most ({worst})."
        if changes[worst] >= 0.0005
        else "To three digits they are float32's."
    )
    bits = variant.significant_bits
    rounded = "" if bits == FLOAT16_BITS else f", rounded to {bits} significant bits"
    lines.append(
        f"Heads and vectors are stored as float16{rounded}; the figures below are those of what "
        f"is stored. {change}"
    )
    return "\n".join(map(_bullet, lines)) + "\n"


def _bullet(text: str) -> str:
    return fill(text, WIDTH, initial_indent="- ", subsequent_indent="  ")
