"""The losses that heads are trained by, and what they say: the shipped ones and a visitor's.

Each takes unit rows `(n, dim)` of n pictures and of their n captions. S = pictures × captions,
II = pictures × pictures, TT = captions × captions: matrices of cosines.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

INTRA_MODAL = 0.25
"""Usual weight of either intra-modal term."""
ALIGNMENT = 10.0
"""Usual weight λ₁ of ModGap's alignment of pairs."""
UNIFORMITY = 10.0
"""Usual weight λ₂ of ModGap's uniformity of their centroids."""


@dataclass(frozen=True, eq=False)
class Loss:
    """A loss ready to be minimised."""

    of: Callable[[Any, Any], Any]
    """From pictures and captions to a number."""
    learned: dict[str, Any] = field(default_factory=dict)
    """What it learns itself, beside the heads: numbers by name."""


def with_intra_modal_terms(loss: Loss, within: float, across: float) -> Loss:
    """`loss`, plus consistency within and across the modalities (Goel et al. 2022, CyCLIP).

    The loss itself where neither term weighs anything.

    Adds within · Σ(II − TT)²/n, which wants two pictures as alike as their captions, and
    across · Σ(S − Sᵀ)²/n, which wants the first picture as near to the second caption as
    the second picture to the first caption.
    """
    if not (within or across):
        return loss

    def of(x: Any, y: Any) -> Any:
        scores = x @ y.T
        inside = (x @ x.T - y @ y.T).square().sum() / len(x)
        between = (scores - scores.T).square().sum() / len(x)
        return loss.of(x, y) + within * inside + across * between

    return Loss(of, loss.learned)


@dataclass(frozen=True, slots=True)
class InfoNCE:
    """Cross-entropy of S/τ over rows and over columns (Radford et al. 2021, CLIP).

    With `with_intra_modal_terms`.
    """

    temperature: float
    """τ, fixed."""
    within: float = 0.0
    across: float = 0.0
    name: str = "InfoNCE"

    def in_words(self) -> str:
        """Name, temperature and terms, for people."""
        plain = f"InfoNCE in both directions, temperature {self.temperature:g} (fixed)"
        if not (self.within or self.across):
            return plain
        return (
            f"{plain}, plus {self.within:g} · Σ(II − TT)²/n and {self.across:g} · Σ(S − Sᵀ)²/n "
            "as in CyCLIP"
        )

    def loss(self) -> Loss:
        """What training minimises, with fresh parameters of its own."""
        import torch
        from torch.nn.functional import cross_entropy

        def of(x: Any, y: Any) -> Any:
            scores = x @ y.T / self.temperature
            truth = torch.arange(len(x))
            return (cross_entropy(scores, truth) + cross_entropy(scores.T, truth)) / 2

        return with_intra_modal_terms(Loss(of), self.within, self.across)


@dataclass(frozen=True, slots=True)
class Sigmoid:
    """−Σ log σ(±(t·S + b))/n, + for pairs and − for all others (Zhai et al. 2023, SigLIP)."""

    scale: float = 10.0
    """t at the start; learned."""
    bias: float = -10.0
    """b at the start; learned."""
    name: str = "sigmoid"

    def in_words(self) -> str:
        """Name, temperature and terms, for people."""
        return (
            "the sigmoid loss of SigLIP: every picture with every caption is a yes-or-no "
            f"question of its own; scale (by its logarithm) and bias are learned, from "
            f"{self.scale:g} and {self.bias:g} on"
        )

    def loss(self) -> Loss:
        """What training minimises, with fresh parameters of its own."""
        import torch
        from torch.nn.functional import logsigmoid

        log_scale = torch.nn.Parameter(torch.tensor(math.log(self.scale)))
        bias = torch.nn.Parameter(torch.tensor(self.bias))

        def of(x: Any, y: Any) -> Any:
            logits = log_scale.exp() * (x @ y.T) + bias
            signs = 2 * torch.eye(len(x)) - 1
            return -logsigmoid(signs * logits).sum() / len(x)

        return Loss(of, {"log_scale": log_scale, "bias": bias})


@dataclass(frozen=True, slots=True)
class ModGap:
    """InfoNCE + λ₁ mean‖xᵢ − yᵢ‖² + λ₂ log mean exp(−2‖cᵢ − cⱼ‖²) over i ≠ j, cᵢ = norm(xᵢ + yᵢ).

    The first term draws both halves of a pair together, the second spreads the pairs over the
    sphere (arXiv 2601.18525; uniformity as Wang & Isola 2020).
    """

    temperature: float
    """τ of InfoNCE, fixed."""
    alignment: float = ALIGNMENT
    """λ₁."""
    uniformity: float = UNIFORMITY
    """λ₂."""
    name: str = "ModGap"

    def in_words(self) -> str:
        """Name, temperature and terms, for people."""
        return (
            f"{InfoNCE(self.temperature).in_words()}, plus {self.alignment:g} · mean‖x − y‖² and "
            f"{self.uniformity:g} · log mean exp(−2‖cᵢ − cⱼ‖²) over the centroids of different "
            "pairs, scaled to length 1, as in ModGap"
        )

    def loss(self) -> Loss:
        """What training minimises, with fresh parameters of its own."""
        import torch
        from torch.nn.functional import normalize

        plain = InfoNCE(self.temperature).loss()

        def of(x: Any, y: Any) -> Any:
            alignment = (x - y).square().sum(dim=1).mean()
            centroids = normalize(x + y, dim=1)
            # Of unit rows, ‖cᵢ − cⱼ‖² = 2 − 2 cᵢ·cⱼ.
            exponents = 4 * (centroids @ centroids.T - 1)
            n = len(x)
            others = exponents.masked_fill(torch.eye(n, dtype=torch.bool), -math.inf)
            uniformity = others.logsumexp((0, 1)) - math.log(n * (n - 1))
            return plain.of(x, y) + self.alignment * alignment + self.uniformity * uniformity

        return Loss(of)


Objective = InfoNCE | Sigmoid | ModGap
"""What training minimises: its numbers, its `in_words()` for the model card, its `loss()`."""
