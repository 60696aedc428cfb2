"""Lay out the built-in collection by UMAP under the strategies, so that no visitor waits.

Writes `data/builtin/layouts.safetensors`: one (n_points, 2) array a view, under the key of
its `LayoutRequest`. Run it after `data/build_collection.py`; with the names of variants it adds
the views of those.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from recipes import VARIANTS, chosen_variants
from safetensors.numpy import load_file, save

from gapviz.analyses.layouts import SHIPPED_FILE, LayoutRequest
from gapviz.core.splits import CALIBRATE
from gapviz.core.vectors import Float32
from gapviz.sources.builtin import builtin_collection
from gapviz.sources.builtin.shipped import shipped_folder
from gapviz.sources.builtin.variants import encoder_name
from gapviz.storage.cache import checksum
from gapviz.storage.files import write_atomically
from gapviz.strategies import StrategyOptions, fit_strategy

VARIANT_VIEWS = (StrategyOptions("raw"), StrategyOptions("centre"), StrategyOptions("half"))
"""Shipped for each variant of the built-in encoder."""

STRENGTHS = (0.25, 0.5, 0.75, 1.0, 1.25, 1.5)


def views() -> Iterator[StrategyOptions]:
    """The strategies whose layouts are shipped for the built-in encoder itself."""
    yield StrategyOptions("raw")
    for strength in STRENGTHS:
        yield StrategyOptions("centre", strength=strength)
        yield StrategyOptions("half", strength=strength)
        for moves in ("image", "text"):
            yield StrategyOptions("offset", strength=strength, moves=moves)


def lay_out(encoder: str, shown: Iterable[StrategyOptions]) -> Iterator[tuple[str, Float32]]:
    """Key and points of each view of the built-in collection under one encoder."""
    collection = builtin_collection(encoder)
    calibration = collection.split(CALIBRATE)
    raw = LayoutRequest(collection, fit_strategy(StrategyOptions("raw"), calibration), "umap")
    for options in shown:
        strategy = fit_strategy(options, calibration)
        request = (
            LayoutRequest(collection, strategy, "umap", stands_on=raw)
            if strategy.spec.learns
            else raw
        )
        yield request.key, request.compute().points
        print(f"{encoder}: {strategy.label}", flush=True)


def main() -> None:
    """Lay out every view that is asked for and write the file."""
    variants = chosen_variants("Lay out the built-in collection.")
    target = shipped_folder("builtin") / SHIPPED_FILE
    layouts: dict[str, Float32] = {}
    if len(variants) < len(VARIANTS):
        layouts = load_file(target)
    else:
        target.unlink(missing_ok=True)
    for variant in variants:
        shown = VARIANT_VIEWS if variant.name else views()
        layouts |= lay_out(encoder_name(variant.name), shown)
    sums = {key: checksum({key: points}) for key, points in layouts.items()}
    write_atomically(target, save(layouts, metadata=sums))
    print(f"{target}: {len(layouts)} layouts, {target.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
