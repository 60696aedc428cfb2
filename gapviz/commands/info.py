"""`gapviz info`: what is in a source, before anything heavy."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from gapviz.analyses.finding_text import text_of
from gapviz.analyses.inspection import Inspection, inspect_collection, labels_told
from gapviz.analyses.one_cloud import OneCloud, cloud_reading, study_cloud
from gapviz.commands.encode import prompt_lines, skipped_lines
from gapviz.commands.files import json_text
from gapviz.commands.gate import Gated, add_gate, gates_of
from gapviz.commands.progress import progress_bar
from gapviz.commands.source import Commands, add_source, read, sources_known
from gapviz.sources.files.format import Skipped
from gapviz.sources.files.judgments.told import note_of


def add_to(commands: Commands) -> None:
    """Add the command with its options."""
    command = commands.add_parser(
        "info",
        description="Count items, pictures and captions, and find duplicates and broken files. "
        "Without a source, list what can be given as one.",
    )
    add_source(command, optional=True)
    add_gate(command)
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> str | Gated:
    """What to print.

    Raises:
        GapvizError: bad input.
    """
    gates = gates_of(options)
    if options.source is None:
        known = sources_known()
        return json_text({"sources": known}) if options.json else text_of(known)
    reading = read(options)
    with progress_bar() as progress:
        found = inspect_collection(reading.collection, progress=progress)
    skipped = (*reading.skipped, *found.broken)
    collection = reading.collection
    clouds = [study_cloud(collection, name) for name in collection.modality_names]
    cones = {one.modality: one.to_json() for one in clouds}
    figures = found.to_json() | {"clouds": cones, "skipped": reading.skipped}
    if options.json:
        return gates.answer(lambda: json_text(figures), {"": figures})
    lines = [*_lines(found, clouds), *_query_lines(found, skipped), *skipped_lines(skipped)]
    return gates.answer(text_of(lines), {"": figures})


def _lines(found: Inspection, clouds: Sequence[OneCloud]) -> list[str]:
    spread = ", ".join(f"{count}: {items:,} items" for count, items in found.captions_per_item)
    lines = [
        f"{found.name}: {found.n_items:,} items",
        f"pictures   {found.n_pictures:,}, broken {len(found.broken):,}, equal to another "
        f"{sum(map(len, found.duplicate_pictures)):,}",
        f"captions   {found.n_captions:,} (captions an item → {spread}), shared by several "
        f"items {len(found.duplicate_captions):,}",
        f"labels     {len(found.labels):,}, items without {found.n_unlabelled:,}",
    ]
    if found.labels:
        lines.append(f"           {labels_told(found.labels)}")
    lines += [
        f"vectors    {name}: {block.rows:,} × {block.dim}, indexed {block.indexed:,}, "
        f"by {found.encoder}"
        for name, block in found.vectors.items()
    ]
    lines += prompt_lines(found.encoder_record)
    lines += [f"cone       {cloud_reading(one)}" for one in clouds]
    if not found.vectors:
        lines.append("vectors    none yet (gapviz encode)")
    lines += [f"pairs      {sentence}" for sentence in found.pairing]
    lines += [f"equal      {sentence}" for sentence in found.copies.sentences]
    if found.no_axes:
        sentence = f"{found.no_axes[0].upper()}{found.no_axes[1:]}"
        lines.append(f"axes       {sentence}: figures by dimension are left out.")
    lines += [f"split      {name}: {count:,} items" for name, count in found.splits.items()]
    lines += [f"warning    {sentence}" for sentence in found.warnings]
    return lines


def _query_lines(found: Inspection, skipped: Sequence[Skipped]) -> list[str]:
    """What queries of one's own there are; a note that is listed as skipped is not told twice."""
    if found.queries is None:
        return []
    listed = set(map(note_of, skipped))
    lines = [f"{word:<10} {words}" for word, words in found.queries.lines()]
    return lines + [f"note       {note}" for note in found.queries.notes if note not in listed]
