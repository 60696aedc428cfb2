"""Errors as they are said in Python: flags of the command line become arguments."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import wraps
from inspect import signature
from typing import ParamSpec, TypeVar

from gapviz.core.errors import GapvizError

_FLAG = re.compile(r"--([a-z][a-z-]*[a-z])(?: (?:[A-Z][A-Z=]*\b))?")

P = ParamSpec("P")
R = TypeVar("R")


class _ArgumentsError(GapvizError, TypeError):
    """Arguments that a function does not take, which Python calls a `TypeError`."""


def in_python(function: Callable[P, R]) -> Callable[P, R]:
    """The function, whose errors name arguments in place of flags."""
    asked = signature(function)
    takes = [name for name, one in asked.parameters.items() if one.kind is not one.VAR_KEYWORD]

    @wraps(function)
    def called(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            asked.bind(*args, **kwargs)
        except TypeError as error:
            raise _ArgumentsError(
                str(error),
                where=f"gapviz.{function.__name__}",
                hint=f"it takes {', '.join(takes)}; arrays are a source as "
                "{'image': X, 'text': Y}",
            ) from None
        try:
            return function(*args, **kwargs)
        except GapvizError as error:
            what, where, hint = map(_said, (error.what, error.where, error.hint))
            if (what, where, hint) == (error.what, error.where, error.hint):
                raise
            raise GapvizError(what, where=where, hint=hint) from None

    return called


def _said(words: str) -> str:
    """Words with arguments in place of flags.

    >>> _said("name their model in --encoder, or search with --item ID")
    'name their model in encoder=…, or search with item=…'
    """
    return _FLAG.sub(lambda found: f"{found[1].replace('-', '_')}=…", words)
