"""The page that a strategy is taken home from: the download, its figures, thresholds, code."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import nan
from typing import Any

import streamlit as st
from safetensors.numpy import load

from gapviz.core.foreign import in_markdown
from gapviz.core.progress import Progress, no_progress, share_of
from gapviz.core.table import Column, Table
from gapviz.core.wording import counted
from gapviz.dashboard.caches import exported, measured
from gapviz.dashboard.cards import (
    HEADLINES,
    gap_cards,
    headline_notes,
    how_it_is_computed,
    quality_cards,
    strategy_table,
)
from gapviz.dashboard.catalogue import View
from gapviz.dashboard.settings import RAW
from gapviz.dashboard.tables import show_table
from gapviz.export.card import TARGET_RECALL, ExportCard
from gapviz.export.folder import ARRAYS_FILE, CARD_FILE, zipped
from gapviz.export.snippets import snippets_of
from gapviz.measures.ahead import compute_figures, has_figures
from gapviz.measures.measurement import Measurement
from gapviz.measures.retrieval.intervals import VARIED
from gapviz.sources.stores.address import parsed_address
from gapviz.sources.stores.registry import stores
from gapviz.strategies import Strategy, StrategyOptions, StrategySpec
from gapviz.strategies.spec import ActsOn

ARRAY_WORDS = {
    "centroid": "mean of the calibration vectors, to hold new ones against; nothing moves by it",
    "direction": "what λ is multiplied with and every vector moved by",
    "mean": "subtracted from every vector",
    "spread": "every dimension is divided by it",
    "matrix": "every centred vector is multiplied with it",
    "references": "reference queries, from the calibration items",
    "bank": "bank of rows, from the calibration items",
    "document": "subtracted from every vector of the index",
    "query": "subtracted from every query",
}
WHAT_TO_KNOW: dict[ActsOn, str] = {
    "nothing": "Raw cosine stores nothing: this is the baseline as code.",
    "vectors": "Move **every** vector, those in the index and every query, each by its own "
    "modality. An index in which only some are moved is worse than one in which none is.",
    "scores": "Scores of different pairs of modalities become comparable, while thresholds on "
    "the cosine stay those of the vectors.",
    "lists": "Each modality is searched on its own and the lists are fused; bias is then set by "
    "the fusion, and the match's rank by how ties break.",
    "items": "Lists are fused by item: whatever searches has to know to which item a vector "
    "belongs. Where the place cannot do that, the code does it in your application.",
}
"""The most common mistake, by what a strategy acts on."""
CODE_HEIGHT = 420
"""Of a longer text of code one part is seen at a time."""
UNMOVED: tuple[ActsOn, ...] = ("scores", "lists")
"""What changes while vectors may stay."""


def what_to_know(spec: StrategySpec) -> str:
    """The most common mistake with a strategy, in a few sentences."""
    words = [WHAT_TO_KNOW[one] for one in (*spec.also, spec.acts_on)]
    stays = spec.acts_on in UNMOVED and not spec.moves_vectors
    return " ".join(["No vector changes."] * stays + words)


@dataclass(frozen=True, slots=True)
class Taken:
    """A strategy ready to be taken along, and what it does."""

    before: Measurement
    after: Measurement
    files: Mapping[str, bytes]
    card: ExportCard


@dataclass(frozen=True, slots=True)
class Taking:
    """The export of a strategy, to be waited for; see `gapviz.dashboard.waiting.Awaited`."""

    view: View
    options: StrategyOptions
    seed: int
    pair: tuple[str, str]

    @property
    def name(self) -> str:
        """Unlike that of any other such work."""
        return f"export {self}"

    def get(self) -> Taken | None:
        """All of it, where it is there to be read."""
        asked = (self.seed, self.pair)
        made = exported.known(self.view, self.options, *asked)
        before, after = (
            measured.known(self.view, one, *asked) for one in (StrategyOptions(RAW), self.options)
        )
        if made is None or before is None or after is None:
            return None
        return Taken(before, after, *made) if has_figures(before) and has_figures(after) else None

    def compute(self, progress: Progress | None = None) -> Taken:
        """Measure both, then make the files.

        Raises:
            GapvizError: a strategy that cannot be exported.
        """
        tell = progress or no_progress
        before, after = (
            measured(self.view, options, self.seed, self.pair)
            for options in (StrategyOptions(RAW), self.options)
        )
        for place, one in enumerate((before, after)):
            compute_figures(one, share_of(tell, place, 3))
        tell(2 / 3, "thresholds and files")
        return Taken(before, after, *exported(self.view, self.options, self.seed, self.pair))


def downloads(taken: Taken) -> None:
    """What it is in a line, and the buttons that fetch it."""
    card, spec = taken.card, taken.after.strategy.spec
    st.markdown(
        f"**{in_markdown(taken.after.strategy.label)}**, {_fitted_words(card)}, as files and "
        f"code: &nbsp; `{card.formula}`"
    )
    stem = f"gapviz-{card.strategy}-{_word(card.collection)}"
    with st.container(horizontal=True):
        st.download_button(
            "Everything (zip)",
            zipped(taken.files),
            file_name=f"{stem}.zip",
            mime="application/zip",
            icon=":material/folder_zip:",
            type="primary",
            on_click="ignore",
            key="download_zip",
        )
        st.download_button(
            "Card (JSON)",
            taken.files[CARD_FILE],
            file_name=f"{stem}.json",
            mime="application/json",
            icon=":material/data_object:",
            on_click="ignore",
            key="download_card",
        )
    st.info(what_to_know(spec), icon=":material/info:")
    for warning in card.warnings:
        st.warning(in_markdown(warning), icon=":material/warning:")


def _fitted_words(card: ExportCard) -> str:
    if not card.fitted_items:
        return "which learns nothing from this data"
    return f"fitted on {counted(card.fitted_items, 'item')} of the calibrate split"


def figures_section(taken: Taken) -> None:
    """What it does to every figure, before and after."""
    before, after = taken.before, taken.after
    moved = None if after.strategy.spec.name == RAW else after
    gap_cards(before, moved)
    quality_cards(before, moved)
    for note in headline_notes(before, moved):
        st.caption(note)
    strategy_table({before.strategy.label: before, after.strategy.label: after})
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(f"Small figures: {VARIED}. These figures stand in the card.", width="stretch")
        with st.popover("How is this computed?", icon=":material/function:"):
            how_it_is_computed(HEADLINES)


def files_section(files: Mapping[str, bytes]) -> None:
    """What is stored."""
    st.subheader("What is stored", anchor=False)
    rows = [
        [
            name,
            " × ".join(map(str, array.shape)),
            str(array.dtype),
            ARRAY_WORDS[_kind(name)],
        ]
        for name, array in sorted(load(files[ARRAYS_FILE]).items())
    ]
    heads = ("array", "shape", "type", "what for")
    show_table(Table("", [Column(head, head, text=True) for head in heads], rows))
    st.caption(
        f"{ARRAYS_FILE} holds these arrays ({len(files[ARRAYS_FILE]):,} bytes, no pickle); "
        f"{CARD_FILE} the formula, all parameters, figures with intervals, thresholds, and "
        "hashes of arrays and calibration items."
    )


def thresholds_section(card: ExportCard, spec: StrategySpec) -> None:
    """A threshold for each pair type, and the pairs that pass it."""
    st.subheader("Thresholds", anchor=False)
    share = Column("", "", "held out", missing="none")
    columns = [
        Column("pair", "pair type", text=True),
        Column("cosine", "cosine at or above", missing="none"),
        replace(share, key="true", title="relevant pairs that pass", better="higher"),
        replace(share, key="false", title="others that pass", better="lower"),
    ]
    rows: list[list[Any]] = [
        [f"{one.first} – {one.second}"]
        + [nan if x is None else x for x in (one.cosine, one.true_positive, one.false_positive)]
        for one in card.thresholds
    ]
    show_table(Table("", columns, rows))
    vectors = "after the strategy moved them" if spec.moves_vectors else "as encoded"
    st.caption(
        f"The cosine that {TARGET_RECALL:.0%} of the relevant calibration pairs reach, "
        f"{vectors}. Relevant across modalities: the pair matches; within one: both "
        "items have the same label. None: there are no such pairs. One threshold does not serve "
        "two pair types."
    )


def matches_section(card: ExportCard) -> None:
    """How likely a score is a match, and from which score on an answer is accepted."""
    matches = card.matches
    if matches is None or not matches.probabilities:
        return
    st.subheader("Is this a match?", anchor=False)
    share = Column("", "", "held out", percent=True, decimals=0, missing="none")
    columns = [
        Column("way", "query → answer", text=True),
        Column("score", f"{matches.unit} at or above", missing="none"),
        replace(share, key="precision", title="answers that are right", better="higher"),
        replace(share, key="coverage", title="queries answered", better="higher"),
    ]
    rows: list[list[Any]] = [
        [f"{one.chosen.query_modality} → {one.chosen.modality}"]
        + [
            nan if x is None else x
            for x in (one.chosen.score, one.held_out_precision, one.held_out_coverage)
        ]
        for one in matches.thresholds
    ]
    show_table(Table("", columns, rows))
    st.caption(
        in_markdown(
            f"The best answer is accepted from this {matches.unit} on, chosen for "
            f"{matches.precision:.0%} precision on the calibration items; none: no score reaches "
            f"it. {matches.why_cosines} "
        )
        + "`match_probability(score, modality_a, modality_b, prior)` of `in_numpy.py`, or "
        "`gapviz.export.folder.load_exported(folder).match_probability(scores, a, b, prior)`, "
        "tells how likely a pair matches."
    )


def code_section(card: ExportCard, strategy: Strategy) -> None:
    """A tab of code for each place, with the values of this export."""
    st.subheader("Code for where it will run", anchor=False)
    snippets = snippets_of(card, strategy)
    for tab, one in zip(st.tabs([one.target for one in snippets]), snippets, strict=True):
        with tab:
            if one.code:
                st.markdown(one.note)
                st.code(one.code, language="python", line_numbers=True, height=CODE_HEIGHT)
                st.caption(f"`{one.file}` of the zip; the files read or import those beside them.")
            else:
                st.info(one.note, icon=":material/block:")


def store_section(options: StrategyOptions) -> None:
    """How to write all vectors into a vector store, and to prove that it answers as measured."""
    st.subheader("Into a vector store", anchor=False)
    writable = [one for one in stores() if one.writes is not None]
    known = [one for one in writable if parsed_address(one.example).host]
    to = (known or writable)[0].example
    st.code(
        f"gapviz export SOURCE {_flags(options)} --out FOLDER --to {to}\n"
        f"gapviz prove FOLDER SOURCE --on {to} --strict",
        language="bash",
    )
    st.caption(
        "SOURCE is the collection: `builtin`, its name on the dashboard, or its files. The first "
        f"line writes into a new collection of {', '.join(one.title for one in writable)}; a run "
        "that was stopped goes on, and a second one changes nothing. The second line asks held-out "
        "queries there, and says where the answers depart from those measured, and why."
    )


def _flags(options: StrategyOptions) -> str:
    """The strategy as the command line takes it."""
    told = ["--strategy", options.name]
    for one in options.spec.parameters:
        value = options.value(one.name)
        if value == one.default or value is None:
            continue
        if one.kind == "weights":
            texts = [f"{name}={weight:g}" for name, weight in value]
        else:
            texts = [",".join(value) if one.kind == "names" else str(value)]
        for text in texts:
            told += [one.option, text]
    return shlex.join(told)


def command_section(card: ExportCard, spec: StrategySpec) -> None:
    """How to move a file of vectors."""
    st.subheader("Vectors that you have already", anchor=False)
    lines = [
        f"gapviz apply FOLDER {_word(name)}.npy --modality {shlex.quote(name)} "
        f"--out {_word(name)}-moved.npy"
        for name in card.modalities
    ]
    if spec.by_role:
        lines += [f"{line.replace('-moved', '-asking')} --as-queries" for line in lines]
    lines.append(f"gapviz watch FOLDER {_word(card.modalities[0])}.npy   # does the fix still fit?")
    st.code("\n".join(lines), language="bash")
    st.caption(
        "FOLDER is the unpacked zip. Any number of rows in bounded memory (.npy, .npz, "
        ".safetensors or .parquet in, .npy or .safetensors out); a run that was stopped goes on "
        "where it was, to the same bits. From Python: "
        "`gapviz.export.folder.load_exported(folder).transform(vectors, modality)`."
    )


def _kind(array: str) -> str:
    """Of an array `kind.modality`, or `number.kind.modality` of a step."""
    first, _, rest = array.partition(".")
    return rest.partition(".")[0] if first.isdigit() else first


def _word(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-").lower() or "vectors"
