"""The parameters of the URL: widgets declare them, and a bad value is named in one sentence."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import streamlit as st
from streamlit.errors import StreamlitAPIException

from gapviz.core.errors import GapvizError
from gapviz.core.foreign import in_markdown
from gapviz.core.parameter import Parameter
from gapviz.dashboard.catalogue import catalogue
from gapviz.strategies import strategy_parameters

PROBLEMS_KEY = "_link_problems"
WAITING_KEY = "_link_waiting"
"""What the link says of the sidebar and the visitor has not changed."""

RENAMED = {"asks": "query_modality"}
"""Parameters of links of earlier versions, by their name of today."""

Titles = Mapping[str, str]
"""Value → title."""


@dataclass(frozen=True, slots=True)
class _Declared:
    """A parameter of the URL, and what may be chosen of it."""

    parameter: Parameter
    titles_now: Callable[[], Titles] | None = None

    @property
    def titles(self) -> Titles | None:
        """The values that there are; None of a number."""
        if self.titles_now is not None:
            return self.titles_now()
        if self.parameter.kind == "modality":
            # The segments of a modality are Markdown.
            return {name: in_markdown(name) for name in modalities_on_offer()}
        return self.parameter.choices if self.parameter.kind == "choice" else None

    def problem(self, key: str, value: str) -> str | None:
        """Why a link cannot set this value, in a sentence; None if it can."""
        titles = self.titles
        if titles is None:
            try:
                self.parameter.checked(value)
                return None
            except GapvizError as error:
                words = f"it goes from {self.parameter.low:g} to {self.parameter.high:g}"
                if self.parameter.kind == "text":
                    words = error.sentence.rstrip(".")
        elif value in titles or value in titles.values():
            return None
        else:
            of_modalities = self.parameter.kind == "modality"
            shown = list(dict.fromkeys(titles if of_modalities else titles.values()))
            words = f"there are {', '.join(shown[:8])}{' …' * (len(shown) > 8)}"
        return (
            f"The link asks for {key[:60]} = “{value[:60]}”, which does not exist ({words}); the "
            "default is shown instead."
        )


_declared: dict[str, _Declared] = {}
_free = {"embed", "embed_options"}
"""Parameters that may hold anything; at first Streamlit's own."""


def url_parameter(parameter: Parameter) -> Parameter:
    """Declare what a widget of a page binds to the URL, so that a link may set it.

    Its name is the widget's key and stands in links. One that ends in `_` stands for every name
    that begins so.
    """
    _declared[parameter.name] = _Declared(parameter)
    return parameter


def url_choice(
    name: str,
    title: str,
    choices: Titles | Callable[[], Titles],
    *,
    default: Any = None,
    help: str = "",
) -> Parameter:
    """`url_parameter` of one of some choices, value → title, which may depend on the collections.

    The first unless another one is the default.
    """
    known = {} if callable(choices) else choices
    usual = next(iter(known), None) if default is None else default
    parameter = Parameter(name, title, "choice", usual, help, choices=known)
    _declared[name] = _Declared(parameter, choices if callable(choices) else None)
    return parameter


def url_modality(name: str, title: str, *, help: str = "", usually_last: bool = False) -> Parameter:
    """`url_parameter` of a modality."""
    return url_parameter(Parameter(name, title, "modality", None, help, usually_last=usually_last))


def free_parameter(name: str) -> str:
    """Declare a parameter that may hold anything, such as words or a switch; returns its name."""
    _free.add(name)
    return name


def in_url(name: str) -> bool:
    """Whether a link may set the parameter."""
    return _declaration(name) is not None


def may_stand_in_links(name: str) -> bool:
    """Whether a link may hold the parameter, checked as one of some values or free."""
    return name in _free or in_url(name)


def in_words_of_links(name: str, value: str) -> str:
    """The value that a parameter of the URL has, by its name where the URL says its title."""
    declared = _declaration(name)
    titles = (declared.titles if declared else None) or {}
    return value if value in titles else next((k for k, t in titles.items() if t == value), value)


def modalities_on_offer() -> list[str]:
    """All modalities of all collections, each once."""
    entries = catalogue().values()
    found = [m for entry in entries for names in entry.modalities.values() for m in names]
    return list(dict.fromkeys(found))


def one_weight(parameter: Parameter, modality: str) -> Parameter:
    """Of a parameter that has a number a modality, the one of `modality`: `weight_image`."""
    return replace(
        parameter,
        name=f"{parameter.name.removesuffix('s')}_{modality}",
        title=parameter.title.replace("a modality's", f"the {modality}"),
        kind="number",
        default=1.0,
        help="",
    )


def read_link(shared: Callable[[str], bool]) -> None:
    """Read the link once a visit, before widgets silently fall back to their defaults.

    Streamlit writes a choice into the URL by its title; a link may also use its name.

    Args:
        shared: whether the parameter of a name belongs to every page. Whoever goes to another
            page before the first one is drawn takes these along.
    """
    if PROBLEMS_KEY in st.session_state:
        _restore_lost()
        return
    problems: list[str] = []
    waiting: dict[str, str] = {}
    rewritten: dict[str, str] = {}
    changed = False
    for old, value in list(st.query_params.items()):
        key = RENAMED.get(old, old)
        declared = _declaration(key)
        if key != old:
            del st.query_params[old]
            rewritten[key] = value
        if declared is None:
            if key not in _free:
                del st.query_params[key]
                problems.append(f"The link sets “{key[:60]}”, which is no parameter of any page.")
            continue
        problem = declared.problem(key, value)
        titles = declared.titles or {}
        if problem is not None:
            problems.append(problem)
            if declared.parameter.kind == "text":
                # Its widget would show any words.
                del st.query_params[key]
                changed = True
            continue
        if value in titles:
            rewritten[key] = titles[value]
        if shared(key):
            waiting[key] = titles.get(value, value)
    st.session_state[PROBLEMS_KEY] = problems
    st.session_state[WAITING_KEY] = waiting
    if rewritten or changed:
        # Bound widgets read titles from the URL, and only at the start of a run.
        st.query_params.update(rewritten)
        st.rerun()


def _restore_lost() -> None:
    """Put back into the URL what it lost though the visitor has not changed it.

    Streamlit's page takes to another page what its widgets have bound, and while the first page
    is drawn there are few of them or none.
    """
    waiting: dict[str, str] = st.session_state[WAITING_KEY]
    for name in [one for one in waiting if _has_changed(one, waiting[one])]:
        del waiting[name]
    restored = False
    for name, value in waiting.items():
        # A widget that stands at its default is bound, and out of the URL as it should be.
        if name not in st.query_params:
            with suppress(StreamlitAPIException):
                st.query_params[name] = value
                restored = True
    if restored:
        st.rerun()


def _has_changed(name: str, linked: str) -> bool:
    """Whether a widget holds something else than the link asked for."""
    if name not in st.session_state:
        return False
    value = st.session_state[name]
    declared = _declaration(name)
    titles = declared.titles if declared else None
    if declared is None or titles is not None or declared.parameter.kind == "text":
        return str((titles or {}).get(value, value)) != linked
    return bool(declared.parameter.checked(linked) != declared.parameter.checked(value))


def refuse_out_of_range(parameter: Parameter) -> None:
    """Name a number of the link that a slider cannot show, where only the page knows its ends."""
    value = st.query_params.get(parameter.name)
    problem = None if value is None else _Declared(parameter).problem(parameter.name, value)
    if problem is not None:
        del st.query_params[parameter.name]
        st.session_state[PROBLEMS_KEY].append(problem)
        st.rerun()


def show_link_problems() -> None:
    """What was wrong with the link, until the visitor has understood it."""
    problems: list[str] = st.session_state[PROBLEMS_KEY]
    if not problems:
        return
    words = "\n\n".join(map(in_markdown, problems))
    st.warning(words, icon=":material/link_off:", title="This link is not right")
    st.button("Understood", key="dismiss_link_problems", on_click=problems.clear)


def _declaration(key: str) -> _Declared | None:
    """What is declared under a name: by a page, by a strategy, or by the start of the name."""
    of_strategies = (
        one_weight(one, "") if one.kind == "weights" else one for one in strategy_parameters()
    )
    known = {one.name: _Declared(one) for one in of_strategies} | _declared
    prefix = next((name for name in known if name.endswith("_") and key.startswith(name)), key)
    return known.get(key) or known.get(prefix)
