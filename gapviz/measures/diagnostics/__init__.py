"""Every figure that gapviz shows of a measurement: one file a family.

A diagnostic is found by being there: in the `DIAGNOSTICS` of a file of this folder, or as an
entry point of another package.
"""

from __future__ import annotations

from gapviz.core.discovery import installed, modules_of
from gapviz.measures.diagnostics.diagnostic import Diagnostic

__all__ = ["DIAGNOSTICS", "Diagnostic", "register"]

ENTRY_POINTS = "gapviz.diagnostics"

DIAGNOSTICS: dict[str, Diagnostic] = {}
"""By name, in the order of tables."""


def register(diagnostic: Diagnostic) -> Diagnostic:
    """Add a diagnostic, or put it in place of the one of its name."""
    DIAGNOSTICS[diagnostic.name] = diagnostic
    return diagnostic


def _discover() -> None:
    families = sorted(modules_of(__name__, __path__), key=lambda one: getattr(one, "PLACE", 100))
    for family in families:
        for diagnostic in getattr(family, "DIAGNOSTICS", ()):
            register(diagnostic)
    for diagnostic in installed(ENTRY_POINTS, Diagnostic):
        register(diagnostic)


_discover()
