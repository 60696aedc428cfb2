"""What the tour tells, against figures computed another way."""

from itertools import combinations

import numpy as np
import pytest

from gapviz.analyses.analysis import Request
from gapviz.analyses.story.analysis import ANALYSIS
from gapviz.analyses.tour import MOST_TILES, asked_items, find_tour, of_all_reading
from gapviz.core.progress import no_progress
from gapviz.measures.experiment import measure
from gapviz.strategies import StrategyOptions


def toured(collection):
    request = Request(collection, ANALYSIS.usual(), strategy=StrategyOptions("znorm"))
    return find_tour(request, no_progress).result


def test_likeness_is_the_mean_cosine_over_all_such_pairs(make_collection):
    collection = make_collection(40, 8)
    held_out = collection.split("evaluate")
    rows = {name: held_out.modality(name).corpus.vectors for name in held_out.modality_names}
    expected = {
        "image and text of the same item": np.mean(
            [rows["image"][n] @ rows["text"][n] for n in range(held_out.n_items)]
        ),
        **{
            f"two {name}s of different items": np.mean(
                [rows[name][a] @ rows[name][b] for a, b in combinations(range(held_out.n_items), 2)]
            )
            for name in ("text", "image")
        },
    }
    found = {one.words: one.cosine for one in toured(collection).likeness}
    assert found == pytest.approx(expected, abs=1e-6)


def test_the_wall_counts_as_the_measurement_does(make_collection):
    raw = measure(make_collection(60, 8))
    asked = asked_items(raw, "text")
    assert asked.n_queries == asked.items.size <= MOST_TILES
    assert asked.found.mean() == pytest.approx(raw.mixed_recall["text"].value)


def test_the_queries_of_the_wall_and_the_others_add_up_to_what_decide_counts(make_collection):
    tour = toured(make_collection(60, 8, gap=1.0))
    raw = measure(make_collection(60, 8, gap=1.0))
    other = next(name for name in raw.mixed if name != tour.story.modality)
    words = of_all_reading(tour.story)
    assert f"{raw.mixed_recall[other].value * 30:.0f} of 30 {other} queries" in words
    both = np.mean([one.value for one in raw.mixed_recall.values()])
    assert words.endswith(f"{100 * both:.0f} of 100. ")


def test_without_pairs_there_is_no_wall_and_no_likeness_across(make_unpaired):
    tour = toured(make_unpaired())
    assert tour.asked is None and tour.example is None and of_all_reading(tour.story) == ""
    assert all("same item" not in one.words for one in tour.likeness)


def test_a_strategy_is_told_with_the_same_query(make_collection):
    tour = toured(make_collection(80, 8))
    if tour.example is not None:
        assert tour.centred.example.item == tour.example.item
        assert tour.centred.example.raw is tour.example.raw
    assert all(one.change in ("better", "worse") for one in tour.centred.changes)
