"""What all visitors share: collections, fitted strategies, measurements, layouts, encoders."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Mapping
from functools import lru_cache, partial, update_wrapper
from typing import Any, Generic, ParamSpec, TypeVar, cast

import numpy as np

from gapviz.analyses.layouts import LayoutRequest
from gapviz.analyses.training.features import TrainingFeatures, collection_features
from gapviz.core.collection import Collection
from gapviz.core.corpus import Corpus
from gapviz.core.halves import split_alike
from gapviz.core.item_sample import MOST_MEASURED, sampled
from gapviz.core.libraries import needed
from gapviz.core.progress import Progress
from gapviz.core.splits import CALIBRATE, EVALUATE
from gapviz.core.unmoved import RawRows
from gapviz.dashboard.catalogue import View, workspace
from gapviz.encoders.base import TextEncoder
from gapviz.encoders.registry import load_any_encoder
from gapviz.encoders.torchvision_operators import declare_torchvision_operators
from gapviz.export.card import ExportCard
from gapviz.export.folder import export_files
from gapviz.measures.experiment import Experiment
from gapviz.measures.measurement import Measurement
from gapviz.measures.projection.layout import Method
from gapviz.measures.projection.sampling import DISPLAY_LIMIT
from gapviz.retrieval.exact_index import ExactIndex
from gapviz.retrieval.run import asked_by
from gapviz.sources.builtin import SHIPPED_COLLECTIONS, shipped_collection
from gapviz.storage.background import ThreadTask
from gapviz.storage.bounded_cache import MEBIBYTE, BoundedCache, bytes_held
from gapviz.strategies import Strategy, StrategyOptions

_loading = threading.Lock()

Asked = ParamSpec("Asked")
Answer = TypeVar("Answer")

BYTES_AN_ITEM = 500
"""Its words and its place in the splits, roughly."""

APART = (Collection, RawRows)
"""What answers share, and what holds it counts for."""

_of_collections: list[BoundedCache[Any, Any]] = []


class CachedAnswers(Generic[Asked, Answer]):
    """A function whose answers are cached; see `cached_within`."""

    def __init__(self, make: Callable[Asked, Answer], most_mebibytes: int) -> None:
        self._make = make
        self._cache: BoundedCache[Any, Answer] = BoundedCache(most_mebibytes * MEBIBYTE, _bytes_of)
        _of_collections.append(self._cache)
        update_wrapper(self, make)

    def __call__(self, *args: Asked.args, **named: Asked.kwargs) -> Answer:
        cached = self.known(*args, **named)
        if cached is None:
            cached = self._make(*args, **named)
            self._cache.put(_key(args, named), cached)
        return cached

    def known(self, *args: Asked.args, **named: Asked.kwargs) -> Answer | None:
        """The answer where it is cached, else None."""
        return self._cache.get(_key(args, named))

    def later(self, *args: Asked.args, **named: Asked.kwargs) -> Later[Answer]:
        """The answer for those who wait for it while it is made in the background."""
        return Later(
            f"{self._make.__module__}.{self._make.__qualname__}{_key(args, named)}",
            lambda: self.known(*args, **named),
            lambda: self(*args, **named),
        )


class Later(Generic[Answer]):
    """An answer to be waited for; see `gapviz.dashboard.waiting.Awaited`."""

    def __init__(
        self, name: str, known: Callable[[], Answer | None], make: Callable[[], Answer]
    ) -> None:
        self.name = name
        self._known = known
        self._make = make

    def get(self) -> Answer | None:
        """The answer where it is cached, else None."""
        return self._known()

    def compute(self, progress: Progress | None = None) -> Answer:
        """The answer, made now if need be."""
        return self._make()


def _key(args: tuple[object, ...], named: Mapping[str, object]) -> Hashable:
    return args, tuple(sorted(named.items()))


def cached_within(
    most_mebibytes: int,
) -> Callable[[Callable[Asked, Answer]], CachedAnswers[Asked, Answer]]:
    """Cache the answers of a function of a collection, dropping those used least recently.

    Their keys are small and frozen, their values are read-only, and unlike Streamlit's own
    caches these also serve the routes beside the pages. An id of the workspace names its
    content, so that what is cached under it stays true until `forget_collections`.

    Args:
        most_mebibytes: what the answers may hold together, collections apart, which only the
            caches of collections count.
    """
    return partial(CachedAnswers, most_mebibytes=most_mebibytes)


def forgotten_with_collections(most_mebibytes: int) -> BoundedCache[str, Any]:
    """An empty cache that `forget_collections` clears too."""
    cache: BoundedCache[str, Any] = BoundedCache(most_mebibytes * MEBIBYTE, _bytes_of)
    _of_collections.append(cache)
    return cache


def _bytes_of(answer: object) -> int:
    """Weigh an answer, which is done when others follow it."""
    if isinstance(answer, Measurement):
        answer.forget_scores()  # large, and quick to make again
        shared = answer.collection.modalities
        return bytes_held((answer, shared), apart=APART) - bytes_held(shared)
    if isinstance(answer, Experiment):
        return sum(_bytes_of(vars(answer).get(name)) for name in ("calibration", "evaluated"))
    if isinstance(answer, Collection):
        return bytes_held(answer.modalities) + BYTES_AN_ITEM * answer.n_items
    return bytes_held(answer, apart=APART)


def forget_collections() -> None:
    """Drop what is cached of every collection: one has been removed or encoded anew."""
    for cache in _of_collections:
        cache.clear()


@cached_within(1_024)
def collection_of(view: View) -> Collection:
    """A collection as one encoder saw it, with splits.

    Raises:
        GapvizError: it is gone, or its files are missing or damaged.
    """
    if view.collection in SHIPPED_COLLECTIONS:
        return SHIPPED_COLLECTIONS[view.collection].load(view.encoder)
    collection = workspace().load(view.collection, view.encoder)
    if collection.splits:
        return collection
    return split_alike([collection])[0]


@cached_within(512)
def studied(view: View) -> Collection:
    """What long analyses of a collection are made on: a stated sample of it where it is large.

    Raises:
        GapvizError: as `collection_of`.
    """
    return sampled(collection_of(view))


@cached_within(256)
def items_of(collection: str) -> Collection:
    """The items of a collection, with or without vectors, for their pictures and words.

    Raises:
        GapvizError: as `collection_of`.
    """
    return shipped_collection(collection) or workspace().load(collection)


@cached_within(64)
def corpus_of(view: View) -> Corpus:
    """How many rows of which modality each item has."""
    return Corpus.of(collection_of(view))


@cached_within(1_024)
def experiment(view: View) -> Experiment:
    """Raw cosine on a collection, whose splits every strategy, seed and pair share; on a sample
    where it is very large.
    """
    return Experiment(sampled(collection_of(view), MOST_MEASURED))


@cached_within(128)
def fitted(view: View, options: StrategyOptions) -> Strategy:
    """A strategy fitted on the calibrate split."""
    return experiment(view).fitted(options)


@cached_within(1)
def undefined(view: View, options: StrategyOptions, *, everywhere: bool = False) -> str:
    """Why a strategy cannot be measured here, or drawn and searched `everywhere`, in a sentence;
    empty where it can; see `Experiment.undefined`.
    """
    return experiment(view).undefined(options, everywhere=everywhere) or ""


@cached_within(768)
def measured(
    view: View, options: StrategyOptions, seed: int, pair: tuple[str, str] | None = None
) -> Measurement:
    """A strategy measured on the evaluate split; `pair` as for `Experiment`."""
    return _seeded(view, seed, pair).measured(fitted(view, options))


def _seeded(view: View, seed: int, pair: tuple[str, str] | None) -> Experiment:
    # A single modality makes no pair.
    known = pair if pair and pair[0] != pair[1] else None
    return experiment(view).having(seed=seed, pair=known)


@cached_within(256)
def layout_request(
    view: View,
    options: StrategyOptions,
    method: Method,
    seed: int,
    pair: tuple[str, str] | None = None,
    limit: int = DISPLAY_LIMIT,
) -> LayoutRequest:
    """What to draw; raw requests are shared, so that their axes are found once."""
    whole, strategy = collection_of(view), fitted(view, options)
    raw = StrategyOptions("raw")
    stands_on = None if options == raw else layout_request(view, raw, method, seed, pair, limit)
    return LayoutRequest(whole, strategy, method, seed, stands_on, between=pair, limit=limit)


@cached_within(1_024)
def index_of(view: View, options: StrategyOptions, *, held_out: bool = False) -> ExactIndex:
    """The indexed rows of a collection under a strategy.

    With `held_out`, only those of items that the encoder's heads were not trained on.
    """
    collection, wanted = collection_of(view), None
    if held_out:
        kept = [collection.splits[split] for split in (CALIBRATE, EVALUATE)]
        wanted = np.isin(np.arange(collection.n_items), np.concatenate(kept))
    return ExactIndex.of(collection, fitted(view, options), wanted)


@cached_within(256)
def judged_index_of(view: View, options: StrategyOptions, *, held_out: bool = False) -> ExactIndex:
    """The same, asked by the queries of the collection's own."""
    index, evaluation = index_of(view, options, held_out=held_out), collection_of(view).evaluation
    return index if evaluation is None else asked_by(index, evaluation)


@cached_within(64)
def exported(
    view: View, options: StrategyOptions, seed: int, pair: tuple[str, str] | None = None
) -> tuple[dict[str, bytes], ExportCard]:
    """The files of an exported strategy by name, and its card.

    Raises:
        GapvizError: a strategy that cannot be exported.
    """
    before = measured(view, StrategyOptions("raw"), seed, pair)
    return export_files(_seeded(view, seed, pair).having(options), before)


def encoder_named(name: str) -> TextEncoder:
    """A loaded encoder of texts, or of both; the first call imports its libraries.

    Raises:
        GapvizError: no such encoder, or its files are missing.
    """
    with _loading:
        return _encoder(name)


def import_library(name: str) -> None:
    """Import torch or open_clip; two threads at once might find a half-imported library."""
    with _loading:
        if name == "open_clip":
            declare_torchvision_operators()
        needed(name)


@cached_within(256)
def features_of(view: View, pair: tuple[str, str]) -> TrainingFeatures:
    """What heads can be trained on.

    Raises:
        GapvizError: too few pairs.
    """
    return collection_features(collection_of(view), pair)


@lru_cache(maxsize=4)
def warm_encoder(name: str | None) -> None:
    """Load an encoder in the background, so that the first typed text need not wait."""
    if name is not None:
        # A fault is told to whoever asks for the encoder; nobody has asked yet.
        ThreadTask(lambda progress: encoder_named(name)).start()


@lru_cache(maxsize=2)
def _encoder(name: str) -> TextEncoder:
    encoder = cast(TextEncoder, load_any_encoder(name))
    # Libraries are imported at the first use, and two threads at once might find a half-imported
    # one: so the first use is made here, by one thread at a time.
    encoder.encode_texts(["warm up"])
    return encoder
