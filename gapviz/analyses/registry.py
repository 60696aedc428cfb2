"""Every analysis by name: a new one is its module, and its line in `LISTED` or an entry point."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from importlib.metadata import entry_points

from gapviz.analyses.analysis import Analysis
from gapviz.analyses.listed import LISTED
from gapviz.core.discovery import installed

ENTRY_POINTS = "gapviz.analyses"
"""The group of entry points by which another package ships an `Analysis`."""


@cache
def analyses() -> dict[str, Analysis]:
    """Every analysis there is, by name, those of other packages last."""
    every = (*map(_ours, LISTED), *installed(ENTRY_POINTS, Analysis))
    return {one.name: one for one in every}


def analysis_named(name: str) -> Analysis | None:
    """One analysis, without loading the others; None where there is none of that name.

    One of another package has its name from its declaration, which only loading it tells.
    """
    if name in LISTED and name not in entry_points(group=ENTRY_POINTS).names:
        return _ours(name)
    return analyses().get(name)


def _ours(name: str) -> Analysis:
    found: Analysis = import_module(LISTED[name].module).ANALYSIS
    return found
