"""Waiting for a result: its progress, a button that cancels, and the page again when done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar
from uuid import uuid4

import streamlit as st

from gapviz.core.progress import Progress
from gapviz.dashboard.settings import show_error
from gapviz.storage.jobs import Job, JobBoard

Result = TypeVar("Result")
Made_co = TypeVar("Made_co", covariant=True)

POLL_SECONDS = 0.5

# What is done before it could be read needs no progress bar.
PATIENCE_SECONDS = 0.8

VISITOR, LEFT = "_visitor", "_left"

_jobs: JobBoard[Any] = JobBoard()
# What a visitor adds stays for good, so that it is finished though its page is closed.
_lasting: JobBoard[Any] = JobBoard(patience=None)


class Awaited(Protocol[Made_co]):
    """A result to have, such as a `gapviz.storage.kept.Work`."""

    @property
    def name(self) -> str:
        """Of the result, unlike that of any other."""

    def ready(self) -> Made_co | None:
        """The result if it costs no waiting, else None."""

    def do(self, progress: Progress | None = None) -> Made_co:
        """The result, made now if need be."""


@dataclass(frozen=True, eq=False)
class Task(Generic[Result]):
    """A result that is made and kept in a way of its own."""

    name: str
    make: Callable[[Progress | None], Result]
    find: Callable[[], Result | None] = lambda: None
    """The result if it costs no waiting."""

    def ready(self) -> Result | None:
        """What `find` finds."""
        return self.find()

    def do(self, progress: Progress | None = None) -> Result:
        """What `make` makes."""
        return self.make(progress)


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
    def board(self) -> JobBoard[Any]:
        return _jobs if self.back is None else _lasting


def result_of(work: Awaited[Result], told: str | Wait) -> Result | None:
    """The result of `work`; None while it is being made, which this then shows.

    Visitors who wait for the same work share one job; one of them who cancels only leaves it.

    Args:
        work: what to do.
        told: what is being done, in words that can start a sentence, or more than that.
    """
    wait = Wait(told) if isinstance(told, str) else told
    board = wait.board
    ready = work.ready()
    if ready is not None:
        return ready
    job = None if work.name in _left() else board.find(work.name, _visitor())
    if job is None or (job.cancelled and job.result is None):
        if _may_not_start(work, wait):
            return None
        job = board.start_once(work.name, work.do, _visitor())
        job.wait(PATIENCE_SECONDS)
    if job.result is not None:
        board.forget(work.name, job)
        made: Result = job.result
        return made
    if job.error is not None:
        _show_failure(work, wait, job)
    else:
        _wait_for(work, wait)
    return None


def _may_not_start(work: Awaited[Any], wait: Wait) -> bool:
    """Whether it is left to the visitor to start the work, by a button that this shows."""
    cancelled = work.name in _left()
    if wait.ask is None and not cancelled:
        return False
    if wait.ask is None:
        st.info(f"Cancelled. {wait.cancelled}", icon=":material/cancel:")
    st.button(
        wait.ask or "Compute after all",
        key=f"start_{work.name}",
        icon=":material/play_arrow:",
        help=wait.help,
        on_click=_start,
        args=(work, wait),
    )
    return True


def _show_failure(work: Awaited[Any], wait: Wait, job: Job[Any]) -> None:
    if job.error is not None:
        show_error(job.error)
    st.button("Try again", key=f"again_{work.name}", on_click=_start_anew, args=(work, wait, job))


@st.fragment(run_every=POLL_SECONDS)
def _wait_for(work: Awaited[Any], wait: Wait) -> None:
    job = None if work.name in _left() else wait.board.find(work.name, _visitor())
    if job is None or job.done:
        st.rerun()
    st.progress(job.share, f"{wait.doing}: {job.stage}")
    st.button("Cancel", key=f"cancel_{work.name}", on_click=_leave, args=(work, wait))


def _start(work: Awaited[Any], wait: Wait) -> None:
    _left().discard(work.name)
    wait.board.start_once(work.name, work.do, _visitor())


def _start_anew(work: Awaited[Any], wait: Wait, job: Job[Any]) -> None:
    wait.board.forget(work.name, job)
    if wait.back is None:
        _start(work, wait)
    else:
        wait.back()


def _leave(work: Awaited[Any], wait: Wait) -> None:
    wait.board.leave(work.name, _visitor())
    if wait.back is None:
        _left().add(work.name)
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
