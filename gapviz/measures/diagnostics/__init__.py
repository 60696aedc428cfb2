"""Every figure that gapviz shows of a measurement: one file a family.

A diagnostic is found by being there: in the `DIAGNOSTICS` of a file of this folder, or as an
entry point of another package.
"""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import entry_points
from pkgutil import iter_modules

from gapviz.measures.diagnostics.diagnostic import Diagnostic

__all__ = ["DIAGNOSTICS", "Diagnostic", "register"]

ENTRY_POINTS = "gapviz.diagnostics"

DIAGNOSTICS: dict[str, Diagnostic] = {}
"""By name, in the order of tables."""

FAMILIES = ("gap", "mixed_index", "cosines", "dimensions")
"""Files whose diagnostics come first, in this order."""


def register(diagnostic: Diagnostic) -> Diagnostic:
    """Add a diagnostic, or put it in place of the one of its name."""
    DIAGNOSTICS[diagnostic.name] = diagnostic
    return diagnostic


def _discover() -> None:
    names = [module.name for module in iter_modules(__path__)]
    for name in sorted(names, key=lambda one: (one not in FAMILIES, [*FAMILIES, one].index(one))):
        for diagnostic in getattr(import_module(f"{__name__}.{name}"), "DIAGNOSTICS", ()):
            register(diagnostic)
    for point in entry_points(group=ENTRY_POINTS):
        register(point.load())


_discover()
