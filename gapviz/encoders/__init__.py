"""Encoders: texts and images into one joint space, behind one protocol."""

from gapviz.encoders.base import Encoder, EncoderCard, Progress
from gapviz.encoders.registry import load_encoder

__all__ = ["Encoder", "EncoderCard", "Progress", "load_encoder"]
