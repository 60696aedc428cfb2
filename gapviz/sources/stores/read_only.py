"""A store that is only read: what it cannot be asked to do, and what its errors may not say."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Self, TypeVar
from urllib.parse import urlencode

from gapviz.core.errors import GapvizError
from gapviz.core.vectors import Float32
from gapviz.sources.stores.address import StoreAddress, parsed_address
from gapviz.sources.stores.registry import store_of
from gapviz.sources.stores.store import BATCH, Batch, Nearest, Store, StoreSchema

Answer = TypeVar("Answer")

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
            GapvizError: as `Store.open`; no store has its scheme; or its options hold what belongs
                into the environment.
        """
        refuse_secrets(address)
        spec = store_of(str(address))
        return cls(_asked(lambda: spec.opens(address), address, spec.credentials), spec.credentials)

    def _asked(self, question: Callable[[], Answer]) -> Answer:
        return _asked(question, self.address, self._credentials)

    def schema(self) -> StoreSchema:
        return self._asked(self._store.schema)

    def scan(
        self,
        fields: Sequence[str],
        payload: Sequence[str] | None = None,
        *,
        batch: int = BATCH,
        after: str = "",
    ) -> Iterator[Batch]:
        found = self._asked(
            lambda: iter(self._store.scan(fields, payload, batch=batch, after=after))
        )
        # What is done with a batch raises errors of its own.
        while (one := self._asked(lambda: next(found, None))) is not None:
            yield one

    def fetch(self, ids: Sequence[str], fields: Sequence[str]) -> Batch:
        return self._asked(lambda: self._store.fetch(ids, fields))

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
        return self._asked(
            lambda: self._store.nearest(field, queries, k, where=where, effort=effort, exact=exact)
        )

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


def _asked(
    question: Callable[[], Answer], address: StoreAddress, credentials: Sequence[str]
) -> Answer:
    """The answer of a client; whatever it raises becomes one sentence without its credentials.

    Raises:
        GapvizError: in place of any error of the client, which it does not hold on to: that one
            may name them.
    """
    try:
        return question()
    except GapvizError as error:
        parts = [_hidden(part, credentials) for part in (error.what, error.where, error.hint)]
        failed = GapvizError(parts[0], where=parts[1], hint=parts[2])
    except MemoryError:
        raise
    except Exception as error:  # clients raise errors of the libraries below them
        reason = _hidden(" ".join(str(error).split()), credentials)[:LONGEST_REASON]
        failed = GapvizError(
            f"the store does not answer as it should ({type(error).__name__}: {reason})",
            where=_hidden(str(address), credentials),
            hint="look at the store, and try again",
        )
    raise failed


def _hidden(text: str, credentials: Sequence[str]) -> str:
    values = (os.environ.get(name, "") for name in credentials if is_secret(name))
    for value in sorted(values, key=len, reverse=True):
        if len(value) >= SHORTEST_SECRET:
            text = text.replace(value, HIDDEN)
    return text


def is_secret(variable: str) -> bool:
    """Whether a variable holds a secret; the name of a user or a path is a part of other words."""
    return any(word in variable.upper() for word in ("KEY", "TOKEN", "PASS", "SECRET"))
