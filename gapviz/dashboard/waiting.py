"""Waiting for a result: its progress, a button that cancels, and the page again when done."""

from __future__ import annotations

from typing import Any, TypeVar

import streamlit as st

from gapviz.dashboard.settings import show_error
from gapviz.jobs import JobBoard
from gapviz.kept import Work

Result = TypeVar("Result")

POLL_SECONDS = 0.5

# What is done before it could be read needs no progress bar.
PATIENCE_SECONDS = 0.8

_jobs: JobBoard[Any] = JobBoard()


def result_of(work: Work[Result], doing: str) -> Result | None:
    """The result of `work`; None while it is being made, which this then shows.

    Args:
        work: what to do.
        doing: what is being done, in words that can start a sentence.
    """
    ready = work.ready()
    if ready is not None:
        return ready
    job = _jobs.find(work.name)
    if job is None or (job.done and job.error is None and not job.cancelled):
        _jobs.forget(work.name)
        job = _jobs.start_once(work.name, work.do)
        if job.wait(PATIENCE_SECONDS) and job.error is None and not job.cancelled:
            _jobs.forget(work.name)
            made: Result | None = job.result
            return made
    _wait_for(work, doing)
    return None


@st.fragment(run_every=POLL_SECONDS)
def _wait_for(work: Work[Any], doing: str) -> None:
    job = _jobs.start_once(work.name, work.do)
    if job.done and job.error is not None:
        show_error(job.error)
        st.button("Try again", key=f"again_{work.name}", on_click=_jobs.forget, args=(work.name,))
    elif job.cancelled:
        st.info("Cancelled. Nothing was kept of it.", icon=":material/cancel:")
        st.button(
            "Compute after all", key=f"again_{work.name}", on_click=_jobs.forget, args=(work.name,)
        )
    elif job.done:
        _jobs.forget(work.name)
        st.rerun()
    else:
        st.progress(job.share, f"{doing}: {job.stage}")
        st.button("Cancel", key=f"cancel_{work.name}", on_click=job.cancel)
