"""A widget for every declared parameter, bound to the link under the name of the parameter."""

from __future__ import annotations

from typing import Any

import streamlit as st

from gapviz.core.parameter import Parameter


def widget_of(parameter: Parameter, modalities: tuple[str, ...]) -> Any:
    """Draw the widget of a parameter, and return the value chosen."""
    label = parameter.title
    if parameter.symbol and parameter.symbol not in label.split():
        label = f"{label} {parameter.symbol}"
    about = f"{parameter.help[0].upper()}{parameter.help[1:]}."
    if parameter.kind == "weights":
        return tuple((name, _weight(parameter, name)) for name in modalities)
    if parameter.kind == "modality":
        return st.segmented_control(
            label,
            modalities,
            default=modalities[-1 if parameter.usually_last else 0],
            key=parameter.name,
            bind="query-params",
            required=True,
            help=about,
        )
    if parameter.kind == "choice":
        return st.selectbox(
            label,
            list(parameter.choices),
            format_func=lambda name: parameter.choices[name],
            key=parameter.name,
            bind="query-params",
            help=about,
        )
    if parameter.kind == "count":
        return st.number_input(
            label,
            int(parameter.low),
            int(parameter.high),
            int(parameter.default),
            key=parameter.name,
            bind="query-params",
            help=about,
        )
    if parameter.step is None:
        return st.number_input(
            label,
            parameter.low,
            parameter.high,
            float(parameter.default),
            format="%g",
            key=parameter.name,
            bind="query-params",
            help=about,
        )
    value = st.slider(
        label,
        parameter.low,
        parameter.high,
        float(parameter.default),
        parameter.step,
        key=parameter.name,
        bind="query-params",
        help=about,
    )
    return _whole_steps(value)


def _weight(parameter: Parameter, modality: str) -> float:
    value = st.slider(
        f"Weight of the {modality} list",
        parameter.low,
        parameter.high,
        1.0,
        parameter.step,
        key=f"weight_{modality}",
        bind="query-params",
    )
    return _whole_steps(value)


def _whole_steps(value: float) -> float:
    # The steps of a slider add up to 0.30000000000000004.
    return round(float(value), 10)
