"""The names of ImageNet's classes, which stand beside what the image tower sees."""

from __future__ import annotations

from gapviz.encoders.torchvision_operators import declare_torchvision_operators


def class_names() -> list[str]:
    """ImageNet's 1,000 classes by their first name, in the classifier's order."""
    declare_torchvision_operators()
    from timm.data.imagenet_info import ImageNetInfo

    return [str(names).split(",")[0] for names in ImageNetInfo().label_descriptions()]
