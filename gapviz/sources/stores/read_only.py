"""A store that is only read: what it cannot be asked to do, and what its errors may not say."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Self
from urllib.parse import urlencode

from gapviz.core.errors import GapvizError
from gapviz.core.vectors import Float32
from gapviz.sources.stores.address import StoreAddress, parsed_address
from gapviz.sources.stores.registry import store_of
from gapviz.sources.stores.store import BATCH, Batch, Nearest, Store, StoreSchema

SHORTEST_SECRET = 4
"""A shorter value of a variable could be any part of a sentence."""
HIDDEN = "…"
SECRET_WORDS = ("key", "token", "password", "passwd", "pwd", "secret", "user", "auth", "credential")
"""In the name of an option of an address: what belongs into the environment."""
LONGEST_REASON = 200


class ReadOnlyStore(Store):
    """A store without any way to write, whose errors are one sentence without secrets."""

    def __init__(self, store: Store, credentials: Sequence[str] = ()) -> None:
        """Take an open store, and the names of the variables that hold its credentials."""
        super().__init__(store.address)
        self._store = store
        self._credentials = tuple(credentials)

    @classmethod
    def open(cls, address: StoreAddress) -> Self:
        """Connect to the collection of an address, to read.

        Raises:
            GapvizError: as `Store.open`; no store has its scheme; it names no collection; or its
                options hold what belongs into the environment.
        """
        spec = store_of(str(address))
        refuse_secrets(address)
        with _in_a_sentence(address, spec.credentials):
            return cls(spec.opens(address), spec.credentials)

    def schema(self) -> StoreSchema:
        with _in_a_sentence(self.address, self._credentials):
            return self._store.schema()

    def scan(
        self,
        fields: Sequence[str],
        payload: Sequence[str] | None = None,
        *,
        batch: int = BATCH,
        after: str = "",
    ) -> Iterator[Batch]:
        with _in_a_sentence(self.address, self._credentials):
            found = self._store.scan(fields, payload, batch=batch, after=after)
        while True:
            # What is done with a batch raises errors of its own.
            with _in_a_sentence(self.address, self._credentials):
                one = next(found, None)
            if one is None:
                return
            yield one

    def fetch(self, ids: Sequence[str], fields: Sequence[str]) -> Batch:
        with _in_a_sentence(self.address, self._credentials):
            return self._store.fetch(ids, fields)

    def nearest(
        self,
        field: str,
        queries: Float32,
        k: int,
        *,
        where: Mapping[str, str] | None = None,
        effort: int | None = None,
        exact: bool = False,
    ) -> Nearest:
        with _in_a_sentence(self.address, self._credentials):
            return self._store.nearest(field, queries, k, where=where, effort=effort, exact=exact)

    def close(self) -> None:
        self._store.close()


def opened_to_read(text: str) -> ReadOnlyStore:
    """The collection of a store that an address names.

    Raises:
        GapvizError: as `parsed_address` and `ReadOnlyStore.open`.
    """
    return ReadOnlyStore.open(parsed_address(text))


def written(address: StoreAddress) -> str:
    """The address with its options, which leads to the same collection again."""
    if not address.options:
        return str(address)
    head, mark, fragment = str(address).partition("#")
    return f"{head}?{urlencode(address.options)}{mark}{fragment}"


def refuse_secrets(address: StoreAddress) -> None:
    """Raise `GapvizError` where an option of an address is a credential by its name."""
    for name in address.options:
        if any(word in name.lower() for word in SECRET_WORDS):
            raise GapvizError(
                f"an address holds no credentials, since addresses are shown and kept, and the "
                f"option {name[:40]!r} sounds like one",
                where=str(address),
                hint="leave it out, and give it in the environment",
            )


@contextmanager
def _in_a_sentence(address: StoreAddress, credentials: Sequence[str]) -> Iterator[None]:
    """Whatever a client raises becomes one sentence without the values of its credentials.

    Raises:
        GapvizError: in place of any error of the client; without its cause, which may name them.
    """
    try:
        yield
    except GapvizError as error:
        parts = (_hidden(part, credentials) for part in (error.what, error.where, error.hint))
        what, where, hint = parts
        raise GapvizError(what, where=where, hint=hint) from None
    except MemoryError:
        raise
    except Exception as error:  # clients raise errors of the libraries below them
        reason = _hidden(" ".join(str(error).split()), credentials)[:LONGEST_REASON]
        raise GapvizError(
            f"the store does not answer as it should ({type(error).__name__}: {reason})",
            where=_hidden(str(address), credentials),
            hint="look at the store, and try again",
        ) from None


def _hidden(text: str, credentials: Sequence[str]) -> str:
    # The name of a user is no secret, and often a part of other words.
    values = (os.environ.get(name, "") for name in credentials if "USER" not in name)
    for value in sorted(values, key=len, reverse=True):
        if len(value) >= SHORTEST_SECRET:
            text = text.replace(value, HIDDEN)
    return text
