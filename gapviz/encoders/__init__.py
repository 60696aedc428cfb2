"""Encoders: texts and images into one joint space, or into one of their own."""

from gapviz.encoders.registry import load_encoder

__all__ = ["load_encoder"]
