"""Figures of vectors too large for memory: the same analysis, read block by block."""

from __future__ import annotations

from dataclasses import replace

from gapviz.analyses.analysis import Finding, OnDisk
from gapviz.analyses.measure import ANALYSIS as IN_MEMORY
from gapviz.analyses.measure import (
    content_reading,
    diagnostics_table,
    mixed_table,
    plain_reading,
    recall_table,
    tie_reading,
)
from gapviz.core.progress import Progress
from gapviz.core.random_weights import random_weights_warnings
from gapviz.core.wording import counted
from gapviz.measures.retrieval.intervals import INTERVAL_RULES
from gapviz.measures.streamed.measurement import StreamedMeasurement, measure_streamed
from gapviz.sources.on_disk.vectors import MOST_IN_MEMORY, StreamedVectors
from gapviz.strategies import StrategyOptions
from gapviz.strategies.fusion.ties import TIE_RULE

ROWS_MATCH = "Row i of every modality is taken for item i; ids beside the vectors are not read."


def find_on_disk(asked: OnDisk, progress: Progress) -> Finding:
    """The figures of vectors on disk under one strategy."""
    measurement = measure_streamed(
        asked.vectors,
        asked.strategy or StrategyOptions(),
        seed=asked.seed,
        encoder=asked.encoder,
        progress=progress,
    )
    strategy, vectors = measurement.strategy, asked.vectors
    left_out = measurement.measured.left_out.size
    fitted = f"fitted on {left_out:,} further items" if left_out else "fitted on nothing"
    return Finding(
        figures=measurement.to_json(),
        title=f"{vectors.name}: {counted(measurement.n_items, 'item')}, {vectors.dim} dimensions, "
        f"encoder {asked.encoder}: {strategy.label}, {fitted}",
        warnings=[
            *random_weights_warnings(asked.encoder),
            ROWS_MATCH,
            *measurement.warnings,
        ],
        readings=[
            read_in_blocks(vectors),
            plain_reading(measurement),
            *filter(None, [content_reading(measurement), tie_reading(measurement)]),
        ],
        tables=[
            diagnostics_table(measurement),
            mixed_table(measurement),
            recall_table(measurement),
        ],
        protocol=f"{protocol_of(measurement)} Ties: {TIE_RULE}.",
        result=measurement,
    )


def read_in_blocks(vectors: StreamedVectors) -> str:
    """How large vectors are, and how they are read, in a sentence."""
    size = vectors.bytes_in_memory / 1e9
    return (
        f"Read block by block: {counted(vectors.n_items, 'item')} of "
        f"{len(vectors.modalities)} modalities ({vectors.stored_as}) take {size:,.1f} GB as "
        f"float32; more than {MOST_IN_MEMORY / 1e9:g} GB are not read into memory unless --stream "
        "never says so."
    )


def protocol_of(measurement: StreamedMeasurement) -> str:
    """What is of all rows, what of a sample, and what varies in the intervals."""
    n_queries = next(iter(measurement.mixed.values())).items.size
    sampled = ", ".join(measurement.geometry.sampled)
    return (
        f"Closed forms: all {measurement.n_items:,} items. Bias, rank and recall: a seeded sample "
        f"of {n_queries:,} queries a modality, each against all rows. Of a sample of "
        f"{measurement.collection.n_items:,} items, one of each of as many equal parts of the "
        f"files, with both rows: {sampled}. Intervals: {INTERVAL_RULES['queries']}."
    )


ANALYSIS = replace(IN_MEMORY, on_disk=find_on_disk)
