"""Where a collection of a vector store stands: a URL without credentials."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from gapviz.core.errors import GapvizError

SAME = {"postgres": "postgresql"}
"""Schemes that people write, by the one that they mean."""


@dataclass(frozen=True, slots=True)
class StoreAddress:
    """`scheme://host:port/collection`, or `scheme:///path#collection` of a store in files.

    Credentials are no part of it: every store reads them from the environment.
    """

    scheme: str
    """`qdrant`, `lancedb`, `milvus`, `postgresql` or `opensearch`."""
    host: str
    """Empty where the store lies in files."""
    port: int | None
    path: str
    """Of files: their path. Of a server: the names before the last one, such as a database."""
    collection: str
    """Collection, table or index; empty where none is named."""
    options: Mapping[str, str]
    """What follows the question mark."""

    @property
    def in_files(self) -> bool:
        """Whether it names files, not a server."""
        return not self.host

    @property
    def folder(self) -> Path:
        """Where the files lie."""
        return Path(self.path)

    def secure(self, credentials: bool) -> bool:
        """Whether to speak TLS: as `?tls=` says, else where credentials leave this machine."""
        told = self.options.get("tls", "").lower()
        if told:
            return told in ("true", "1", "yes")
        return credentials and self.host not in ("localhost", "127.0.0.1", "::1")

    def __str__(self) -> str:
        """The address as a person writes it."""
        if self.in_files:
            return f"{self.scheme}://{self.path}" + (f"#{self.collection}" * bool(self.collection))
        port = f":{self.port}" if self.port else ""
        names = "/".join(name for name in (self.path, self.collection) if name)
        return f"{self.scheme}://{self.host}{port}/{names}"


def is_store_address(text: str, schemes: frozenset[str]) -> bool:
    """Whether a text is meant as the address of a store of one of the schemes."""
    scheme = text.partition("://")[0].lower()
    return SAME.get(scheme, scheme) in schemes and "://" in text


def parsed_address(text: str) -> StoreAddress:
    """The address that a text names.

    Raises:
        GapvizError: credentials in it, a port that is no number, or no host and no path.
    """
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        raise GapvizError(
            "this is no address of a store", hint="write for instance qdrant://localhost:6333/name"
        ) from error
    if "@" in parts.netloc:
        raise GapvizError(
            "an address holds no user and no password, since addresses are shown and kept",
            where=f"{parts.scheme}://{parts.hostname or ''}",
            hint="leave them out, and give them in the environment",
        )
    scheme = SAME.get(parts.scheme, parts.scheme)
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    host, path = parts.hostname or "", unquote(parts.path)
    if not host:
        if not path.strip("/"):
            raise GapvizError(
                "the address names neither a host nor a path",
                where=text,
                hint="write for instance lancedb:///path/to/folder#table",
            )
        return StoreAddress(scheme, "", None, path, unquote(parts.fragment), options)
    before, _, last = path.strip("/").rpartition("/")
    collection = unquote(parts.fragment) or last
    if parts.fragment:
        before = path.strip("/")
    return StoreAddress(scheme, host, port, before, collection, options)
