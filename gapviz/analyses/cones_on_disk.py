"""Cones of vectors too large for memory: a sample is drawn, and the rest can be placed."""

from __future__ import annotations

from dataclasses import replace

from gapviz.analyses.advice.recommended import recommended
from gapviz.analyses.analysis import Finding, OnDisk, Request
from gapviz.analyses.cones import ANALYSIS as IN_MEMORY
from gapviz.analyses.cones import Cones, find_cones
from gapviz.analyses.measure_on_disk import ROWS_MATCH, read_in_blocks
from gapviz.core.progress import Progress, share_of
from gapviz.core.splits import alternate_splits
from gapviz.measures.projection.sampling import DISPLAY_LIMIT
from gapviz.measures.streamed.measurement import sampled_collection, spread_rows
from gapviz.measures.streamed.placing import how_placed, place_rows

HALVES = "Of the sample even items fit, and odd ones are measured."


def find_on_disk(asked: OnDisk, progress: Progress) -> Finding:
    """Draws a stratified sample that keeps pairs, and places all rows where asked for."""
    vectors = asked.vectors
    most = DISPLAY_LIMIT // len(vectors.modalities)
    numbers = spread_rows(vectors.n_items, most, asked.seed)
    sample = replace(
        sampled_collection(vectors, numbers, asked.encoder),
        splits=alternate_splits(numbers.size),
    )
    strategy = asked.strategy or recommended(sample, asked.seed, progress)
    request = Request(sample, asked.values, strategy, seed=asked.seed)
    parts = 2 if asked.place is not None else 1
    found = find_cones(request, share_of(progress, 0, parts))
    drawn: Cones = found.result
    cloud = drawn.clouds[-1]
    readings = [
        read_in_blocks(vectors),
        f"Drawn and measured is a sample, one item of each of {numbers.size:,} equal parts of the "
        f"files, with the rows of every modality. {HALVES}",
    ]
    if asked.place is not None:
        moved = {
            name: cloud.request.strategy.transform(block.corpus.vectors, name)
            for name, block in sample.modalities.items()
        }
        place_rows(
            vectors,
            cloud.layout,
            moved,
            cloud.request.strategy,
            asked.place,
            share_of(progress, 1, parts),
        )
        readings.append(f"Placed in {asked.place}: {how_placed(cloud.layout)}")
    told = {"n_items_on_disk": vectors.n_items, "placed": asked.place and str(asked.place)}
    return replace(
        found,
        figures={**found.figures, "streamed": told},
        warnings=[ROWS_MATCH, *found.warnings],
        readings=[*readings, *found.readings],
    )


ANALYSIS = replace(IN_MEMORY, on_disk=find_on_disk, places=True)
