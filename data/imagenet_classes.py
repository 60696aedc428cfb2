"""What ImageNet's classifier knows of photographs, as pairs of features and names.

Drawings alone teach the heads nothing of photographs, and no photographs ship with gapviz.
The frozen tower's own classifier does know them: where the classes share one covariance Σ,
the best linear classifier is w_c = Σ⁻¹(μ_c − μ) (linear discriminant analysis), so Σ·w_c
points from the common mean to the photographs of class c.
"""

from __future__ import annotations

import numpy as np

from gapviz.core.vectors import Float32
from gapviz.encoders.image_only import EfficientNetEncoder
from gapviz.encoders.torchvision_operators import declare_torchvision_operators

SHRINKAGE = 0.5
"""Share of the identity in Σ, of which 810 drawings in 1,280 dimensions tell too little."""


def class_names() -> list[str]:
    """ImageNet's 1,000 classes by their first name, in the classifier's order."""
    declare_torchvision_operators()
    from timm.data.imagenet_info import ImageNetInfo

    return [str(names).split(",")[0] for names in ImageNetInfo().label_descriptions()]


def class_features(tower: EfficientNetEncoder, drawings: Float32) -> Float32:
    """`(1000, 1280)`: for each class a point where its photographs should lie.

    Args:
        tower: whose classifier to read.
        drawings: `(n, 1280)` features of training drawings: their mean, their mean distance
            from it, and their covariance stand in for those of photographs.
    """
    weights, _ = tower.classifier()
    mean = drawings.mean(axis=0)
    centred = drawings - mean
    covariance = centred.T @ centred / len(centred)
    even = np.eye(len(mean), dtype=np.float32) * np.trace(covariance) / len(mean)
    mixed = (1 - SHRINKAGE) * covariance + SHRINKAGE * even
    towards = (weights - weights.mean(axis=0)) @ mixed
    towards /= np.linalg.norm(towards, axis=1, keepdims=True)
    spread = np.linalg.norm(centred, axis=1).mean()
    return np.asarray(mean + towards * spread, dtype=np.float32)
