"""`gapviz encode`: the pictures and captions of a source through a model."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import get_args

from gapviz.commands.files import json_text
from gapviz.commands.source import Commands, add_source, progress_bar, read
from gapviz.commands.terminal import text_of
from gapviz.core.errors import GapvizError
from gapviz.encoders.encoding.run import encode_collection
from gapviz.encoders.registry import (
    FAMILIES,
    OPEN_CLIP,
    encoded_modalities,
    load_any_encoder,
)
from gapviz.sources.builtin.variants import BUILTIN
from gapviz.sources.files.format import IndexedCaptions, Skipped
from gapviz.storage.files import refuse_foreign_folder
from gapviz.storage.saved_collection import ITEMS_FILE, SAVED_COLLECTION, replace_collection

SKIPPED_SHOWN = 10


def add_to(commands: Commands) -> None:
    """Add the command with its options."""
    command = commands.add_parser(
        "encode",
        help="encode pictures and captions with a model",
        description="Encode the pictures and captions of a source with a model. What was "
        "encoded before is not encoded again, and a run that was stopped goes on.",
    )
    add_source(command, encodes=True)
    command.add_argument(
        "--model",
        default=BUILTIN,
        metavar="NAME",
        help="builtin, a model of open_clip (ViT-B-32), hf-hub:ORG/NAME, local-dir:PATH; of "
        "images alone efficientnet-lite0 or timm:MODEL; of texts alone minilm or "
        "sentence-transformers:NAME (default: builtin)",
    )
    command.add_argument(
        "--pretrained",
        metavar="TAG",
        help="a pretrained tag or a checkpoint of open_clip's model (default: random weights)",
    )
    command.add_argument(
        "--out",
        type=Path,
        required=True,
        metavar="FOLDER",
        help="the folder of the encoded collection, written at the end",
    )
    command.add_argument(
        "--indexed-captions",
        choices=get_args(IndexedCaptions),
        default="first",
        help="whether captions after the first are indexed too, or only ask (default: first)",
    )
    command.add_argument(
        "--device", metavar="NAME", help="cpu, cuda or mps (default: the fastest there is)"
    )
    command.add_argument(
        "--workers",
        type=int,
        metavar="N",
        help="processes that read pictures (default: one a processor)",
    )
    command.set_defaults(run=run, goes_on=True)


def run(options: argparse.Namespace) -> str:
    """Encode, save, and say what was done.

    Raises:
        GapvizError: bad input, or a disk that is full.
    """
    if options.workers is not None and options.workers < 0:
        raise GapvizError(f"--workers {options.workers} is negative", hint="give 0 or more")
    name = encoder_name(options.model, options.pretrained)
    refuse_foreign_folder(options.out, marker=ITEMS_FILE, what=SAVED_COLLECTION)
    reading = read(options)
    with progress_bar() as progress:
        progress(0.0, "loading the encoder")
        encoder = load_any_encoder(name, device=options.device)
        encoded = encode_collection(
            reading.collection,
            encoder,
            indexed_captions=options.indexed_captions,
            progress=progress,
            decode_workers=options.workers,
            modalities=encoded_modalities(name),
        )
        replace_collection(encoded.collection, options.out)
    skipped = (*reading.skipped, *encoded.skipped)
    collection = encoded.collection
    rows = {name: block.n_rows for name, block in collection.modalities.items()}
    if options.json:
        return json_text(
            {
                "folder": str(options.out),
                "name": collection.name,
                "encoder": collection.encoder,
                "n_items": collection.n_items,
                "dim": collection.dim,
                "rows": rows,
                "n_encoded": encoded.n_encoded,
                "n_reused": encoded.n_reused,
                "seconds": round(encoded.seconds, 3),
                "device": encoded.device,
                "skipped": skipped,
            }
        )
    counts = ", ".join(f"{count:,} {name}" for name, count in rows.items())
    lines = [
        f"{collection.name}: {collection.n_items:,} items, {counts} vectors of "
        f"{collection.dim} dimensions, encoder {collection.encoder}",
        f"encoded {encoded.n_encoded:,}, reused {encoded.n_reused:,}, "
        f"in {encoded.seconds:.1f} s on {encoded.device}",
        f"written to {options.out}",
    ]
    return text_of([*lines, *skipped_lines(skipped)])


def encoder_name(model: str, pretrained: str | None) -> str:
    """The encoder's name; a bare one is a model of open_clip.

    Raises:
        GapvizError: a tag beside a model that takes none.
    """
    family = model.partition(":")[0]
    if family not in FAMILIES:
        return f"{OPEN_CLIP}:{model}:{pretrained}" if pretrained else f"{OPEN_CLIP}:{model}"
    if pretrained:
        raise GapvizError(
            f"--pretrained goes with a model of open_clip, not with {model[:80]!r}",
            hint="leave it out, or give --model a name such as ViT-B-32",
        )
    return model


def skipped_lines(skipped: tuple[Skipped, ...]) -> list[str]:
    """What was left out, for people."""
    lines = [f"skipped {len(skipped):,}:"] if skipped else []
    lines += [f"  {one.what} {one.why}" for one in skipped[:SKIPPED_SHOWN]]
    if len(skipped) > SKIPPED_SHOWN:
        lines.append(f"  … {len(skipped) - SKIPPED_SHOWN:,} more (all of them with --json)")
    return lines
