"""Encode a stored collection: choose a model, start, watch, cancel, go on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import streamlit as st

from gapviz.core.errors import GapvizError
from gapviz.core.foreign import in_markdown
from gapviz.core.parameter import Parameter
from gapviz.core.wording import counted
from gapviz.dashboard.caches import forget_collections, items_of
from gapviz.dashboard.catalogue import workspace
from gapviz.dashboard.data.library import megabytes
from gapviz.dashboard.errors import errors_shown, show_error
from gapviz.dashboard.real_model import MODEL, SOURCE, model_title
from gapviz.dashboard.waiting import poll_place, show_progress
from gapviz.dashboard.widgets import choice_of, segments_of
from gapviz.encoders.catalogue import available_models
from gapviz.encoders.encoding.tasks import add_encoding, encode_stored, encoding_tasks
from gapviz.encoders.sentence_transformer import FAMILY as SENTENCES
from gapviz.encoders.sentence_transformer import is_path, split_dims
from gapviz.sources.files.allowed_paths import allowed_path
from gapviz.sources.library.stored import StoredCollection
from gapviz.storage.background import TaskStatus
from gapviz.storage.background_process import ProcessTask
from gapviz.storage.configuration import configuration

POLL_SECONDS = 1.0
CAPTIONS = Parameter(
    "indexed_captions",
    "Captions that are indexed, where an item has several",
    "choice",
    "first",
    "",
    choices={"first": "the first; the others only ask", "all": "all of them"},
)
LONG_CAPTIONS = Parameter(
    "long_captions",
    "Captions longer than the model reads",
    "choice",
    "cut",
    "",
    choices={"cut": "cut at its limit, as open_clip does", "leave-out": "left out"},
)
BUILTIN_WORDS = (
    "EfficientNet-lite0 and MiniLM with small heads trained on drawings. Works offline. It is not "
    "CLIP: on photographs it is weak."
)


def can_be_encoded(stored: StoredCollection) -> bool:
    """Whether any item has a picture or a caption."""
    try:
        items = items_of(stored.id).items
    except GapvizError:
        return False
    return any(item.image is not None or item.captions for item in items)


def encoding_panel(stored: StoredCollection, *, is_next: bool) -> None:
    """Choose a model and start; below, every task of the collection.

    Args:
        stored: the collection.
        is_next: whether this is the next step of the page.
    """
    encoder = _chosen_encoder()
    captions = segments_of(CAPTIONS)
    long_captions = segments_of(LONG_CAPTIONS)
    if st.button(
        "Encode",
        key="encode",
        type="primary" if is_next else "secondary",
        icon=":material/memory:",
        disabled=encoder is None,
    ):
        with errors_shown():
            encode_stored(
                workspace(),
                stored.id,
                encoder or "",
                indexed_captions=captions,
                long_captions=long_captions,
            )
    if encoding_tasks(stored):
        with poll_place():
            _tasks(stored)


def _chosen_encoder() -> str | None:
    source = segments_of(SOURCE)
    if source == "open_clip":
        return _open_clip()
    if source == "sentences":
        return _sentence_transformer()
    if source == "name":
        return _by_name()
    st.caption(BUILTIN_WORDS)
    return "builtin"


def _open_clip() -> str | None:
    models = {entry.encoder_name: entry for entry in available_models()}
    titles = {k: model_title(one) for k, one in models.items()}
    label = f"One of {len(models):,} pretrained models"
    name = choice_of(label, titles, key=MODEL, bind="query-params", filter_mode="fuzzy")
    if name is None:
        return None
    entry = models[name]
    parts = [f"{entry.parameters / 1e6:,.0f} million parameters"] if entry.parameters else []
    parts.append(f"{entry.dim} dimensions")
    if entry.cached:
        parts.append("on this machine already")
    elif entry.download_bytes:
        parts.append(f"about {megabytes(entry.download_bytes)} to download, once")
    st.caption(", ".join(parts) + ".")
    return entry.encoder_name


@errors_shown()
def _sentence_transformer() -> str | None:
    with st.container(horizontal=True):
        name = st.text_input(
            "Name on Hugging Face, or a folder",
            key="sentence_transformer",
            placeholder="ORG/NAME, or a path",
            help="A model of texts and images, or of texts alone. It is downloaded once. Its own "
            "prompts are used: one for what is indexed, one for what is searched for. Models that "
            "bring code of their own are refused. A path must lie below a folder that this server "
            "may read.",
        ).strip()
        dims = st.number_input(
            "Dimensions",
            key="sentence_transformer_dims",
            min_value=1,
            max_value=999_999,
            value=None,
            placeholder="all",
            help="Only the first so many, of a model that was trained for it (Matryoshka).",
            width=150,
        )
    if not name:
        return None
    chosen = _allowed_model(name)
    return f"{SENTENCES}:{chosen}" + (f":dims-{dims}" if dims else "")


def _allowed_model(name: str) -> str:
    """A name on Hugging Face as it is; a path once it is known to be one that may be read.

    Raises:
        GapvizError: a path that may not be read, or is missing.
    """
    if is_path(name) or Path(name).exists():
        return str(allowed_path(name, configuration().folders))
    return name


@errors_shown()
def _by_name() -> str | None:
    name = st.text_input(
        "Name",
        key="encoder_name",
        placeholder="hf-hub:ORG/NAME, open_clip:MODEL:random-0, or a path",
        help="`hf-hub:ORG/NAME`, `open_clip:MODEL:random-0` (random weights: the gap that a model "
        "is born with), `open_clip:MODEL:PATH` with a checkpoint, `local-dir:PATH` with a folder "
        "that open_clip saved, `sentence-transformers:NAME_OR_PATH`. A path must lie below a "
        "folder that this server may read.",
    ).strip()
    # A path in it is checked against the folders that may be read.
    family, _, rest = name.partition(":")
    model, _, weights = rest.partition(":")
    folders = configuration().folders
    if family == "local-dir":
        return f"{family}:{allowed_path(rest, folders)}"
    if family == SENTENCES:
        bare, dims = split_dims(rest)
        return f"{family}:{_allowed_model(bare)}" + (f":dims-{dims}" if dims else "")
    if family == "open_clip" and ("/" in weights or "\\" in weights or "." in weights):
        return f"{family}:{model}:{allowed_path(weights, folders)}"
    return name or None


@st.fragment(run_every=POLL_SECONDS)
def _tasks(stored: StoredCollection) -> None:
    tasks = encoding_tasks(stored)
    for task in tasks:
        status = task.status()
        if status.state == "done":
            _finish(stored, task, status)
        else:
            _show(task, status)
    if not tasks:
        st.rerun()


def _show(task: ProcessTask, status: TaskStatus[dict[str, Any]]) -> None:
    name = in_markdown(task.arguments["encoder"])
    with st.container(border=True):
        if status.active:
            show_progress(task.folder.name, f"**{name}**", status, task.cancel)
            return
        if status.error and status.state == "failed":
            st.error(f"{name}: {in_markdown(status.error.sentence)}", icon=":material/error:")
        elif status.state == "interrupted":
            st.warning(
                f"{name}: interrupted at {status.share:.0%}. It goes on where it stopped.",
                icon=":material/pause_circle:",
            )
        else:
            st.info(
                f"{name}: cancelled at {status.share:.0%}. What was encoded is saved.",
                icon=":material/cancel:",
            )
        with st.container(horizontal=True):
            st.button(
                "Go on",
                key=f"resume_{task.folder.name}",
                icon=":material/play_arrow:",
                on_click=task.start,
            )
            _forget_button(task)


def _finish(
    stored: StoredCollection, task: ProcessTask, status: TaskStatus[dict[str, Any]]
) -> None:
    try:
        add_encoding(workspace(), stored.id, task)
    except GapvizError as error:
        show_error(error)
        _forget_button(task)
        return
    forget_collections()
    result = status.result or {}
    words = f"{task.arguments['encoder']}: {result['n_encoded']:,} contents encoded"
    if result["n_reused"]:
        words += f", {result['n_reused']:,} known already"
    if result.get("n_cut"):
        words += f", {counted(result['n_cut'], 'caption')} cut at the model's limit"
    if result["skipped"]:
        words += f", {len(result['skipped']):,} left out"
    st.toast(in_markdown(f"{words}."), icon=":material/check:")
    st.rerun()


def _forget_button(task: ProcessTask) -> None:
    st.button("Forget it", key=f"forget_{task.folder.name}", on_click=task.remove)
