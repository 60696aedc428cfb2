"""Stores that a page may be asked to read: the person who starts the dashboard says which."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from gapviz.core.errors import GapvizError
from gapviz.sources.files.allowed_paths import allowed_path
from gapviz.sources.files.texts import shown
from gapviz.sources.stores.address import StoreAddress, parsed_address
from gapviz.sources.stores.read_only import refuse_secrets
from gapviz.sources.stores.registry import store_of
from gapviz.storage.configuration import FOLDERS_VARIABLE, STORES_VARIABLE


def allowed_store(text: str, hosts: Sequence[str], folders: Sequence[Path]) -> StoreAddress:
    """The address of a store on one of the hosts, or in files below one of the folders.

    Names of hosts are compared as they stand, and never looked up: what an allowed name leads to is
    up to the machine, and no other name is asked, whatever it leads to.

    Args:
        text: the address as a visitor gives it.
        hosts: that may be asked, each with or without a port.
        folders: whose files may be read.

    Raises:
        GapvizError: as `parsed_address` and `refuse_secrets`; no store has its scheme; or it is
            elsewhere, in words that are the same whether or not something answers there.
    """
    address = parsed_address(text)
    refuse_secrets(address)
    store_of(str(address))
    if not address.in_files:
        named = address.host.lower()
        if {named, f"{named}:{address.port}"} & {one.lower() for one in hosts}:
            return address
        raise GapvizError(
            f"this page may not ask the host {shown(named, 80)!r}: it asks "
            f"{', '.join(hosts) or 'none'}, and no other",
            hint=f"whoever starts the dashboard names the hosts in {STORES_VARIABLE}; or read the "
            "store from a terminal, with gapviz serve ADDRESS",
        )
    if not folders:
        raise GapvizError(
            "this page may read no folder",
            where=str(address),
            hint=f"whoever starts the dashboard names the folders in {FOLDERS_VARIABLE}; or read "
            "the store from a terminal, with gapviz serve ADDRESS",
        )
    return replace(address, path=str(allowed_path(address.path, folders)))
