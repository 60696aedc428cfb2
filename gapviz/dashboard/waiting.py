"""Waiting for a result: its progress, a button that cancels, and the page again when done."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar
from uuid import uuid4

import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.errors import StreamlitDuplicateElementKey
from streamlit.runtime import Runtime
from streamlit.runtime.scriptrunner import get_script_run_ctx

from gapviz.core.foreign import in_markdown
from gapviz.core.progress import Progress
from gapviz.dashboard.errors import show_error
from gapviz.storage.background import TaskBoard, TaskStatus, ThreadTask

Result = TypeVar("Result")
Result_co = TypeVar("Result_co", covariant=True)

POLL_SECONDS = 0.5

# What a page goes on without is looked for less often: a look may cross what the visitor does.
UNHURRIED_POLL_SECONDS = 1.5

# What is done before it could be read needs no progress bar.
PATIENCE_SECONDS = 0.8

VISITOR, LEFT, SLOTS = "_visitor", "_left", "_slots"


def _is_here(visitor: str) -> bool:
    """Whether the page of a visitor is open; without a server to ask, it is."""
    return not Runtime.exists() or Runtime.instance().is_active_session(visitor.partition(":")[0])


_tasks: TaskBoard[Any] = TaskBoard(is_here=_is_here)
# What a visitor adds stays for good, so that it is finished though its page is closed.
_lasting: TaskBoard[Any] = TaskBoard(patience=None)


class Awaited(Protocol[Result_co]):
    """A result to wait for, such as a `gapviz.storage.cache.CachedResult`."""

    @property
    def name(self) -> str:
        """Unlike that of any other result."""

    def get(self) -> Result_co | None:
        """The result if it costs no waiting, else None."""

    def compute(self, progress: Progress | None = None) -> Result_co:
        """The result, computed now if need be."""


@dataclass(frozen=True, slots=True)
class Wait:
    """What is said while a result is computed, and what the visitor can do about it."""

    doing: str
    """What is being done, in words that can start a sentence."""
    ask: str | None = None
    """Label of a button that starts the work; None starts it at once."""
    help: str | None = None
    """Of that button."""
    cancelled: str = "Nothing of it was saved."
    """What is said of work that was cancelled."""
    back: Callable[[], None] | None = None
    """Leads back to where the work was asked for, for work that finishes though nobody looks."""
    so_far: Callable[[], None] | None = None
    """Draws what is known already, below the progress, and where the work was cancelled."""
    slot: str | None = None
    """Part of the page that shows one result at a time: what it waited for before is left."""

    @property
    def board(self) -> TaskBoard[Any]:
        return _tasks if self.back is None else _lasting


def result_of(awaited: Awaited[Result], wait: str | Wait) -> Result | None:
    """The result of `awaited`; None while it is computed, which this then shows.

    Visitors who wait for the same result share one task; one of them who cancels only leaves
    it. A `wait` of words alone is its `doing`.
    """
    wait = Wait(wait) if isinstance(wait, str) else wait
    _leave_others(awaited.name, wait)
    found = awaited.get()
    if found is not None:
        return found
    task = _task(awaited, wait)
    if task is None or (task.cancelled and task.status().state != "done"):
        if wait.ask is not None or awaited.name in _left():
            _show_start(awaited, wait)
            return None
        task = wait.board.start_once(awaited.name, awaited.compute, _visitor())
        task.wait(PATIENCE_SECONDS)
    task.hurry()
    status: TaskStatus[Result] = task.status()
    if status.state == "done":
        wait.board.forget(awaited.name, task)
        return status.result
    if status.error is not None:
        show_error(status.error)
        again = (awaited, wait, task)
        _button("Try again", key=f"again_{awaited.name}", on_click=_start_anew, args=again)
    else:
        with poll_place():
            _wait_for(awaited, wait)
    return None


def meanwhile(awaited: Awaited[Result], words: str, *, patiently: bool = False) -> Result | None:
    """The result of `awaited` for a page that goes on without it; None where it is not there.

    It is computed in the background, which `words` say, and the page runs again when it is done.
    Who waits `patiently` gives it the time that nobody notices. One that failed, or that the
    visitor cancelled elsewhere, is not begun anew.
    """
    place = poll_place()
    found = awaited.get()
    if found is not None or awaited.name in _left():
        return found
    task = _tasks.start_once(awaited.name, awaited.compute, _visitor(), unhurried=True)
    status: TaskStatus[Result] = task.wait(PATIENCE_SECONDS if patiently else 0.0)
    if status.active:
        with place:
            _say_until_done(awaited, words)
    return status.result


def poll_place() -> DeltaGenerator:
    """Where one poll is drawn; empty, it takes no room.

    It stays when the poll is gone: else all that follows would move up by one, and be drawn anew
    while somebody types or clicks there. And nothing follows the poll in it: what a poll drew when
    the whole page ran, Streamlit does not send if the poll runs before that is under way, and what
    follows would then be past the end, which the browser does not survive.
    """
    return st.container()


def is_left(awaited: Awaited[Any]) -> bool:
    """Whether the visitor no longer waits for it."""
    return awaited.name in _left()


def show_progress(
    name: str, doing: str, status: TaskStatus[Any], cancel: Callable[..., None], *args: object
) -> None:
    """The progress of a task, and a button that calls `cancel` with `args`.

    `name` is unlike that of any other task on the page; `doing` is that of `Wait`, in Markdown.
    """
    st.progress(status.share, f"{doing}: {in_markdown(status.stage)}")
    _button("Cancel", key=f"cancel_{name}", on_click=cancel, args=args)


def _button(label: str, **look: Any) -> None:
    """One button a result: two encoders with the same vectors wait for the same one."""
    with suppress(StreamlitDuplicateElementKey):
        st.button(label, **look)


def _task(awaited: Awaited[Any], wait: Wait) -> ThreadTask[Any] | None:
    """The task that this visitor waits for, if there is one."""
    return None if awaited.name in _left() else wait.board.find(awaited.name, _visitor())


def _show_start(awaited: Awaited[Any], wait: Wait) -> None:
    """A button that starts the work."""
    if wait.ask is None:
        st.info(f"Cancelled. {wait.cancelled}", icon=":material/cancel:")
        if wait.so_far is not None:
            wait.so_far()
    _button(
        wait.ask or "Compute after all",
        key=f"start_{awaited.name}",
        icon=":material/play_arrow:",
        help=wait.help,
        on_click=_start,
        args=(awaited, wait),
    )


@st.fragment(run_every=POLL_SECONDS)
def _wait_for(awaited: Awaited[Any], wait: Wait) -> None:
    task = _task(awaited, wait)
    if task is None or not task.status().active:
        # Streamlit sees what the visitor asked meanwhile where something is drawn; `st.rerun` alone
        # would ask for the page of before, and last.
        st.progress(1.0, wait.doing)
        st.rerun()
    show_progress(awaited.name, wait.doing, task.status(), _leave, awaited, wait)
    if wait.so_far is not None:
        wait.so_far()


@st.fragment(run_every=UNHURRIED_POLL_SECONDS)
def _say_until_done(awaited: Awaited[Any], words: str) -> None:
    # Drawn before the page is asked for: see `_wait_for`.
    st.caption(f":material/hourglass_top: {words}")
    task = _tasks.find(awaited.name, _visitor())
    if task is None or not task.status().active:
        st.rerun()


def _start(awaited: Awaited[Any], wait: Wait) -> None:
    _left().discard(awaited.name)
    wait.board.start_once(awaited.name, awaited.compute, _visitor())


def _start_anew(awaited: Awaited[Any], wait: Wait, task: ThreadTask[Any]) -> None:
    wait.board.forget(awaited.name, task)
    if wait.back is None:
        _start(awaited, wait)
    else:
        wait.back()


def _leave(awaited: Awaited[Any], wait: Wait) -> None:
    wait.board.leave(awaited.name, _visitor())
    if wait.back is None:
        _left().add(awaited.name)
    else:
        wait.back()


def _leave_others(name: str, wait: Wait) -> None:
    """Let go of what the same part of the page waited for before, so that it makes room."""
    if wait.slot is None:
        return
    slots: dict[str, str] = st.session_state.setdefault(SLOTS, {})
    before = slots.get(wait.slot)
    if before is not None and before != name:
        wait.board.leave(before, _visitor())
    slots[wait.slot] = name


def _left() -> set[str]:
    """Names of the results that this visitor no longer waits for."""
    left: set[str] = st.session_state.setdefault(LEFT, set())
    return left


def _visitor() -> str:
    """Of this session, unlike any other: the server's name of it comes first."""
    context = get_script_run_ctx(suppress_warning=True)
    session = context.session_id if context else ""
    visitor: str = st.session_state.setdefault(VISITOR, f"{session}:{uuid4().hex}")
    return visitor
