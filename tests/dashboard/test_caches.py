"""What the dashboard keeps between two repaints, and how much of it."""

from dataclasses import replace

import numpy as np
import pytest

from gapviz.core.collection import Collection
from gapviz.dashboard import caches
from gapviz.dashboard.catalogue import View
from gapviz.retrieval.index import Query
from gapviz.sources.builtin import SHIPPED_COLLECTIONS
from gapviz.storage.bounded_cache import bytes_held
from gapviz.strategies import StrategyOptions, csls, nnn, references

VIEW = View("builtin", "an encoder")
MEGABYTE = 1_000_000


@pytest.fixture
def collection(make_collection, monkeypatch):
    collection = make_collection(600)
    made = replace(SHIPPED_COLLECTIONS["builtin"], load=lambda encoder: collection)
    monkeypatch.setattr(caches, "SHIPPED_COLLECTIONS", {"builtin": made})
    caches.forget_collections()
    yield collection
    caches.forget_collections()


def look_at(strength):
    """The figures of a page's cards and table."""
    one = caches.measured(VIEW, StrategyOptions("centre", strength=strength), 42)
    return one, [one.geometry.gap.separation_c, one.geometry.auc_matched, one.bias, one.ndcg]


@pytest.mark.slow
def test_a_sweep_of_the_slider_keeps_no_scores_of_single_pairs(collection):
    seen = [look_at(step / 40) for step in range(41)]
    held = sum(bytes_held(one, apart=(Collection,)) for one, _ in seen[:-1])
    assert held < 40 * 0.6 * MEGABYTE
    assert "scores" not in vars(seen[0][0].geometry)


def test_a_measurement_seen_before_still_has_its_figures(collection, monkeypatch):
    first, figures = look_at(0.5)
    look_at(0.6)
    monkeypatch.setattr("gapviz.measures.geometry.report.pair_scores", None)
    again, the_same = look_at(0.5)
    assert again is first
    assert the_same == figures


@pytest.mark.parametrize("held_out", [False, True])
@pytest.mark.parametrize("name", ["nnn", "csls"])
def test_the_levels_of_the_rows_are_computed_by_the_first_query_alone(
    collection, monkeypatch, name, held_out
):
    computed, mean_of_best = [], references.mean_of_best
    for module in (nnn, csls):
        monkeypatch.setattr(
            module,
            "mean_of_best",
            lambda *args, **named: computed.append(1) or mean_of_best(*args, **named),
        )
    block = collection.modality("text").corpus
    for item in range(3):
        asked = Query(block.vectors[item], "text", item, leave_out_own=True)
        found = caches.index_of(VIEW, StrategyOptions(name), held_out=held_out).search(asked, 5)
        assert len(found.hits) == 5
    assert len(computed) == 1


def test_held_out_rows_are_those_of_the_other_splits(collection):
    rows = caches.index_of(VIEW, StrategyOptions("raw"), held_out=True).rows
    wanted = np.concatenate([collection.splits[name] for name in ("calibrate", "evaluate")])
    assert set(rows.item.tolist()) == set(wanted.tolist())


def test_what_is_forgotten_is_loaded_anew(collection):
    before = caches.index_of(VIEW, StrategyOptions("raw"))
    assert caches.index_of(VIEW, StrategyOptions("raw")) is before
    caches.forget_collections()
    assert caches.index_of(VIEW, StrategyOptions("raw")) is not before
