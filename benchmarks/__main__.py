"""`python -m benchmarks [name …] [--json]`: one table of ratios against named peers.

Every module here with a function `comparisons() -> Iterable[Comparison]` is a benchmark
under its own name.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import pkgutil
import sys
from collections.abc import Callable, Iterable
from dataclasses import asdict

import benchmarks
from benchmarks.timing import Comparison

Benchmark = Callable[[], Iterable[Comparison]]


def discover() -> dict[str, Benchmark]:
    """Name → benchmark."""
    found = {}
    for module in pkgutil.iter_modules(benchmarks.__path__):
        if module.name != "__main__":
            loaded = importlib.import_module(f"benchmarks.{module.name}")
            if hasattr(loaded, "comparisons"):
                found[module.name] = loaded.comparisons
    return found


def cores() -> int:
    """Processors this process may use."""
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def table(rows: list[tuple[str, Comparison]]) -> str:
    """Aligned text, one line a peer."""
    lines = [("benchmark", "case", "peer", "gapviz s", "peer s", "ratio")]
    lines += [
        (
            name,
            row.case,
            row.peer,
            f"{row.our_seconds:.4f}",
            f"{row.peer_seconds:.4f}",
            f"{row.ratio:.3f}",
        )
        for name, row in rows
    ]
    widths = [max(len(line[column]) for line in lines) for column in range(6)]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if column < 3 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )


def main() -> int:
    """Run the benchmarks named, or all."""
    available = discover()
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help=", ".join(available))
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    options = parser.parse_args()
    unknown = [name for name in options.names if name not in available]
    if unknown:
        parser.error(f"no benchmark {unknown[0]!r}; there are {', '.join(available)}")
    rows: list[tuple[str, Comparison]] = []
    for name in options.names or available:
        print(f"{name} …", file=sys.stderr, flush=True)
        rows += [(name, row) for row in available[name]()]
    if options.json:
        results = [{"benchmark": name, **asdict(row), "ratio": row.ratio} for name, row in rows]
        print(json.dumps({"cores": cores(), "results": results}, ensure_ascii=False, indent=2))
    else:
        print(table(rows))
        print(f"\nratio = gapviz ÷ peer, medians of one interleaved run; {cores()} cores")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
