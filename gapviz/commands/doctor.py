"""`gapviz doctor`: what is installed, what is missing for what, and what is broken."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from gapviz.analyses.finding_text import WIDTH, text_of
from gapviz.analyses.installation import (
    ExtraState,
    FolderState,
    Installation,
    examine_installation,
)
from gapviz.commands.files import json_text
from gapviz.commands.gate import Gated
from gapviz.commands.source import Commands, add_json
from gapviz.core.wording import counted

LABEL = 10


def add_to(commands: Commands) -> None:
    """Add the command with its options."""
    command = commands.add_parser(
        "doctor",
        description="Look at libraries, device, folders, settings and the files that come with "
        "gapviz. The exit code is 1 where something that is installed is broken, else 0. Values "
        "of keys and passwords are never printed.",
    )
    add_json(command)
    command.add_argument(
        "--load",
        action="store_true",
        help="import every library that is installed too, which takes up to a minute",
    )
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> Gated:
    """What to print, and what is broken."""
    found = examine_installation(load=options.load)
    if options.json:
        return Gated(json_text(found.to_json()), found.broken)
    return Gated(text_of(list(_lines(found))), found.broken)


def _lines(found: Installation) -> Iterator[str]:
    yield f"gapviz {found.gapviz} on Python {found.python}, {found.system}"
    yield f"{'from':{LABEL}} {found.place}"
    device, machine = found.device, found.machine
    threads = machine.blas_threads
    yield f"{'device':{LABEL}} {device.name or 'none'} ({device.why})"
    yield (
        f"{'processors':{LABEL}} {machine.processors:,}"
        + (f", BLAS uses {counted(threads, 'thread')}" if threads else "")
        + (f"; memory {_size(machine.memory)}" if machine.memory else "")
        + (f", {_size(machine.free_memory)} free" if machine.free_memory else "")
    )
    yield f"{'cache':{LABEL}} {_folder(found.cache)}"
    yield f"{'home':{LABEL}} {_folder(found.home)}, {counted(found.n_collections, 'collection')}"
    for name, value in found.settings.items():
        yield f"{'setting':{LABEL}} {name} {value if value == 'set' else f'= {value}'}"
    yield f"{'shipped':{LABEL}} {found.n_shipped:,} parts looked through"
    yield ""
    for extra in found.extras:
        yield from _extra_lines(extra)
    yield ""
    yield from (f"{'note':{LABEL}} {words}" for words in found.notes)
    yield from (f"{'broken':{LABEL}} {words}" for words in found.broken)
    if not found.broken:
        yield "Nothing that is installed is broken."


def _extra_lines(extra: ExtraState) -> Iterator[str]:
    """What is there of an extra, and the command that brings the rest."""
    there = [f"{name} {found}" for name, found in extra.libraries.items() if found]
    title = f"[{extra.name}]" if extra.name else "core"
    yield f"{title}: {extra.use}"
    if there:
        yield from _wrapped("    installed: ", there)
    if extra.missing:
        yield from _wrapped("    not installed: ", list(extra.missing))
        yield f"    to have {'it' if len(extra.missing) == 1 else 'them'}: {extra.command}"


def _wrapped(head: str, names: list[str]) -> Iterator[str]:
    line = head
    for place, name in enumerate(names):
        word = name + ("," if place < len(names) - 1 else "")
        if len(line) + len(word) > WIDTH:
            yield line.rstrip()
            line = " " * 8
        line += f"{word} "
    yield line.rstrip()


def _folder(folder: FolderState) -> str:
    free = "" if folder.free_bytes is None else f", {_size(folder.free_bytes)} free on its disk"
    written = "can be written" if folder.writable else "cannot be written"
    return f"{folder.path}: {_size(folder.n_bytes)}, {written}{free}"


def _size(n_bytes: int | None) -> str:
    count = n_bytes or 0
    return f"{count / 1e9:,.1f} GB" if count >= 1e9 else f"{count / 1e6:,.1f} MB"
