"""What ImageNet's classifier knows of photographs, as pairs of a point and a name.

Drawings alone teach the heads little of photographs, and no photographs ship with gapviz. The
frozen tower's own classifier does know them: where the classes share one covariance Σ, the best
linear classifier is w_c = Σ⁻¹(μ_c − μ) (linear discriminant analysis), so Σ·w_c points from the
common mean to the photographs of class c.
"""

from __future__ import annotations

import numpy as np

from gapviz.core.vectors import Float32
from gapviz.encoders.image_only import POOLED, EfficientNetEncoder
from gapviz.encoders.torchvision_operators import declare_torchvision_operators

SHRINKAGE = 0.5
"""Share of the identity in Σ, of which 810 drawings in 1,280 dimensions tell too little."""


def class_names() -> list[str]:
    """ImageNet's 1,000 classes by their first name, in the classifier's order."""
    declare_torchvision_operators()
    from timm.data.imagenet_info import ImageNetInfo

    return [str(names).split(",")[0] for names in ImageNetInfo().label_descriptions()]


def class_stages(tower: EfficientNetEncoder, drawings: Float32) -> Float32:
    """`(1000, STAGES_DIM)`: for each class a point where its photographs should lie.

    Args:
        tower: whose classifier to read.
        drawings: `(n, STAGES_DIM)` stages of training drawings: their mean, their mean distance
            from it, and their covariance with what the classifier sees stand in for those of
            photographs.
    """
    weights, _ = tower.classifier()
    mean = drawings.mean(axis=0)
    centred = drawings - mean
    seen = centred[:, POOLED]
    covariance = (1 - SHRINKAGE) * seen.T @ centred / len(centred)
    variance = np.square(seen).sum() / seen.size
    covariance[:, POOLED] += SHRINKAGE * variance * np.eye(seen.shape[1], dtype=np.float32)
    towards = (weights - weights.mean(axis=0)) @ covariance
    towards /= np.linalg.norm(towards[:, POOLED], axis=1, keepdims=True)
    spread = np.linalg.norm(seen, axis=1).mean()
    return np.asarray(mean + towards * spread, dtype=np.float32)
