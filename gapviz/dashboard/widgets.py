"""Widgets made of a `Parameter`, bound to the URL under its name where a link may set it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import streamlit as st

from gapviz.core.errors import GapvizError
from gapviz.core.foreign import in_markdown
from gapviz.core.parameter import Parameter
from gapviz.dashboard.url_params import in_url, one_weight


def widget_of(parameter: Parameter, modalities: Sequence[str]) -> Any:
    """The usual widget of a parameter of any kind, and the value that it shows."""
    if parameter.is_number:
        return number_of(parameter)
    if parameter.kind == "weights":
        return tuple((name, number_of(one_weight(parameter, name))) for name in modalities)
    if parameter.kind == "modality":
        return modality_of(parameter, modalities)
    if parameter.kind == "text":
        return words_of(parameter)
    return select_of(parameter)


def number_of(parameter: Parameter, **look: Any) -> float | int:
    """A slider where the parameter has a step, else a field to type in."""
    kind = int if parameter.kind == "count" else float
    look = _common(parameter) | look
    low, high, usual = (kind(end) for end in (parameter.low, parameter.high, parameter.default))
    if parameter.step is None:
        shown = "%d" if kind is int else "%g"
        return kind(st.number_input(_label(parameter), low, high, usual, format=shown, **look))
    value = st.slider(_label(parameter), low, high, usual, kind(parameter.step), **look)
    # The steps of a slider add up to 0.30000000000000004.
    return kind(round(value, 6))


def words_of(parameter: Parameter, **look: Any) -> str:
    """Words to type; what cannot be said of them stands below, and the usual ones are taken."""
    typed = st.text_input(_label(parameter), parameter.default, **_common(parameter) | look)
    try:
        return str(parameter.checked(typed.strip() or parameter.default))
    except GapvizError as error:
        st.error(in_markdown(error.sentence), icon=":material/error:")
        return str(parameter.default)


def modality_of(parameter: Parameter, modalities: Sequence[str], **look: Any) -> str:
    """One of some modalities."""
    known = parameter.default in modalities
    usual = parameter.default if known else modalities[-1 if parameter.usually_last else 0]
    chosen: str = segments_of(
        replace(parameter, default=usual), {one: in_markdown(one) for one in modalities}, **look
    )
    return chosen


def segments_of(parameter: Parameter, titles: Mapping[Any, str] | None = None, **look: Any) -> Any:
    """One of a few choices, all visible; `titles` where not all of them are on offer."""
    titles = parameter.choices if titles is None else titles
    chosen = st.segmented_control(
        _label(parameter),
        list(titles),
        default=parameter.default,
        format_func=lambda one: titles[one],
        required=True,
        **_common(parameter) | look,
    )
    return parameter.default if chosen is None else chosen


def select_of(parameter: Parameter, titles: Mapping[Any, str] | None = None, **look: Any) -> Any:
    """`choice_of` a parameter: the first unless it has a default."""
    titles = parameter.choices if titles is None else titles
    names = list(titles)
    look.setdefault("index", names.index(parameter.default) if parameter.default in names else 0)
    return choice_of(_label(parameter), titles, **_common(parameter) | look)


def choice_of(label: str, titles: Mapping[Any, str], **look: Any) -> Any:
    """One of many choices, in a list that opens; None where there is nothing to choose."""
    return st.selectbox(label, list(titles), format_func=lambda one: titles[one], **look)


def _label(parameter: Parameter) -> str:
    """The title, with the symbol where it does not say that already."""
    named = parameter.symbol in parameter.title.split()
    return in_markdown(parameter.title if named else f"{parameter.title} {parameter.symbol}")


def _common(parameter: Parameter) -> dict[str, Any]:
    words = parameter.help
    return {
        "key": parameter.name,
        "bind": "query-params" if in_url(parameter.name) else None,
        # Words as they stand in a line of help, as a sentence.
        "help": f"{words[:1].upper()}{words[1:].removesuffix('.')}." if words else None,
    }
