"""`gapviz encode`: the pictures and captions of a source through a model."""

from __future__ import annotations

import argparse
from contextlib import nullcontext
from pathlib import Path
from typing import get_args

from gapviz.analyses.finding_text import text_of
from gapviz.commands.files import json_text
from gapviz.commands.parser import ASKED, OUTPUT, options_of
from gapviz.commands.progress import progress_bar
from gapviz.commands.source import Commands, add_source, read
from gapviz.core.encoder_record import EncoderRecord
from gapviz.core.errors import GapvizError
from gapviz.core.libraries import install_command, refuse_missing
from gapviz.core.random_weights import random_weights_warnings
from gapviz.core.wording import counted
from gapviz.encoders.encoding.engine import Engine, ThisProcess
from gapviz.encoders.encoding.on_ray import RayEngine, connected
from gapviz.encoders.encoding.run import encode_collection
from gapviz.encoders.open_clip import CONFIG_FILE
from gapviz.encoders.registry import (
    FAMILIES,
    FOLDER,
    OPEN_CLIP,
    TIMM,
    load_any_encoder,
)
from gapviz.encoders.sentence_transformer import FAMILY as SENTENCES
from gapviz.sources.builtin.variants import BUILTIN
from gapviz.sources.files.format import IndexedCaptions, LongCaptions, Skipped
from gapviz.storage.files import refuse_foreign_folder
from gapviz.storage.saved_collection import ITEMS_FILE, SAVED_COLLECTION, replace_collection

SKIPPED_SHOWN = 10

MODEL_FILES = ("modules.json", "config.json")
"""Either lies in a folder that sentence-transformers or transformers saved a model to."""


def add_to(commands: Commands) -> None:
    """Add the command with its options."""
    command = commands.add_parser(
        "encode",
        description="Encode the pictures and captions of a source with a model. What was "
        "encoded before is not encoded again, and a run that was stopped goes on.",
    )
    add_source(command, encodes=True)
    group = options_of(command, ASKED)
    group.add_argument(
        "--encoder",
        default=BUILTIN,
        metavar="NAME",
        help="the encoder: builtin, a model of open_clip (ViT-B-32, hf-hub:ORG/NAME), one of "
        "sentence-transformers, of texts and images or of texts alone "
        "(sentence-transformers:ORG/NAME), or the folder that either saved one to; of images "
        "alone efficientnet-lite0 or timm:MODEL; of texts alone minilm (default: builtin)",
    )
    group.add_argument(
        "--pretrained",
        metavar="TAG",
        help="a pretrained tag or a checkpoint of open_clip's model",
    )
    group.add_argument(
        "--random-weights",
        action="store_true",
        help="take a model of open_clip or timm without weights, to see the gap that a model is "
        "born with (seed 0; another one with --pretrained random-7)",
    )
    group.add_argument(
        "--dims",
        type=int,
        metavar="N",
        help="only the first N dimensions of each vector (Matryoshka), of a model of "
        "sentence-transformers that was trained for it",
    )
    options_of(command, OUTPUT).add_argument(
        "--out",
        type=Path,
        required=True,
        metavar="FOLDER",
        help="where to write: the folder of the encoded collection, at the end",
    )
    group.add_argument(
        "--indexed-captions",
        choices=get_args(IndexedCaptions),
        default="first",
        help="whether captions after the first are indexed too, or only ask (default: first)",
    )
    group.add_argument(
        "--long-captions",
        choices=get_args(LongCaptions),
        default="cut",
        help="what becomes of captions of more tokens than the model reads: cut there, as "
        "open_clip does, or left out (default: cut)",
    )
    group.add_argument(
        "--device", metavar="NAME", help="cpu, cuda or mps (default: the fastest there is)"
    )
    group.add_argument(
        "--workers",
        type=int,
        metavar="N",
        help="processes that read pictures (default: one a processor)",
    )
    group.add_argument(
        "--ray",
        metavar="ADDRESS",
        help="encode on a Ray cluster: its address, or local for one of this machine alone; "
        f"pictures must lie at the same path on every machine ({install_command('ray')})",
    )
    group.add_argument(
        "--actors",
        type=int,
        metavar="N",
        help="with --ray: processes that hold the model (default: one a processor, or a GPU)",
    )
    group.add_argument(
        "--gpus", type=float, default=0.0, metavar="N", help="with --ray: GPUs of each (default: 0)"
    )
    command.set_defaults(run=run, goes_on=True)


def run(options: argparse.Namespace) -> str:
    """Encode, save, and say what was done.

    Raises:
        GapvizError: bad input, or a disk that is full.
    """
    if options.workers is not None and options.workers < 0:
        raise GapvizError(f"--workers {options.workers} is negative", hint="give 0 or more")
    if options.ray is None and (options.actors is not None or options.gpus):
        raise GapvizError("--actors and --gpus go with --ray", hint="add --ray ADDRESS")
    if options.actors is not None and options.actors < 1:
        raise GapvizError(f"--actors {options.actors} are none", hint="give at least 1")
    name = encoder_name(
        options.encoder,
        options.pretrained,
        random_weights=options.random_weights,
        dims=options.dims,
    )
    if options.ray is None:
        refuse_missing("torch", use="encoding")
    refuse_foreign_folder(options.out, marker=ITEMS_FILE, what=SAVED_COLLECTION)
    reading = read(options)
    with progress_bar() as progress:
        progress(0.0, "loading the encoder")
        encoder = load_any_encoder(name, device=None if options.ray else options.device)
        engine = _engine(options, name)
        with nullcontext() if options.ray is None else connected(options.ray):
            encoded = encode_collection(
                reading.collection,
                encoder,
                indexed_captions=options.indexed_captions,
                long_captions=options.long_captions,
                progress=progress,
                modalities=encoder.modalities,
                engine=engine,
            )
        replace_collection(encoded.collection, options.out)
    skipped = (*reading.skipped, *encoded.skipped)
    collection = encoded.collection
    warnings = random_weights_warnings(collection.encoder)
    rows = {name: block.n_rows for name, block in collection.modalities.items()}
    record = collection.encoder_record
    if options.json:
        return json_text(
            {
                "folder": str(options.out),
                "name": collection.name,
                "encoder": collection.encoder,
                "encoder_record": record,
                "n_items": collection.n_items,
                "dim": collection.dim,
                "rows": rows,
                "n_encoded": encoded.n_encoded,
                "n_reused": encoded.n_reused,
                "n_cut": encoded.n_cut,
                "seconds": round(encoded.seconds, 3),
                "device": encoded.device,
                "skipped": skipped,
                "warnings": warnings,
            }
        )
    counts = ", ".join(f"{count:,} {name}" for name, count in rows.items())
    lines = [
        f"{collection.name}: {collection.n_items:,} items, {counts} vectors of "
        f"{collection.dim} dimensions, encoder {collection.encoder}",
        f"encoded {encoded.n_encoded:,}, reused {encoded.n_reused:,}, "
        f"in {encoded.seconds:.1f} s on {encoded.device}",
        *prompt_lines(record),
        f"written to {options.out}",
        *(f"warning: {one}" for one in warnings),
    ]
    if encoded.n_cut:
        lines.append(
            f"cut {counted(encoded.n_cut, 'caption')} at the {encoder.card.text_limit} tokens that "
            "the encoder reads; --long-captions leave-out leaves them out"
        )
    return text_of([*lines, *skipped_lines(skipped)])


def _engine(options: argparse.Namespace, model: str) -> Engine:
    if options.ray is None:
        return ThisProcess(options.workers)
    return RayEngine(model, options.device, options.actors, num_gpus=options.gpus)


def encoder_name(
    model: str, pretrained: str | None, *, random_weights: bool = False, dims: int | None = None
) -> str:
    """The encoder's name; a bare one is a model of open_clip, or the folder of a saved model.

    Args:
        model: what `--encoder` says.
        pretrained: what `--pretrained` says.
        random_weights: take random weights, seed 0.
        dims: what `--dims` says.

    Raises:
        GapvizError: weights beside a model that takes none or of two kinds, dimensions of a model
            that has no choice of them, or a name that several families have.
    """
    model = _of_folder(model)
    family = model.partition(":")[0]
    if random_weights:
        return _with_random_weights(model, pretrained)
    if family not in FAMILIES and "/" in model:
        raise GapvizError(
            f"there is no folder of a saved model {model[:80]!r}",
            hint=f"of a model on Hugging Face say whose it is: {SENTENCES}:ORG/NAME or "
            "hf-hub:ORG/NAME",
        )
    if dims is not None:
        if family != SENTENCES or dims < 1:
            raise GapvizError(
                f"--dims {dims} goes with a model of sentence-transformers, and is 1 or more",
                hint=f"leave it out, or give --encoder {SENTENCES}:ORG/NAME",
            )
        model = f"{model}:dims-{dims}"
    if family not in FAMILIES:
        return f"{OPEN_CLIP}:{model}:{pretrained}" if pretrained else f"{OPEN_CLIP}:{model}"
    if pretrained:
        raise GapvizError(
            f"--pretrained goes with a model of open_clip, not with {model[:80]!r}",
            hint="leave it out, or give --encoder a name such as ViT-B-32",
        )
    return model


def _of_folder(model: str) -> str:
    """The name of the encoder in a folder that a model was saved to; else what was given."""
    folder = Path(model).expanduser()
    if (folder / CONFIG_FILE).is_file():
        return f"{FOLDER}:{folder.absolute()}"
    if any((folder / name).is_file() for name in MODEL_FILES):
        return f"{SENTENCES}:{folder.absolute()}"
    return model


def _with_random_weights(model: str, pretrained: str | None) -> str:
    family, _, rest = model.partition(":")
    bare = model if family not in FAMILIES else rest if family in (OPEN_CLIP, TIMM) else ""
    if pretrained or not bare or ":" in bare:
        raise GapvizError(
            "--random-weights goes with the bare name of a model of open_clip or timm",
            hint="give for instance --encoder ViT-B-32 without --pretrained",
        )
    return f"{TIMM if family == TIMM else OPEN_CLIP}:{bare}:random-0"


def prompt_lines(record: EncoderRecord) -> list[str]:
    """How what asks is encoded, for people, where that differs from what is indexed."""
    if not record.asks_apart:
        return []
    return [
        f"prompts    {record.document_prompt!r} before what is indexed, {record.query_prompt!r} "
        "before what only asks: second captions, and what is searched for"
    ]


def skipped_lines(skipped: tuple[Skipped, ...]) -> list[str]:
    """What was left out, for people."""
    lines = [f"skipped {len(skipped):,}:"] if skipped else []
    lines += [f"  {one.what} {one.why}" for one in skipped[:SKIPPED_SHOWN]]
    if len(skipped) > SKIPPED_SHOWN:
        lines.append(f"  … {len(skipped) - SKIPPED_SHOWN:,} more (all of them with --json)")
    return lines
