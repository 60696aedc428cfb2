"""`gapviz project`: where each vector is drawn, raw and with a strategy, as a file."""

from __future__ import annotations

import argparse
import io
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from gapviz.analyses.cones import Cloud, Cones, cones
from gapviz.commands.gate import Gated, add_gate, conditions
from gapviz.commands.output import json_text, refuse_output
from gapviz.commands.source import Commands, add_seed, add_source, chosen_seed, progress_bar
from gapviz.commands.strategy import (
    add_fit,
    add_pair,
    add_strategy,
    chosen_collection,
    chosen_pair,
    chosen_strategy,
)
from gapviz.core.wording import figure, too_few
from gapviz.measures.projection import METHODS, Method
from gapviz.storage.files import write_output

if TYPE_CHECKING:
    import pandas as pd

BY: dict[str, Method] = {method.replace("_", "-"): method for method in METHODS}
WIDTH = 26


def add_to(commands: Commands) -> None:
    """Add the command with its options."""
    command = commands.add_parser(
        "project",
        help="draw all vectors in one plane and write where each lies",
        description="Lay out the vectors of all modalities as the page of the cones does, raw and "
        "with a strategy on the same axes: one row a vector as .csv, .parquet or .npz, or the "
        "picture as one .html that needs no network.",
    )
    add_source(command)
    command.add_argument(
        "--by",
        choices=tuple(BY),
        default="umap",
        help="umap shows neighbourhoods; pca and gap-axis are true to scale (default: umap)",
    )
    command.add_argument(
        "--out",
        type=Path,
        metavar="FILE",
        help=f"ends in {', '.join(_FORMS)}; without it only what is told of the layout is printed",
    )
    add_strategy(command, default="centre")
    add_fit(command)
    add_pair(command)
    add_seed(command)
    add_gate(command)
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> Gated:
    """What to print, and what a condition holds for: a figure of `raw` or `with_strategy`.

    Raises:
        GapvizError: bad input, or a file that cannot be written.
    """
    gates = conditions(options)
    strategy, pair, seed = chosen_strategy(options), chosen_pair(options), chosen_seed(options)
    out: Path | None = options.out
    if out is not None:
        refuse_output(out, tuple(_FORMS))
    collection = chosen_collection(options, strategy)
    with progress_bar() as progress:
        drawn = cones(
            collection,
            strategy,
            method=BY[options.by],
            fit=options.fit,
            pair=pair,
            seed=seed,
            progress=progress,
        )
    figures = drawn.to_json() | {"out": None if out is None else str(out)}
    text = json_text(figures) if options.json else _told(drawn, out)
    if out is not None:
        write_output(out, _FORMS[out.suffix.lower()](drawn))
    return Gated.by(gates, figures, text)


def _told(drawn: Cones, out: Path | None) -> str:
    clouds, layout = drawn.clouds, drawn.clouds[-1].layout
    n_measured = drawn.raw.measured.collection.n_items
    doubt = too_few(n_measured)
    warnings = (*filter(None, [doubt]), *clouds[-1].request.strategy.warnings)
    lines = [
        f"{drawn.collection.name}, encoder {drawn.collection.encoder}: "
        f"{drawn.raw.request.sample.sentence}, {layout.row.size:,} points",
        *(f"warning   {warning}" for warning in warnings),
        _line("", [cloud.request.strategy.label for cloud in clouds], drawn),
        _line(f"gap {'–'.join(drawn.pair)}", map(_gap, clouds), drawn)
        + f"   (0 … 2, lower is closer; {n_measured:,} measured items)",
        _line("trustworthiness", [figure(cloud.trustworthiness) for cloud in clouds], drawn)
        + "   (1: drawn neighbours are neighbours)",
        *_variance_lines(drawn),
        f"x           {drawn.raw.layout.axis_titles[0]}",
        f"y           {drawn.raw.layout.axis_titles[1]}",
        f"shows       {drawn.raw.layout.can_show}",
    ]
    if layout.can_show != drawn.raw.layout.can_show:
        lines.append(f"            With the strategy: {layout.can_show}")
    lines.append(f"shows not   {layout.cannot_show.removeprefix('Not ')}")
    notes = [layout.note, "" if drawn.moved else "the strategy moves no vector, so this is all"]
    lines += [f"note        {note}" for note in notes if note]
    return "\n".join([*lines, *([] if out is None else [f"written to {out}"])])


def _line(name: str, cells: Iterable[str], drawn: Cones) -> str:
    widths = [max(WIDTH, 2 + len(cloud.request.strategy.label)) for cloud in drawn.clouds]
    return f"{name:18}" + "".join(
        f"{cell:>{width}}" for cell, width in zip(cells, widths, strict=True)
    )


def _variance_lines(drawn: Cones) -> list[str]:
    """One an axis, where the axes are directions of the full space."""
    known = [cloud.layout.variance_shares for cloud in drawn.clouds]
    shares = [each for each in known if each is not None]
    if len(shares) < len(known):
        return []
    return [
        _line(f"variance along {name}", [f"{each[axis]:.1%}" for each in shares], drawn)
        for axis, name in enumerate("xy")
    ]


def _gap(cloud: Cloud) -> str:
    gap = cloud.measured.geometry.gap
    return f"{figure(gap.gap)} [{figure(gap.low)}, {figure(gap.high)}]"


def _table(drawn: Cones) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame(drawn.columns())


def _csv(drawn: Cones) -> bytes:
    return _table(drawn).to_csv(index=False, lineterminator="\n").encode(errors="backslashreplace")


def _parquet(drawn: Cones) -> bytes:
    content: bytes = _table(drawn).to_parquet(None, index=False)
    return content


def _npz(drawn: Cones) -> bytes:
    """Words as Unicode arrays, empty where there is none, so that no pickle is needed."""
    arrays = {
        name: np.array(["" if word is None else word for word in column], dtype=np.str_)
        if column.dtype == object
        else column
        for name, column in drawn.columns().items()
    }
    content = io.BytesIO()
    np.savez_compressed(content, allow_pickle=False, **arrays)
    return content.getvalue()


def _html(drawn: Cones) -> bytes:
    from gapviz.figures.cones_page import cones_page

    return cones_page(drawn).encode(errors="backslashreplace")


_FORMS: dict[str, Callable[[Cones], bytes]] = {
    ".csv": _csv,
    ".parquet": _parquet,
    ".npz": _npz,
    ".html": _html,
}
