"""Where gapviz stores things and what it may read: one object, from the environment.

Streamlit's own settings (address, port, theme) stand in `.streamlit/config.toml`.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from platformdirs import user_cache_path, user_data_path

CACHE_VARIABLE = "GAPVIZ_CACHE"
HOME_VARIABLE = "GAPVIZ_HOME"
FOLDERS_VARIABLE = "GAPVIZ_FOLDERS"
STORES_VARIABLE = "GAPVIZ_STORES"
READ_ONLY_VARIABLE = "GAPVIZ_READ_ONLY"

THIS_MACHINE = ("localhost", "127.0.0.1", "::1")
"""Names of this machine in the address of a store."""

NO = ("", "0", "false", "no", "off")
"""Values of a switch in the environment that leave it off; every other one turns it on."""


@dataclass(frozen=True, slots=True)
class Configuration:
    """Everything that the person who starts gapviz may set."""

    cache: Path
    """`GAPVIZ_CACHE`: results that can be computed again; else the user's cache folder."""
    home: Path
    """`GAPVIZ_HOME`: collections that were added; else the user's data folder."""
    folders: tuple[Path, ...]
    """`GAPVIZ_FOLDERS`: folders whose contents a visitor may open by path, joined as in
    `PATH`; none unless named."""
    stores: tuple[str, ...] = THIS_MACHINE
    """`GAPVIZ_STORES`: hosts whose vector stores a visitor may read, `host` or `host:port`, joined
    by commas; this machine alone unless named, and none where it is empty."""
    read_only: bool = False
    """`GAPVIZ_READ_ONLY`: whether everything that lasts stays as it is; see `read_only`."""


def configuration() -> Configuration:
    """The configuration, read from the environment now."""
    cache, home = os.environ.get(CACHE_VARIABLE), os.environ.get(HOME_VARIABLE)
    folders = os.environ.get(FOLDERS_VARIABLE, "").split(os.pathsep)
    hosts = os.environ.get(STORES_VARIABLE)
    return Configuration(
        cache=Path(cache) if cache else user_cache_path("gapviz", appauthor=False),
        home=Path(home) if home else user_data_path("gapviz", appauthor=False),
        folders=tuple(Path(folder) for folder in folders if folder.strip()),
        stores=THIS_MACHINE
        if hosts is None
        else tuple(host.strip() for host in hosts.split(",") if host.strip()),
        read_only=os.environ.get(READ_ONLY_VARIABLE, "").strip().lower() not in NO,
    )
