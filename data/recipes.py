"""Every number that decides what the heads of the built-in encoder and its variants become."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass

from gapviz.analyses.training.objectives import INTRA_MODAL, InfoNCE, ModGap, Objective, Sigmoid
from gapviz.sources.builtin.variants import BUILTIN

# Where CLIP's ends up after training; low, so the gap that the heads were born with stays.
TEMPERATURE = 0.01

FLOAT16_BITS = 11
"""Significant bits of a float16, the one that is not written included."""

# In eleven bits all that ships would be more than 30 MB.
VARIANT_BITS = 8
"""Of the numbers of the variants' files."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """What all variants share, so that only the objective tells them apart."""

    seed: int = 0
    """Of the split, the renderings and the first of the heads."""
    heads: int = 3
    """Of different seeds, joined."""
    width: int = 512
    """Principal directions of the pictures that the image heads read."""
    batch: int = 400
    class_batch: int = 200
    """Of ImageNet's classes, as (point, name)."""
    class_weight: float = 0.2
    """Of their loss, beside that of the drawings."""
    steps: int = 500
    eval_every: int = 25
    learning_rate: float = 1e-3
    loss_learning_rate: float = 1e-2
    """For what a loss learns itself; such numbers have far to go in so few steps."""
    weight_decay: float = 0.01
    hidden: int = 256
    dropout: float = 0.3
    image_noise: float = 0.3
    """Standard deviation of the noise added to standardised features."""
    text_noise: float = 0.5
    views: int = 2
    """Altered renderings of each training drawing, beside the plain one."""
    set_views: int = 1
    """Altered renderings of the same concept as each of the other sets draws it."""
    plain_share: float = 0.5
    """How often a drawing is shown as it is."""
    name_share: float = 0.4
    """How often a concept is named by its first caption."""
    near_equal: float = 0.01
    """Of checkpoints whose recall differs by less, the earliest is kept."""
    repeats: int = 3
    """Further trainings of the built-in encoder, with other seeds, that only its card tells of."""


@dataclass(frozen=True, slots=True)
class Variant:
    """A set of heads to train."""

    name: str
    """As after the colon of the encoder's name; empty for the built-in encoder itself."""
    candidates: Sequence[Objective]
    """Where there are several, recall on `calibrate` chooses; of the nearly equal, the last."""
    chosen: str = ""
    """How the numbers of its objective were chosen, where not from the candidates."""

    @property
    def significant_bits(self) -> int:
        """Of the numbers that are stored as float16; fewer take less room."""
        return VARIANT_BITS if self.name else FLOAT16_BITS


VARIANTS = (
    Variant("", [InfoNCE(TEMPERATURE)]),
    Variant("sigmoid", [Sigmoid()]),
    Variant(
        "intra-modal",
        [InfoNCE(TEMPERATURE, INTRA_MODAL, INTRA_MODAL, "InfoNCE with intra-modal terms")],
    ),
    Variant("warm", [InfoNCE(0.03), InfoNCE(0.05), InfoNCE(0.1)]),
    Variant(
        "modgap",
        [ModGap(TEMPERATURE, alignment=1.0, uniformity=1.0)],
        chosen="of the weights in `data/README.md`'s table, both above 0, whose R@10 on "
        "`calibrate` is at most 0.01 below the built-in encoder's loss, those with the best mixed "
        "NDCG@10",
    ),
)


def chosen_variants(what: str) -> tuple[Variant, ...]:
    """Those that the command line names, all where it names none; `what` the script does."""
    names = {variant.name or BUILTIN: variant for variant in VARIANTS}
    parser = argparse.ArgumentParser(description=what)
    parser.add_argument(
        "variants",
        nargs="*",
        metavar="VARIANT",
        help=f"{', '.join(names)}; all unless named, and what is not named stays as it is",
    )
    asked = parser.parse_args().variants
    unknown = [name for name in asked if name not in names]
    if unknown:
        parser.error(f"there is no variant {unknown[0]}; choose {', '.join(names)}")
    return tuple(variant for name, variant in names.items() if not asked or name in asked)
