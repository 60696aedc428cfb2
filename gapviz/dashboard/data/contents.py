"""What a stored collection holds, before it is encoded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

import numpy as np
import streamlit as st

from gapviz.analyses.copies import copies_of
from gapviz.analyses.inspection import Inspection, inspect_collection, labels_told
from gapviz.core.foreign import in_markdown
from gapviz.core.not_measured import not_measured
from gapviz.core.pairing import guesses, pairing_of
from gapviz.core.random_weights import random_weights_warnings
from gapviz.core.wording import counted
from gapviz.dashboard.caches import collection_of, experiment, items_of
from gapviz.dashboard.catalogue import View, workspace
from gapviz.dashboard.errors import errors_shown
from gapviz.dashboard.result_list import item_cards
from gapviz.dashboard.waiting import Wait, result_of
from gapviz.sources.files.format import Skipped
from gapviz.sources.library.stored import StoredCollection
from gapviz.storage.cache import CachedResult

SAMPLE = 12
LISTED = 200


@errors_shown()
def contents_section(stored: StoredCollection) -> None:
    """Counts, a sample of items, what was skipped; and on demand a look into every picture."""
    collection = items_of(stored.id)
    pictures = sum(item.image is not None for item in collection.items)
    captions = sum(len(item.captions) for item in collection.items)
    labels = {label for item in collection.items for label in item.labels}
    counts = {"Pictures": pictures, "Captions": captions, "Labels": len(labels)}
    if stored.encodings:
        # A file of vectors says nothing of pictures, captions and labels.
        counts = {name: count for name, count in counts.items() if count}
    counts = {"Items": stored.n_items} | counts
    vectors = None
    if stored.encodings:
        with errors_shown():
            vectors = collection_of(View(stored.id, stored.encodings[0].encoder))
    if vectors is not None:
        blocks, both = vectors.modalities, pairing_of(vectors).both
        counts |= {f"{name.capitalize()} vectors": one.n_rows for name, one in blocks.items()}
        counts |= {
            f"Pairs {first}–{second}" if len(both) > 1 else "Pairs": count
            for (first, second), count in both.items()
        }
    with st.grid(4, min_column_width=150, gap="small"):
        for name, count in counts.items():
            st.metric(in_markdown(name), f"{count:,}", border=True)
    if vectors is not None:
        # Which vectors belong together, and whether the two splits are alike.
        st.caption(in_markdown(" ".join(pairing_of(vectors).sentences)))
        told = (*guesses(vectors), *not_measured(vectors).values())
        for warning in (*told, *experiment(View(stored.id, vectors.encoder)).split_warnings):
            st.warning(in_markdown(warning), icon=":material/call_split:")
    doubts = {one.encoder: random_weights_warnings(one.encoder) for one in stored.encodings}
    for encoder, doubt in ((name, one) for name, several in doubts.items() for one in several):
        st.warning(in_markdown(f"{encoder}: {doubt}"), icon=":material/warning:")
    copies = copies_of(collection if vectors is None else vectors)
    for sentence in copies.sentences:
        st.caption(f":material/content_copy: {in_markdown(sentence)}")
    for warning in copies.warnings:
        st.warning(in_markdown(warning), icon=":material/content_copy:")
    if stored.skipped:
        was = "was" if len(stored.skipped) == 1 else "were"
        words = f"{counted(len(stored.skipped), 'thing')} of the source {was} skipped"
        with st.expander(words, icon=":material/report:"):
            _listing(stored.skipped)
    chosen = np.linspace(0, collection.n_items - 1, min(SAMPLE, collection.n_items)).astype(int)
    if pictures or captions:
        st.html(item_cards(chosen.tolist(), collection, stored.id))
        st.caption(f"A sample of {len(chosen)} of {collection.n_items:,} items, evenly spaced.")
        _inspection(stored)
    else:
        st.caption("The items have neither pictures nor captions: vectors are all there is.")


def _listing(skipped: Sequence[Skipped]) -> None:
    st.dataframe([asdict(one) for one in skipped[:LISTED]], hide_index=True)
    if len(skipped) > LISTED:
        st.caption(f"Showing {LISTED} of {len(skipped):,}.")


def _inspection(stored: StoredCollection) -> None:
    # Not on disk: pictures in a folder of the visitor's may be repaired.
    work = CachedResult(
        "inspections",
        stored.id,
        Inspection,
        lambda progress: inspect_collection(workspace().load(stored.id), progress=progress),
        on_disk=False,
    )
    wait = Wait(
        "Looking into every picture",
        ask="Look into every picture",
        help="Decodes each picture once: finds broken files and duplicates.",
    )
    found = result_of(work, wait)
    if found is None:
        return
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
    st.markdown("\n".join(f"- {in_markdown(line)}" for line in lines))
    if found.broken:
        _listing(found.broken)


def _examples(found: Sequence[str]) -> str:
    return f" (such as {'; '.join(found[:2])})" if found else ""
