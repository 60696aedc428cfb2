"""What all visitors share: collections, fitted strategies, measurements, layouts, encoders."""

from __future__ import annotations

import logging
import threading
from functools import lru_cache

from gapviz.collection import CALIBRATE, EVALUATE, Collection
from gapviz.dashboard.catalogue import COLLECTIONS
from gapviz.encoders import Encoder, load_encoder
from gapviz.errors import GapvizError
from gapviz.layouts import LayoutRequest
from gapviz.measure import Measurement, measure_strategy
from gapviz.projection import Method
from gapviz.retrieval.corpus import Rows, corpus_rows
from gapviz.strategies import Strategy, StrategyOptions, fit_strategy

_log = logging.getLogger(__name__)
_loading = threading.Lock()

# Plain least-recently-used caches: their keys are small and frozen, their values are
# read-only, and unlike Streamlit's own they also serve the routes beside the pages.


@lru_cache(maxsize=8)
def collection_named(name: str) -> Collection:
    """A collection of the catalogue.

    Raises:
        GapvizError: its files are missing or damaged.
    """
    return COLLECTIONS[name].load()


@lru_cache(maxsize=16)
def split_of(collection: str, split: str) -> Collection:
    """One split of a collection of the catalogue."""
    return collection_named(collection).split(split)


@lru_cache(maxsize=512)
def fitted(collection: str, options: StrategyOptions) -> Strategy:
    """A strategy fitted on the calibrate split."""
    return fit_strategy(options, split_of(collection, CALIBRATE))


@lru_cache(maxsize=256)
def measured(collection: str, options: StrategyOptions, seed: int) -> Measurement:
    """A strategy measured on the evaluate split."""
    strategy = fitted(collection, options)
    return measure_strategy(split_of(collection, EVALUATE), strategy, seed=seed)


@lru_cache(maxsize=64)
def layout_request(
    collection: str, options: StrategyOptions, method: Method, seed: int
) -> LayoutRequest:
    """What to draw; raw requests are shared, so that their axes are found once."""
    whole, strategy = collection_named(collection), fitted(collection, options)
    raw = StrategyOptions("raw")
    stands_on = None if options == raw else layout_request(collection, raw, method, seed)
    return LayoutRequest(whole, strategy, method, seed, stands_on)


@lru_cache(maxsize=64)
def searchable(collection: str, options: StrategyOptions) -> Rows:
    """Every indexed row of a collection, moved by a strategy."""
    return corpus_rows(collection_named(collection), fitted(collection, options).alignment)


def encoder_named(name: str) -> Encoder:
    """A loaded encoder; the first call imports its libraries.

    Raises:
        GapvizError: no such encoder, or its files are missing.
    """
    with _loading:
        return _encoder(name)


@lru_cache(maxsize=2)
def warm_encoder(name: str) -> None:
    """Load an encoder in the background, so that the first typed text need not wait."""
    threading.Thread(target=_warm, args=(name,), daemon=True).start()


def _warm(name: str) -> None:
    try:
        encoder_named(name).encode_texts(["warm up"])
    except GapvizError as error:
        # Whoever asks for the encoder is told; nobody has asked yet.
        _log.warning("the encoder %s could not be loaded: %s", name, error.sentence)


@lru_cache(maxsize=2)
def _encoder(name: str) -> Encoder:
    return load_encoder(name)
