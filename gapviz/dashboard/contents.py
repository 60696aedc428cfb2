"""What a stored collection holds, shown before anything heavy is done with it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import streamlit as st

from gapviz.collection import Collection
from gapviz.dashboard.caches import collection_of, items_of, split_doubts
from gapviz.dashboard.catalogue import View, workspace
from gapviz.dashboard.result_list import item_cards
from gapviz.dashboard.settings import show_error
from gapviz.dashboard.shelf import things
from gapviz.errors import GapvizError
from gapviz.inspection import Inspection, inspect_collection, labels_told
from gapviz.jobs import JobBoard
from gapviz.pairing import pairing_of
from gapviz.readers.reading import Skipped
from gapviz.workspace import StoredCollection

SAMPLE = 12
LISTED = 200
POLL_SECONDS = 0.5

_jobs: JobBoard[Inspection] = JobBoard()


def contents(stored: StoredCollection) -> None:
    """Counts, a sample of items, what was skipped; and on demand a look into every picture."""
    try:
        collection = items_of(stored.id)
    except GapvizError as error:
        show_error(error)
        return
    pictures = sum(item.image is not None for item in collection.items)
    captions = sum(len(item.captions) for item in collection.items)
    labels = {item.label for item in collection.items if item.label is not None}
    counts = {"Items": stored.n_items}
    told = {"Pictures": pictures, "Captions": captions, "Labels": len(labels)}
    if stored.encodings:
        # Vectors that came as a file bring no zeros with them.
        told = {name: count for name, count in told.items() if count}
    counts |= told
    vectors = _vectors(stored)
    if vectors is not None:
        counts |= {f"{name.capitalize()} vectors": n for name, n in _rows_of(vectors).items()}
        counts |= _pairs_of(vectors)
    with st.grid(4, min_column_width=150, gap="small"):
        for name, count in counts.items():
            st.metric(name, f"{count:,}", border=True)
    if vectors is not None:
        _belonging(vectors, View(stored.id, vectors.encoder))
    _skipped(stored.skipped)
    chosen = np.linspace(0, collection.n_items - 1, min(SAMPLE, collection.n_items)).astype(int)
    if pictures or captions:
        st.html(item_cards(chosen.tolist(), collection, stored.id))
        st.caption(f"A sample of {len(chosen)} of {collection.n_items:,} items, evenly spaced.")
        _inspection(stored)
    else:
        st.caption("The items have neither pictures nor captions: vectors are all there is.")


def _vectors(stored: StoredCollection) -> Collection | None:
    """The collection as its first encoder saw it; None where none has, or the files are gone."""
    if not stored.encodings:
        return None
    try:
        return collection_of(View(stored.id, stored.encodings[0].encoder))
    except GapvizError as error:
        show_error(error)
        return None


def _rows_of(collection: Collection) -> dict[str, int]:
    return {name: block.n_rows for name, block in collection.modalities.items()}


def _pairs_of(collection: Collection) -> dict[str, int]:
    both = pairing_of(collection).both
    if len(both) == 1:
        return {"Pairs": next(iter(both.values()))}
    return {f"Pairs {first}–{second}": count for (first, second), count in both.items()}


def _belonging(collection: Collection, view: View) -> None:
    """Which vectors belong together, and whether the two splits are alike."""
    st.caption(" ".join(pairing_of(collection).sentences))
    for warning in split_doubts(view):
        st.warning(warning, icon=":material/call_split:")


def _skipped(skipped: Sequence[Skipped]) -> None:
    if not skipped:
        return
    with st.expander(
        f"{things(len(skipped))} of the source {'was' if len(skipped) == 1 else 'were'} skipped",
        icon=":material/report:",
    ):
        _listing(skipped)


def _listing(skipped: Sequence[Skipped]) -> None:
    st.dataframe(
        {
            "what": [one.what for one in skipped[:LISTED]],
            "why": [one.why for one in skipped[:LISTED]],
        },
        hide_index=True,
    )
    if len(skipped) > LISTED:
        st.caption(f"Showing {LISTED} of {len(skipped):,}.")


def _inspection(stored: StoredCollection) -> None:
    job = _jobs.find(stored.id)
    if job is None:
        st.button(
            "Look into every picture",
            icon=":material/fact_check:",
            help="Decodes each picture once: finds broken files and duplicates.",
            on_click=_look,
            args=(stored.id,),
        )
    elif job.done and job.result is not None:
        _told(job.result)
    else:
        _wait(stored.id)


def _look(collection_id: str) -> None:
    _jobs.start_once(
        collection_id,
        lambda tell: inspect_collection(workspace().load(collection_id), progress=tell),
    )


@st.fragment(run_every=POLL_SECONDS)
def _wait(key: str) -> None:
    job = _jobs.find(key)
    if job is None or job.cancelled:
        _jobs.forget(key)
        st.rerun()
    elif job.error is not None:
        show_error(job.error)
        st.button("Try again", on_click=_jobs.forget, args=(key,))
    elif job.done:
        st.rerun()
    else:
        st.progress(job.share, f"{job.stage.capitalize()} …")
        st.button("Cancel", on_click=job.cancel)


def _told(found: Inspection) -> None:
    per_item = ", ".join(f"{items:,} with {count}" for count, items in found.captions_per_item)
    lines = [
        f"Items by number of captions: {per_item}",
        f"Labels: {labels_told(found.labels) or 'none'}; {found.n_unlabelled:,} items without one",
        f"Equal pictures: {len(found.duplicate_pictures):,} groups"
        + _examples([", ".join(ids[:4]) for ids in found.duplicate_pictures]),
        f"Captions that several items share: {len(found.duplicate_captions):,}"
        + _examples([f"“{caption}”" for caption, _ in found.duplicate_captions]),
        f"Broken pictures: {len(found.broken):,}",
    ]
    st.markdown("\n".join(f"- {line}" for line in lines))
    if found.broken:
        _listing(found.broken)


def _examples(found: Sequence[str]) -> str:
    return f" (such as {'; '.join(found[:2])})" if found else ""
