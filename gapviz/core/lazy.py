"""Attributes that are computed when they are first read."""

from __future__ import annotations

import functools
from contextlib import nullcontext
from typing import Any, TypeVar

Value = TypeVar("Value")


class cached_property(functools.cached_property[Value]):  # noqa: N801 - as the one it replaces
    """`functools.cached_property`, whose objects do not wait for each other.

    Before Python 3.12 one lock a class is held while the attribute of any of its objects is
    computed, so that two visitors who measure at once would take turns. Two threads that read
    the same attribute of one object at once may both compute it.
    """

    def __set_name__(self, owner: type[Any], name: str) -> None:
        super().__set_name__(owner, name)
        if hasattr(self, "lock"):
            self.lock = nullcontext()
