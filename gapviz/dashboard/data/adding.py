"""Ways to add a collection: upload it, name a folder or a vector store, fetch a set."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from io import BytesIO
from uuid import uuid4

import streamlit as st

from gapviz.analyses.copies import copies_of
from gapviz.core.foreign import in_markdown
from gapviz.core.pairing import pairing_of
from gapviz.core.progress import Progress
from gapviz.core.quantised import KINDS
from gapviz.core.wording import counted
from gapviz.dashboard.caches import collection_of, items_of
from gapviz.dashboard.catalogue import View, workspace
from gapviz.dashboard.data.library import OPENED, megabytes
from gapviz.dashboard.errors import errors_shown
from gapviz.dashboard.url_params import url_choice
from gapviz.dashboard.waiting import Wait, result_of
from gapviz.dashboard.widgets import choice_of, segments_of
from gapviz.sources.files.format import (
    DEFAULT_TEMPLATE,
    PAIRING_RULES,
    SAMPLE_ITEMS,
    ReadOptions,
    upload_endings,
)
from gapviz.sources.files.upload import (
    MAX_BYTES,
    MAX_FILES,
    MAX_UNPACKED_BYTES,
)
from gapviz.sources.library.importing import (
    Incoming,
    add_path,
    add_reference_set,
    add_store,
    add_upload,
)
from gapviz.sources.library.stored import StoredCollection
from gapviz.sources.published import REFERENCE_SETS
from gapviz.sources.stores.registry import stores
from gapviz.storage.cache import CachedResult
from gapviz.storage.configuration import (
    FOLDERS_VARIABLE,
    STORES_VARIABLE,
    THIS_MACHINE,
    configuration,
)

UPLOAD_TYPES = ("zip", *(ending.removeprefix(".") for ending in sorted(upload_endings())))

FROM_A_TERMINAL = "`gapviz serve PATH` opens a file or folder of any size from a terminal"

ADD_BY = url_choice(
    "add_by",
    "Add a collection",
    {
        "upload": "Upload",
        "path": "Folder on this machine",
        "store": "Vector store",
        "set": "Published set",
    },
)
MIN_SAMPLE = 10
"""Items below which a sample says nothing."""

RUNNING, ADDED = "_adding", "_added"

Added = tuple[StoredCollection, ...]


def add_section() -> None:
    """The ways; while a collection is added, its progress."""
    running: CachedResult[Added] | None = st.session_state.get(RUNNING)
    if running is not None:
        back = partial(st.session_state.pop, RUNNING, None)
        added = result_of(running, Wait("Adding", back=back))
        if added is not None:
            back()
            st.session_state[ADDED] = added
            st.session_state[OPENED] = added[0].id
            st.rerun()
        return
    ways = {"upload": _by_upload, "path": _by_path, "store": _by_store, "set": _by_set}
    ways[segments_of(ADD_BY)]()
    for one in st.session_state.pop(ADDED, ()):
        _welcome(one)


def is_under_way() -> bool:
    """Whether something is given that only has to be added."""
    return any(st.session_state.get(key) for key in ("upload", "path", "store_address"))


@errors_shown()
def _welcome(stored: StoredCollection) -> None:
    """What was added, which vectors belong together, and what is wrong with them."""
    skipped = f", {counted(len(stored.skipped), 'thing')} skipped" if stored.skipped else ""
    words = [f"“{stored.title}” is here: {stored.n_items:,} items{skipped}."]
    amiss = False
    collection = items_of(stored.id)
    if stored.encodings:
        collection = collection_of(View(stored.id, stored.encodings[0].encoder))
        pairing = pairing_of(collection)
        words += pairing.sentences + pairing.guesses
        amiss = not any(pairing.both.values()) or bool(pairing.alone or pairing.guesses)
    copies = copies_of(collection)
    words += (*copies.sentences, *copies.warnings)
    amiss = amiss or bool(copies.warnings)
    if amiss:
        st.warning(in_markdown(" ".join(words)), icon=":material/rule:")
    else:
        st.success(in_markdown(" ".join(words)), icon=":material/check:")


def _by_upload() -> None:
    upload = st.file_uploader(
        "A zip of images and captions, or a file of vectors",
        type=list(UPLOAD_TYPES),
        key="upload",
        max_upload_size=MAX_BYTES // 1_000_000,
        help=f"At most {megabytes(MAX_BYTES)}, {MAX_FILES:,} files, "
        f"{megabytes(MAX_UNPACKED_BYTES)} unpacked. What is unsafe or broken in it "
        "is left out by name; the rest loads. It stays on this machine.",
    )
    st.caption(f"Larger, or already on this machine: {FROM_A_TERMINAL}.")
    incoming = _how_to_read()
    if upload is not None and incoming is not None and st.button("Add it", type="primary"):
        name, content = upload.name, upload.getvalue()
        _start(lambda tell: (add_upload(workspace(), name, BytesIO(content), incoming, tell),))


def _by_path() -> None:
    folders = configuration().folders
    if not folders:
        st.info(
            f"No folder may be opened by path from this page yet. {FROM_A_TERMINAL}, and what it "
            "opens is listed here too. Or start the dashboard with the folders that may be read, "
            f"for instance `{FOLDERS_VARIABLE}=~/photos make run`.",
            icon=":material/folder_off:",
        )
        return
    text = st.text_input(
        "Path",
        key="path",
        placeholder=str(folders[0]),
        help="Below " + ", ".join(f"`{folder}`" for folder in folders) + ". A folder of images "
        "with captions, a COCO file, a table, webdataset shards, or vectors.",
    ).strip()
    incoming = _how_to_read()
    if text and incoming is not None and st.button("Add it", type="primary"):
        _start(lambda tell: (add_path(workspace(), text, folders, incoming, tell),))


def _by_store() -> None:
    known = stores()
    text = st.text_input(
        "Address of a collection",
        key="store_address",
        placeholder=known[0].example,
        help="; ".join(f"{one.title}: `{one.example}`" for one in known)
        + ". Nothing is ever written there. Credentials come from the environment of the "
        "dashboard: " + ", ".join(f"`{name}`" for one in known for name in one.credentials) + ".",
    ).strip()
    size = st.number_input(
        "Items to read",
        min_value=MIN_SAMPLE,
        value=SAMPLE_ITEMS,
        step=1_000,
        key="store_sample",
        placeholder="all",
        help="Of a larger store a seeded sample, as many of every pattern of modalities and of "
        "every label as it has of them; an item comes with all of its vectors. Empty reads all.",
    )
    hosts, folders = store_hosts(), configuration().folders
    places = [*(f"`{host}`" for host in hosts), *(f"files below `{one}`" for one in folders)]
    st.caption(
        f"This page asks {', '.join(places) or 'no store yet'}. `{STORES_VARIABLE}` and "
        f"`{FOLDERS_VARIABLE}` name others when the dashboard is started."
    )
    incoming = _how_to_read()
    if text and incoming is not None and st.button("Add it", type="primary"):
        wanted = replace(incoming, options=replace(incoming.options, sample=size))
        _start(lambda tell: (add_store(workspace(), text, hosts, folders, wanted, tell),))


def store_hosts() -> tuple[str, ...]:
    """Hosts whose stores this dashboard reads: those that are named; else this machine, as long as
    the dashboard itself is for this machine alone.
    """
    if STORES_VARIABLE not in os.environ and st.get_option("server.address") not in THIS_MACHINE:
        return ()
    return configuration().stores


def _by_set() -> None:
    titles = {name: one.title for name, one in REFERENCE_SETS.items()}
    name = choice_of("Set", titles, key="reference_set")
    chosen = REFERENCE_SETS[name]
    st.markdown(
        f"{chosen.about}  \n[{chosen.repository}]({chosen.url}) at `{chosen.commit[:12]}` · "
        f"licence {chosen.licence} · {len(chosen.files):,} files · "
        f"**{megabytes(chosen.total_bytes)}** to download"
    )
    with st.expander("Files and their SHA-256", icon=":material/fingerprint:"):
        st.dataframe(
            {
                "file": [file.path for file in chosen.files],
                "bytes": [file.n_bytes for file in chosen.files],
                "SHA-256": [file.sha256 for file in chosen.files],
            },
            hide_index=True,
        )
    if st.button(f"Download {megabytes(chosen.total_bytes)}", type="primary"):
        _start(lambda tell: add_reference_set(workspace(), name, tell))


@errors_shown()
def _how_to_read() -> Incoming | None:
    """How to read the files; None while the options are wrong."""
    encoder = st.text_input(
        "Which model made these vectors? (optional)",
        key="add_encoder",
        placeholder="for instance CLIP ViT-B-32",
        help="Names them on every page. Images without vectors are encoded here, later.",
    )
    with st.expander(
        "If the files do not say it: title, columns, labels, modalities", icon=":material/tune:"
    ):
        title = st.text_input("Title", key="add_title", placeholder="the name of the file")
        images = st.text_input(
            "Image column", key="add_images", placeholder="file_name, image, …: the usual names"
        )
        captions = st.text_input(
            "Caption columns", key="add_captions", placeholder="text, caption, …: the usual names"
        )
        left, right = st.columns(2)
        label = left.text_input("Label column", key="add_label", placeholder="the usual names")
        identity = right.text_input("Id column", key="add_id", placeholder="the usual names")
        template = left.text_input(
            "Caption of an item that has a label only", DEFAULT_TEMPLATE, key="add_template"
        )
        modalities = right.text_input(
            "Names of the modalities",
            key="add_modalities",
            placeholder="image, text",
            help="In the order of the arrays, where they have no names of their own.",
        )
        pairing = choice_of("Pairing of rows without ids", PAIRING_RULES, key="add_pairing")
        quantisation = left.text_input(
            "Quantisation",
            key="add_quantisation",
            placeholder="as the files say it",
            help="How the vectors are stored. "
            + "; ".join(f"`{name}`: {kind.meant}" for name, kind in KINDS.items()),
        )
        dims = right.number_input(
            "First dimensions only",
            min_value=1,
            value=None,
            step=1,
            key="add_dims",
            placeholder="all",
            help="Of each vector only so many of its first dimensions, as Matryoshka models allow.",
        )
        fuse = left.number_input(
            "One row of text and picture: α",
            min_value=0.0,
            max_value=1.0,
            value=None,
            step=0.05,
            key="add_fuse",
            placeholder="a row of each",
            help="An item with both is one row of α · text + (1 − α) · picture, a modality of its "
            "own. Then queries of your own are needed to measure anything: no item has two halves.",
        )
    options = ReadOptions(
        id_column=identity.strip() or None,
        image_column=images.strip() or None,
        caption_columns=_listed(captions),
        label_column=label.strip() or None,
        template=template,
        modalities=_listed(modalities),
        pairing=pairing,
        encoder=encoder.strip() or None,
        quantisation=quantisation.strip() or None,
        dims=dims,
        fuse=fuse,
    )
    return Incoming(title.strip(), options)


def _listed(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _start(add: Callable[[Progress], Added]) -> None:
    st.session_state[RUNNING] = CachedResult("adding", uuid4().hex, tuple, add, on_disk=False)
    st.rerun()
