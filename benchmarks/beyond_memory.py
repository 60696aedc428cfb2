"""Vectors on disk, larger than the memory that they are measured in.

`python -m benchmarks beyond_memory` makes 1,000,000 pairs; `python -m benchmarks.beyond_memory
10000000` as many as are named, and removes the files at the end. Measured is in a fresh process,
whose peak memory is told. The peers read the same files in the same run: a plain read of every
byte, and numpy's mean of every dimension.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from benchmarks.timing import Comparison
from gapviz.core.vectors import Float32

N_PAIRS, DIM = 1_000_000, 512
MADE_AT_ONCE = 16_384
READ_AT_ONCE = 1 << 24
SIDES = {"image": 0.5, "text": -0.5}
SPREAD, OWN = 0.6, 0.6

MEASURED = """
import json, sys, time
from pathlib import Path
began = time.perf_counter()
from gapviz.commands.cli import main
code = main(["measure", sys.argv[1], "--stream", "always", "--json"])
# Not ru_maxrss, which counts what the process was forked from.
(peak,) = [line for line in Path("/proc/self/status").read_text().splitlines() if "VmHWM" in line]
spent = [time.perf_counter() - began, time.process_time(), 1024 * int(peak.split()[1])]
print(json.dumps([code, *spent]), file=sys.stderr)
"""


def comparisons(n_pairs: int = N_PAIRS) -> Iterator[Comparison]:
    """One size, measured once: it takes minutes."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        needed = 2 * n_pairs * DIM * 2
        free = shutil.disk_usage(folder).free
        if free < 1.1 * needed:
            raise SystemExit(
                f"{needed / 1e9:.0f} GB do not fit in {folder} ({free / 1e9:.0f} free)"
            )
        files = make_files(folder, n_pairs)
        read = _seconds(lambda: [*map(_read_whole, files)])
        mean = _seconds(lambda: [np.load(f, mmap_mode="r").mean(0, np.float64) for f in files])
        seconds, processor, peak, figures = measured(folder)
    case = (
        f"measure {n_pairs:,} pairs × {DIM} float16, {needed / 1e9:.1f} GB, peak "
        f"{peak / 1e6:,.0f} MB, {processor:,.0f} s of processors"
    )
    told = ", ".join(f"{name} {figures[name]}" for name in ("gap", "bias_at_10", "recall"))
    print(f"{case}: {told}", file=sys.stderr)
    yield Comparison(case, "plain read of the files", seconds, read)
    yield Comparison(case, "numpy, mean by dimension", seconds, mean)


def make_files(folder: Path, n_pairs: int) -> list[Path]:
    """`image.npy` and `text.npy` of a made world: two cones, with a meaning that pairs share."""
    rng = np.random.default_rng(0)
    scale = np.arange(1, DIM + 1, dtype=np.float32) ** -0.5
    scale *= SPREAD / np.linalg.norm(scale)
    files = {name: folder / f"{name}.npy" for name in SIDES}
    written = {
        name: np.lib.format.open_memmap(path, "w+", np.float16, (n_pairs, DIM))
        for name, path in files.items()
    }
    for start in range(0, n_pairs, MADE_AT_ONCE):
        shape = min(MADE_AT_ONCE, n_pairs - start), DIM
        meaning = rng.standard_normal(shape, dtype=np.float32) * scale
        for name, side in SIDES.items():
            written[name][start : start + shape[0]] = _rows(rng, meaning, OWN * scale, side)
    for rows in written.values():
        rows.flush()
    return list(files.values())


def _rows(rng: np.random.Generator, meaning: Float32, scale: Float32, side: float) -> Float32:
    rows: Float32 = rng.standard_normal(meaning.shape, dtype=np.float32)
    rows *= scale
    rows += meaning
    rows[:, 0] += 1
    rows[:, 1] += side
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return rows


def measured(folder: Path) -> tuple[float, float, float, dict[str, object]]:
    """Seconds, those of processors, bytes at the peak and figures of the command in a fresh
    process (Linux).
    """
    with tempfile.TemporaryDirectory() as cache:
        done = subprocess.run(
            [sys.executable, "-c", MEASURED, str(folder)],
            capture_output=True,
            text=True,
            env={**os.environ, "GAPVIZ_CACHE": cache},
            check=False,
        )
    if done.returncode:
        raise SystemExit(done.stderr)
    code, seconds, processor, peak = json.loads(done.stderr.splitlines()[-1])
    if code:
        raise SystemExit(done.stderr)
    return seconds, processor, peak, json.loads(done.stdout)


def _read_whole(path: Path) -> int:
    total = 0
    with path.open("rb", buffering=0) as file:
        while content := file.read(READ_AT_ONCE):
            total += len(content)
    return total


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


if __name__ == "__main__":
    for row in comparisons(int(sys.argv[1]) if len(sys.argv) > 1 else N_PAIRS):
        print(
            f"{row.case}: {row.our_seconds:,.0f} s; {row.peer}: {row.peer_seconds:,.1f} s; "
            f"ratio {row.ratio:.1f}"
        )
