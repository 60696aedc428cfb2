"""Plotly, as all figures take it: without it they are refused in one sentence."""

from gapviz.core.libraries import needed

needed("plotly")

import plotly.graph_objects as go  # noqa: E402 - after the sentence that says it is missing
from plotly.subplots import make_subplots  # noqa: E402

__all__ = ["go", "make_subplots"]
