"""What stands before every answer of the server: who may ask, and what a browser may do with it."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

import streamlit
from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gapviz.dashboard.base_path import below_base
from gapviz.storage.read_only import ONLY_SHOWS, is_read_only

FOLLOWED = "gv-followed"
FOLLOW_LINK = f'document.getElementById("{FOLLOWED}").click()'
"""The one script of ours that a page may run: it follows the link of the id `FOLLOWED`."""

UPLOADS = "_stcore/upload_file"
"""Streamlit's route of uploads."""

HEALTH = "/_stcore/health"
"""Where whatever watches over the server asks whether it is well."""

POLICY_VIOLATION = 1008
"""Code with which a websocket is closed (RFC 6455, 7.4.1)."""


def guards(hosts: Sequence[str]) -> list[Middleware]:
    """What the server asks before it answers: hosts are those that a request may name.

    Streamlit checks the host of its own websocket only; this covers every route.
    """
    return [Middleware(TrustedHostMiddleware, allowed_hosts=hosts), Middleware(Guard)]


class Guard:
    """Refuses the websocket to pages of another origin, sends a content policy, takes no upload
    where this gapviz only shows, and tells of its health at one address whatever the base path.

    Streamlit takes a websocket from every origin whose host it allows, whatever the port: a page
    that another program of this machine serves could drive the dashboard.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._health = below_base(HEALTH)
        self._headers = {
            "Content-Security-Policy": content_policy(),
            "X-Frame-Options": "DENY",
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "same-origin",
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As every ASGI application."""
        if scope["type"] in ("websocket", "http") and not _is_own(Headers(scope=scope)):
            if scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": POLICY_VIOLATION})
                return
            # Streamlit would ask a server of the internet for the address of this machine, to
            # know whether the page may read the answer. It may not.
            headers = [(name, value) for name, value in scope["headers"] if name != b"origin"]
            scope = {**scope, "headers": headers}
        if scope["type"] == "http" and _is_upload(scope) and is_read_only():
            refusal = PlainTextResponse(f"{ONLY_SHOWS}: nothing is uploaded.", status_code=403)
            await refusal(scope, receive, send)
            return

        if scope["type"] == "http" and scope["path"] == HEALTH:
            scope = {**scope, "path": self._health}

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers[name] = value
            await send(message)

        await self._app(scope, receive, send_guarded)


def content_policy() -> str:
    """What a page may load: what this server sends, and what the page itself makes.

    Plotly and the canvas compile functions for WebGL, Streamlit makes modules of the scripts of
    components, and styles its elements one by one; hence the three exceptions.
    """
    rules = {
        "default-src": "'self'",
        "script-src": f"'self' blob: 'unsafe-eval' {_inline_scripts()}",
        "style-src": "'self' 'unsafe-inline'",
        "img-src": "'self' data: blob:",
        "font-src": "'self' data:",
        "connect-src": "'self' data: blob:",
        "worker-src": "'self' blob:",
        "media-src": "'self' data: blob:",
        "frame-src": "'none'",
        "object-src": "'none'",
        "base-uri": "'self'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
    }
    return "; ".join(f"{what} {whence}" for what, whence in rules.items())


def _inline_scripts() -> str:
    """The hashes of the scripts that stand in Streamlit's page itself, and of ours."""
    page = (Path(streamlit.__file__).parent / "static" / "index.html").read_bytes()
    found = [*re.findall(rb"<script>(.*?)</script>", page, re.DOTALL), FOLLOW_LINK.encode()]
    hashes = (base64.b64encode(hashlib.sha256(one).digest()).decode() for one in found)
    return " ".join(f"'sha256-{one}'" for one in hashes)


def _is_upload(scope: Scope) -> bool:
    """Whether a request is for Streamlit's route of uploads, below whatever path it stands."""
    return f"/{UPLOADS}/" in f"{scope['path']}/"


def _is_own(headers: Headers) -> bool:
    """Whether a request comes from a page of this server, or from no page at all."""
    origin = headers.get("origin")
    return origin is None or urlsplit(origin).netloc == headers.get("host")
