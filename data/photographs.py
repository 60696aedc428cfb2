"""Measure the built-in encoder and its variants on photographs, which their heads never saw.

Run it as `python data/photographs.py FOLDER` on the published set coco100 (`gapviz fetch
coco100`), after all heads are trained. It writes `data/encoder/photographs.json` and the section of
the model cards. Nothing is fitted on these figures; what they had a part in is told in
`data/README.md`.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from textwrap import fill
from typing import Any

from held_out import Figure, both_ways
from PIL import Image

from gapviz.encoders.builtin import BuiltinEncoder
from gapviz.sources.builtin.photographs import PHOTOGRAPHS_FILE
from gapviz.sources.builtin.variants import (
    BUILTIN_ENCODERS,
    HEADS_FILE,
    encoder_name,
    variant_of,
    variant_place,
)
from gapviz.storage.files import write_atomically

DATA = Path(__file__).resolve().parent

CARD_FILE = "MODEL_CARD.md"
WIDTH = 92
SECTION = "## Photographs"
"""Its heading in a card begins so; the next one is `## Limits`."""

PROTOCOL = (
    "100 photographs of MSCOCO's validation set, each with one caption (the set coco100 of Humer "
    "et al. 2024); every caption searches the 100 photographs and every photograph the 100 "
    "captions; ties count against the query; in brackets the 95 % interval, bootstrap over items; "
    "nothing was fitted on them, and they chose one thing alone: earlier heads, trained without "
    "the classes of ImageNet, did worse on them, and the classes were brought back (data/README.md)"
)


def measured(folder: Path, encoder: str) -> list[Figure]:
    """R@k of one encoder on the photographs of a folder and the lines of its `prompts.txt`."""
    captions = (folder / "prompts.txt").read_text("utf-8").splitlines()
    files = [folder / "images" / f"{i}.jpg" for i in range(len(captions))]
    model = BuiltinEncoder("cpu", name=encoder)
    images = model.encode_images([Image.open(file) for file in files])
    texts = model.encode_texts(captions)
    return list(both_ways(images, texts))


def heads_digest(encoder: str) -> str:
    """Of the heads as they are stored, so that figures of others are told apart."""
    path = DATA / variant_place(variant_of(encoder)) / HEADS_FILE
    return hashlib.sha256(path.read_bytes()).hexdigest()


def photographs_section(variant: str) -> str:
    """The card's paragraph and table, or that nothing was measured of these heads."""
    encoder = encoder_name(variant)
    path = DATA / variant_place("") / PHOTOGRAPHS_FILE
    told = json.loads(path.read_text("utf-8")) if path.is_file() else {"encoders": {}}
    found = told["encoders"].get(encoder, {})
    if found.get("heads") != heads_digest(encoder):
        return f"{SECTION}\n\nNot measured with these heads.\n"
    rows = [
        f"| photographs, {what} | {row['value']:.3f} [{row['low']:.3f}, {row['high']:.3f}] |"
        for what, row in found.items()
        if what != "heads"
    ]
    return "\n".join(
        [
            f"{SECTION}: coco100",
            "",
            fill(f"{told['protocol']}. Chance R@10 is {10 / told['n']:.2f}.", WIDTH),
            "",
            "| | |",
            "|---|---|",
            *rows,
            "",
        ]
    )


def _told(encoder: str, figures: list[Figure]) -> Iterator[tuple[str, Any]]:
    yield "heads", heads_digest(encoder)
    for figure in figures:
        assert figure.interval is not None
        low, high = (round(bound, 4) for bound in figure.interval)
        yield figure.what, {"value": round(figure.value, 4), "low": low, "high": high}


def main(folder: Path) -> None:
    """Measure every encoder and write the file."""
    found = {}
    for encoder in BUILTIN_ENCODERS:
        figures = measured(folder, encoder)
        found[encoder] = dict(_told(encoder, figures))
        print(encoder, *(f"{figure.what} {figure}" for figure in figures), sep="\n  ")
    n = len((folder / "prompts.txt").read_text("utf-8").splitlines())
    told = {"set": "coco100", "n": n, "protocol": PROTOCOL, "encoders": found}
    text = json.dumps(told, indent=1, ensure_ascii=False) + "\n"
    write_atomically(DATA / variant_place("") / PHOTOGRAPHS_FILE, text.encode())
    write_sections()


def write_sections() -> None:
    """Put the section into every card."""
    for encoder in BUILTIN_ENCODERS:
        variant = variant_of(encoder)
        card = DATA / variant_place(variant) / CARD_FILE
        before, _, rest = card.read_text("utf-8").partition(SECTION)
        _, limits, after = rest.partition("## Limits")
        content = before + photographs_section(variant) + "\n" + limits + after
        write_atomically(card, content.encode())


if __name__ == "__main__":
    main(Path(sys.argv[1]))
