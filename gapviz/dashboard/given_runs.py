"""Runs of other systems on a page: uploaded, or named by path, each a row of the scoreboard."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from gapviz.analyses.judged import Protocol
from gapviz.analyses.scoreboard.given_runs import cached_run, with_own_name
from gapviz.core.collection import Collection
from gapviz.core.foreign import in_markdown
from gapviz.dashboard.data.library import megabytes
from gapviz.dashboard.errors import errors_shown
from gapviz.dashboard.waiting import result_of
from gapviz.measures.retrieval.judged import Judged
from gapviz.sources.files.allowed_paths import allowed_path
from gapviz.sources.files.upload import MAX_BYTES
from gapviz.sources.runs.opened import FORMATS
from gapviz.storage.configuration import configuration
from gapviz.storage.read_only import is_read_only
from gapviz.strategies import STRATEGIES

MOST_RUNS = 8
KEY, PATH = "runs", "run_path"


def given_runs(collection: Collection, protocol: Protocol, seed: int) -> tuple[list[Judged], bool]:
    """Where runs are given, those that have been read, and whether others are still being read.

    Nobody gives any where this gapviz only shows.
    """
    runs: list[Judged] = []
    waiting = False
    if is_read_only():
        return runs, waiting
    with st.expander("Add a run of another system", icon=":material/upload_file:"):
        st.caption(
            f"Ranked lists for the same queries: {'; '.join(one.title for one in FORMATS)}. "
            "Entries are called by the ids of items, or `id#modality` for a row; scores order, and "
            "equal scores count as the mean over their orders. It stays on this machine."
        )
        for source in _sources():
            with errors_shown():
                one = result_of(cached_run(source, collection, protocol, seed), "Reading the run")
                waiting |= one is None
                if one is not None:
                    taken = {*STRATEGIES, *(other.run.name for other in runs)}
                    runs.append(with_own_name(one, taken))
        for one in runs:
            _welcome(one)
    return runs, waiting


def _sources() -> list[Path | tuple[str, bytes]]:
    """What was uploaded, and what was named by path."""
    uploads = st.file_uploader(
        "Run files",
        accept_multiple_files=True,
        key=KEY,
        max_upload_size=MAX_BYTES // 1_000_000,
        help=f"At most {megabytes(MAX_BYTES)} each, and {MOST_RUNS} at once.",
    )
    found: list[Path | tuple[str, bytes]] = [(one.name, one.getvalue()) for one in uploads or []]
    folders = configuration().folders
    if folders:
        text = st.text_input(
            "Or a path",
            key=PATH,
            help="Below " + ", ".join(f"`{folder}`" for folder in folders),
        ).strip()
        if text:
            with errors_shown():
                found.append(allowed_path(text, folders))
    return found[:MOST_RUNS]


def _welcome(judged: Judged) -> None:
    run = judged.run
    n_lists = int((run.lengths > 0).sum())
    words = f"{run.name}: {n_lists:,} of {judged.evaluation.n_queries:,} queries have a list."
    said = in_markdown(" ".join([words, *run.notes]))
    if run.notes:
        st.warning(said, icon=":material/rule:")
    else:
        st.success(said, icon=":material/check:")
