"""The story of a collection: which query tells it, what it finds, and how it goes."""

from dataclasses import replace

import numpy as np
import pytest

from gapviz import GapvizError
from gapviz.analyses.advice.recommended import recommended
from gapviz.analyses.analysis import Request
from gapviz.analyses.story.analysis import ANALYSIS, find_told
from gapviz.analyses.story.example import (
    by_median_effect,
    chosen_example,
    examples_of,
    mended_queries,
)
from gapviz.analyses.story.readings import often_reading
from gapviz.core.collection import Collection
from gapviz.core.item import Item
from gapviz.core.modality_vectors import ModalityVectors
from gapviz.core.progress import no_progress
from gapviz.core.splits import EVALUATE, alternate_splits
from gapviz.measures.experiment import Experiment
from gapviz.sources.builtin import builtin_collection
from gapviz.strategies import StrategyOptions

RAW, CENTRE = StrategyOptions(), StrategyOptions("centre")


def story(collection, options=CENTRE, **values):
    """What `gapviz story` finds, but for Decide."""
    request = Request(collection, {**ANALYSIS.usual(), **values}, strategy=options)
    return find_told(request, no_progress).result


@pytest.fixture(scope="module")
def shipped():
    collection = builtin_collection()
    return story(collection, recommended(collection))


def outcomes(collection, options, modality):
    """Of raw cosine and of a strategy."""
    raw = Experiment(collection)
    return [one.measurement.mixed[modality] for one in (raw, raw.having(options))]


def test_an_example_is_a_held_out_query_that_fails_and_then_finds_its_match(shipped):
    held_out = builtin_collection().split(EVALUATE)
    assert shipped.ending == "fixed" and shipped.examples
    for one in shipped.examples:
        assert one.item_id in held_out.position
        assert one.raw_rank > 10 >= one.fixed_rank
        right = {(hit.item, hit.modality) for hit in one.fixed.hits}
        assert (one.item, one.answer_modality) in right
        assert all(hit.item != one.item for hit in one.raw.hits)


def test_the_ranks_of_its_lists_are_those_that_were_measured(shipped):
    raw, fixed = outcomes(builtin_collection(), shipped.strategy, shipped.modality)
    for one in shipped.examples:
        asks = raw.items == one.item
        assert one.raw_rank in raw.match_rank[asks]
        assert one.fixed_rank in fixed.match_rank[asks]


def test_the_first_example_has_the_median_effect(make_collection):
    collection = make_collection(120, 16, gap=3)
    raw, fixed = outcomes(collection, CENTRE, "text")
    mended = mended_queries(raw, fixed)
    gains = np.sort(raw.match_rank[mended] - fixed.match_rank[mended])
    first = story(collection).examples[0]
    assert first.raw_rank - first.fixed_rank == gains[(gains.size - 1) // 2]


def test_the_further_examples_are_ever_further_from_the_median():
    class Outcome:
        def __init__(self, ranks):
            self.match_rank = np.array(ranks, dtype=float)
            self.items = np.array([5, 4, 3, 2, 1, 0, 0])

        def recall(self, k):
            return (self.match_rank <= k).astype(float)

    raw, fixed = Outcome([40, 50, 60, 60, 90, 11, 3]), Outcome([1, 1, 1, 1, 1, 12, 1])
    mended = mended_queries(raw, fixed)
    # The sixth is not found in the end, the seventh was never lost.
    assert mended.tolist() == [0, 1, 2, 3, 4]
    # 39, 49, 59 (item 2), 59 (item 3), 89: from the middle outwards.
    assert by_median_effect(mended, raw, fixed).tolist() == [3, 1, 2, 0, 4]


def test_a_sample_of_the_queries_asks_with_the_vectors_that_were_measured(make_collection):
    raw, fixed = (Experiment(make_collection(200, 16, gap=3), one) for one in (RAW, CENTRE))
    few = {
        one: replace(one.measurement.outcomes, max_queries=25, kept=None) for one in (raw, fixed)
    }
    for one, outcomes in few.items():
        vars(one.measurement)["outcomes"] = outcomes
    told, n = examples_of(raw.measurement, fixed.measurement, "text", most=100)
    assert len(told) == n > 5
    before, after = (one.mixed["text"] for one in few.values())
    assert before.items.size == 25
    for one in told:
        (asks,) = np.flatnonzero(before.items == one.item)
        assert (one.raw_rank, one.fixed_rank) == (before.match_rank[asks], after.match_rank[asks])


def test_a_second_caption_asks_in_its_own_words(with_second_captions):
    items = tuple(Item(f"i{n}", captions=(f"first {n}", f"second {n}")) for n in range(60))
    told = story(replace(with_second_captions, items=items))
    assert told.examples
    for one in told.examples:
        assert one.words == f"second {one.item_id[1:]}"


def test_texts_that_are_read_at_a_glance_come_before_long_ones(make_collection):
    made = make_collection(80, 16, gap=3)
    long = "a rather long list of words"
    items = tuple(
        Item(f"i{n}", captions=("short one" if n % 10 == 1 else long,)) for n in range(80)
    )
    told = story(replace(made, items=items))
    assert {one.words for one in told.examples} == {"short one"}
    alone = tuple(Item(f"i{n}", captions=(long,)) for n in range(80))
    assert {one.words for one in story(replace(made, items=alone)).examples} == {long}


def test_of_three_modalities_the_right_answer_is_of_another(make_collection):
    told = story(make_collection(90, 16, gap=3, modalities=("audio", "image", "text")))
    assert set(told.often) == {"audio", "image", "text"}
    assert told.modality == "text"
    assert {one.answer_modality for one in told.examples} <= {"audio", "image"}


def test_where_decide_leaves_all_as_it_is_and_no_kind_is_favoured_there_is_no_gap(
    make_collection,
):
    told = story(make_collection(120, 16, gap=0), StrategyOptions())
    assert told.ending == "no gap" and not told.examples
    assert all(one.fixed is None for one in told.often.values())


def test_where_a_kind_is_favoured_and_nothing_helps_it_is_no_way(make_collection):
    assert story(make_collection(120, 16, gap=3), StrategyOptions()).ending == "no way"


def test_a_strategy_that_mends_no_query_is_said_to(make_collection):
    told = story(make_collection(120, 16, gap=3), StrategyOptions("centre", strength=0.0))
    assert told.ending == "no example"


def test_without_matches_there_is_nothing_to_find(make_unpaired):
    told = story(make_unpaired(40, 8))
    assert told.ending == "no matches"
    for name, one in told.often.items():
        assert one.n_matched == 0
        said = often_reading(name, one, told.label)
        assert "see nothing but" in said and "find their match" not in said


def test_vectors_without_content_have_no_fix_to_show(make_unpaired):
    apart = make_unpaired(100, 16)
    # The same rows, paired though they share nothing.
    images, texts = (apart.modality(name).vectors for name in ("image", "text"))
    paired = Collection(
        "noise",
        apart.items[:100],
        {"image": ModalityVectors.of(images), "text": ModalityVectors.of(texts)},
        alternate_splits(100),
    )
    told = story(paired, StrategyOptions("route"))
    assert told.ending == "no content" and not told.examples


def test_of_few_items_nothing_is_told(make_collection):
    told = story(make_collection(6))
    assert told.ending == "too few" and not told.examples


def test_one_modality_has_no_story(make_collection):
    with pytest.raises(GapvizError, match="needs two"):
        story(make_collection(40, modalities=("image",)))


def test_an_example_that_there_is_not_is_refused(shipped):
    assert chosen_example(shipped.examples[:2], 2, 2) is shipped.examples[1]
    with pytest.raises(GapvizError, match="no example 3"):
        chosen_example(shipped.examples[:2], 3, 2)


def test_a_modality_that_is_asked_for_asks(make_collection):
    told = story(make_collection(90, 16, gap=3), query_modality="image")
    assert told.modality == "image" and told.examples[0].words is None


def test_how_often_adds_up(make_collection):
    collection = make_collection(120, 16, gap=3)
    raw, fixed = outcomes(collection, CENTRE, "text")
    one = story(collection).often["text"]
    assert one.n_queries == one.n_matched == raw.items.size
    assert one.raw.found.value == pytest.approx(raw.recall(10).mean())
    assert one.fixed.found.value == pytest.approx(fixed.recall(10).mean())
    assert one.gain.value == pytest.approx(one.fixed.found.value - one.raw.found.value)
    assert one.raw.only_own.value == pytest.approx((raw.own_share >= 1).mean())
    assert one.lost == pytest.approx((raw.recall(10) * (1 - fixed.recall(10))).mean())


@pytest.mark.slow
def test_vectors_of_random_weights_are_said_to_be_that(make_collection):
    made = replace(make_collection(60, 16, gap=3), encoder="open_clip:ViT-S-32-alt:random-0")
    request = Request(made, ANALYSIS.usual(), strategy=CENTRE)
    assert any(
        "random weights" in words for words in ANALYSIS.answer(request, no_progress).warnings
    )


def test_queries_with_judgments_of_ones_own_do_not_stand_in_the_way(make_judged):
    assert story(make_judged()).ending == "fixed"


def test_a_modality_of_one_item_is_left_out(make_collection):
    made = make_collection(90, 16, gap=3)
    sound = ModalityVectors.of(np.eye(1, 16) + 0.1, [7])
    lonely = replace(made, modalities={**made.modalities, "audio": sound})
    assert story(lonely).examples
