"""Encoders: texts and images into one joint space, or into one of their own."""

from gapviz.core.progress import Progress
from gapviz.encoders.base import Encoder, EncoderCard, ImageEncoder, TextEncoder
from gapviz.encoders.registry import (
    encoded_modalities,
    load_any_encoder,
    load_encoder,
    load_image_encoder,
    load_text_encoder,
)

__all__ = [
    "Encoder",
    "EncoderCard",
    "ImageEncoder",
    "Progress",
    "TextEncoder",
    "encoded_modalities",
    "load_any_encoder",
    "load_encoder",
    "load_image_encoder",
    "load_text_encoder",
]
