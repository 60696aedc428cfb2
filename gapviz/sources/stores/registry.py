"""The stores that there are, by the scheme of their addresses."""

from __future__ import annotations

from functools import cache

import gapviz.sources.stores
from gapviz.core.discovery import installed, modules_of
from gapviz.core.errors import GapvizError
from gapviz.sources.stores.address import is_store_address, parsed_address
from gapviz.sources.stores.store import Store, StoreSpec

STORES = "gapviz.stores"
"""Entry points of other packages."""


@cache
def stores() -> tuple[StoreSpec, ...]:
    """All of them, by their place."""
    package = gapviz.sources.stores
    modules = modules_of(package.__name__, list(package.__path__))
    found = [one for module in modules if (one := getattr(module, "STORE", None)) is not None]
    return tuple(sorted([*found, *installed(STORES, StoreSpec)], key=lambda one: one.place))


def names_store(text: str) -> bool:
    """Whether a text is meant as the address of a store."""
    return is_store_address(text, frozenset(one.scheme for one in stores()))


def store_of(text: str) -> StoreSpec:
    """The kind of store that an address names.

    Raises:
        GapvizError: no store has its scheme.
    """
    scheme = parsed_address(text).scheme
    for one in stores():
        if one.scheme == scheme:
            return one
    example = "" if scheme else "write for instance qdrant://localhost:6333/collection; "
    raise GapvizError(
        f"there is no store {scheme!r}" if scheme else "is no address of a store",
        where=text,
        hint=f"{example}use one of {', '.join(one.scheme for one in stores())}",
    )


def open_store(text: str) -> Store:
    """Connect to the collection that an address names.

    Raises:
        GapvizError: as `Store.open`, or no store has its scheme.
    """
    return store_of(text).opens(parsed_address(text))
