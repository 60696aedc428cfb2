"""Scores of pairs through an exported calibration: how likely each of them matches."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gapviz.core.errors import GapvizError
from gapviz.core.progress import Progress, no_progress
from gapviz.export.folder import Exported
from gapviz.storage.files import unreadable, unwritable

BLOCK_SCORES = 1 << 20
"""Scores in memory at once."""


@dataclass(frozen=True, slots=True)
class AppliedScores:
    """What was written."""

    out: Path
    n_scores: int
    modalities: tuple[str, str]
    prior: float
    """The share of such pairs that match, at which the probabilities hold."""


def apply_scores(
    exported: Exported,
    source: Path,
    pair: tuple[str, str],
    out: Path,
    *,
    prior: float | None = None,
    progress: Progress = no_progress,
) -> AppliedScores:
    """Write the probability of a match for every score of a file, in its shape, as float32.

    Args:
        exported: as `load_exported` gives it.
        source: a `.npy` of scores of any shape, of rows of two modalities as the export scores
            them; read block by block.
        pair: the two modalities; one twice for pairs within it.
        out: a `.npy`; what stood there is replaced at the end.
        prior: share of such pairs that match, of one match among n rows 1 / n; that of the
            calibration unless given.
        progress: told after every block.

    Raises:
        GapvizError: no array of finite numbers, an export without such a calibration, a bad prior,
            or a disk that is full; then nothing is left of the output.
    """
    if source.absolute() == out.absolute() or out.suffix != ".npy":
        raise GapvizError(
            f"cannot write to {out.name!r}", hint="name another file, one that ends in .npy"
        )
    try:
        scores = np.load(source, mmap_mode="r", allow_pickle=False)
    except OSError as error:
        raise unreadable(source, error) from error
    except (ValueError, EOFError) as error:
        raise GapvizError(
            "is no .npy of numbers", where=source.name, hint="save the scores with numpy.save"
        ) from error
    if not isinstance(scores, np.ndarray) or scores.dtype.kind not in "fiu" or not scores.size:
        raise GapvizError(
            "holds no numbers", where=source.name, hint="give an array of scores as .npy"
        )
    flat = scores.reshape(-1)
    partial = out.with_name(f".{out.name}.partial.npy")
    try:
        written = np.lib.format.open_memmap(partial, "w+", np.float32, scores.shape)
        places = written.reshape(-1)
        for start in range(0, flat.size, BLOCK_SCORES):
            block = np.asarray(flat[start : start + BLOCK_SCORES], dtype=np.float64)
            if not np.isfinite(block).all():
                raise GapvizError(
                    f"score {start + int(np.flatnonzero(~np.isfinite(block))[0]):,} is no number",
                    where=source.name,
                    hint="remove NaN and infinite scores",
                )
            places[start : start + block.size] = exported.match_probability(block, *pair, prior)
            done = min(start + BLOCK_SCORES, flat.size)
            progress(done / flat.size, f"{done:,} of {flat.size:,} scores")
        written.flush()
        partial.replace(out)
    except OSError as error:
        raise unwritable(out, error) from error
    finally:
        partial.unlink(missing_ok=True)
    matches = exported.card.matches
    usual = float("nan") if matches is None else matches.prior
    return AppliedScores(out, int(flat.size), pair, usual if prior is None else prior)
