"""Waiting for a result: its progress, a button that cancels, and the page again when done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar
from uuid import uuid4

import streamlit as st

from gapviz.core.progress import Progress
from gapviz.dashboard.settings import show_error
from gapviz.storage.background import TaskBoard, ThreadTask

Result = TypeVar("Result")
Made_co = TypeVar("Made_co", covariant=True)

POLL_SECONDS = 0.5

# What is done before it could be read needs no progress bar.
PATIENCE_SECONDS = 0.8

VISITOR, LEFT = "_visitor", "_left"

_jobs: TaskBoard[Any] = TaskBoard()
# What a visitor adds stays for good, so that it is finished though its page is closed.
_lasting: TaskBoard[Any] = TaskBoard(patience=None)


class Awaited(Protocol[Made_co]):
    """A result to wait for, such as a `gapviz.storage.cache.CachedResult`."""

    @property
    def name(self) -> str:
        """Unlike that of any other result."""

    def get(self) -> Made_co | None:
        """The result if it costs no waiting, else None."""

    def compute(self, progress: Progress | None = None) -> Made_co:
        """The result, computed now if need be."""


@dataclass(frozen=True, slots=True)
class Wait:
    """How the wait for a result is told, and what the visitor can do about it."""

    doing: str
    """What is being done, in words that can start a sentence."""
    ask: str | None = None
    """Label of a button that starts the work; None starts it at once."""
    help: str | None = None
    """Of that button."""
    cancelled: str = "Nothing was kept of it."
    """What is told of work that was cancelled."""
    back: Callable[[], None] | None = None
    """Leads back to where the work was asked for, for work that finishes though nobody looks."""

    @property
    def board(self) -> TaskBoard[Any]:
        return _jobs if self.back is None else _lasting


def result_of(awaited: Awaited[Result], told: str | Wait) -> Result | None:
    """The result of `awaited`; None while it is being made, which this then shows.

    Visitors who wait for the same work share one job; one of them who cancels only leaves it.

    Args:
        awaited: the result.
        told: what is being done, in words that can start a sentence, or more than that.
    """
    wait = Wait(told) if isinstance(told, str) else told
    board = wait.board
    found = awaited.get()
    if found is not None:
        return found
    job = None if awaited.name in _left() else board.find(awaited.name, _visitor())
    if job is None or (job.cancelled and job.result is None):
        if _may_not_start(awaited, wait):
            return None
        job = board.start_once(awaited.name, awaited.compute, _visitor())
        job.wait(PATIENCE_SECONDS)
    if job.result is not None:
        board.forget(awaited.name, job)
        made: Result = job.result
        return made
    if job.error is not None:
        _show_failure(awaited, wait, job)
    else:
        _wait_for(awaited, wait)
    return None


def _may_not_start(awaited: Awaited[Any], wait: Wait) -> bool:
    """Whether it is left to the visitor to start the awaited, by a button that this shows."""
    cancelled = awaited.name in _left()
    if wait.ask is None and not cancelled:
        return False
    if wait.ask is None:
        st.info(f"Cancelled. {wait.cancelled}", icon=":material/cancel:")
    st.button(
        wait.ask or "Compute after all",
        key=f"start_{awaited.name}",
        icon=":material/play_arrow:",
        help=wait.help,
        on_click=_start,
        args=(awaited, wait),
    )
    return True


def _show_failure(awaited: Awaited[Any], wait: Wait, job: ThreadTask[Any]) -> None:
    if job.error is not None:
        show_error(job.error)
    st.button(
        "Try again", key=f"again_{awaited.name}", on_click=_start_anew, args=(awaited, wait, job)
    )


@st.fragment(run_every=POLL_SECONDS)
def _wait_for(awaited: Awaited[Any], wait: Wait) -> None:
    job = None if awaited.name in _left() else wait.board.find(awaited.name, _visitor())
    if job is None or job.done:
        st.rerun()
    st.progress(job.share, f"{wait.doing}: {job.stage}")
    st.button("Cancel", key=f"cancel_{awaited.name}", on_click=_leave, args=(awaited, wait))


def _start(awaited: Awaited[Any], wait: Wait) -> None:
    _left().discard(awaited.name)
    wait.board.start_once(awaited.name, awaited.compute, _visitor())


def _start_anew(awaited: Awaited[Any], wait: Wait, job: ThreadTask[Any]) -> None:
    wait.board.forget(awaited.name, job)
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


def _left() -> set[str]:
    """Names of the work that this visitor no longer waits for."""
    left: set[str] = st.session_state.setdefault(LEFT, set())
    return left


def _visitor() -> str:
    """Of this session, unlike any other."""
    visitor: str = st.session_state.setdefault(VISITOR, uuid4().hex)
    return visitor
