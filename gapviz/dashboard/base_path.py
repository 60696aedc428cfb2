"""Where the dashboard begins on its server: `/`, or a path that a proxy passes on."""

from __future__ import annotations

import streamlit as st


def base_path() -> str:
    """`/gapviz` where the server was started below that path, else empty; no slash at its end."""
    path = str(st.get_option("server.baseUrlPath") or "").strip("/")
    return f"/{path}" if path else ""


def below_base(address: str) -> str:
    """An address of this server, as a browser is to ask for it.

    Args:
        address: begins with a slash.
    """
    return f"{base_path()}{address}"
