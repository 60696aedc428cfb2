"""The decision table: each line well formed, and each judged on data made to suit it."""

import json
from dataclasses import replace

import numpy as np
import pytest

from gapviz.analyses.advice.advice import advise
from gapviz.analyses.advice.effect import Trial
from gapviz.analyses.advice.evidence import Evidence
from gapviz.analyses.advice.rules import TASKS, Situation, applicable, rules
from gapviz.core.collection import Collection
from gapviz.core.errors import GapvizError
from gapviz.core.item import Item
from gapviz.core.modality_vectors import ModalityVectors
from gapviz.core.splits import alternate_splits
from gapviz.core.vectors import unit_rows
from gapviz.measures.retrieval.intervals import Replicates
from gapviz.sources.builtin import DedicatedVectors, builtin_collection
from gapviz.strategies import STRATEGIES, StrategyOptions

RNG = np.random.default_rng(7)


def labelled(gap, *, n=120, dim=16, noise=0.5, labels=6, encoder="first"):
    """Pairs of items in groups, with a gap of a chosen width."""
    group = np.arange(n) % labels
    meaning = RNG.standard_normal((labels, dim))[group] + RNG.standard_normal((n, dim))
    offset = np.zeros(dim)
    offset[0] = gap
    return Collection(
        name="made",
        items=tuple(Item(str(i), label=str(group[i])) for i in range(n)),
        modalities={
            name: ModalityVectors.of(
                meaning + noise * RNG.standard_normal((n, dim)) + sign * offset
            )
            for name, sign in (("image", 1), ("text", -1))
        },
        splits=alternate_splits(n),
        encoder=encoder,
    )


@pytest.fixture(scope="module")
def wide():
    """A wide gap, another model without one, and a dedicated encoder that knows the groups."""
    collection = labelled(6.0)
    codes = collection.labels
    towers = tuple(
        DedicatedVectors(name, "groups", unit_rows(np.eye(6)[codes] + 0.01, where="groups"))
        for name in ("image", "text")
    )
    models = {"closed": replace(labelled(0.0, encoder="closed"), items=collection.items)}
    return Evidence(collection, seed=1, models=models, towers=towers)


def advice(evidence, task, changeable="model", found="image"):
    return advise(evidence, Situation(task, changeable, found))


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule.name)
def test_a_line_of_the_table_is_whole(rule):
    assert rule.task in TASKS
    assert rule.name.startswith(f"{rule.task}/")
    assert (rule.kind == "strategy") == (rule.strategy is not None)
    assert rule.strategy is None or rule.strategy in STRATEGIES
    for sentence in (rule.usual, rule.wrong_when):
        assert sentence[0].isupper() and sentence.endswith(".")


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule.name)
def test_every_rule_is_judged_by_figures_of_this_data(wide, rule):
    given = advice(wide, rule.task)
    if rule.strategy == "items-rrf":
        assert [what for what, _ in given.not_measured] == ["Several vectors per item, by rank"]
        return
    (entry,) = [one for one in given.recommendations if one.rule == rule]
    if rule.kind == "nothing":
        assert entry.verdict == "as it is" and entry.evidence
    for effect in entry.effects:
        assert effect.change.low <= effect.change.value <= effect.change.high
        change = effect.after.value - effect.before.value
        assert effect.change.value == pytest.approx(change, abs=1e-9)


def test_names_are_unique_and_nothing_is_an_answer_to_every_task():
    assert len({rule.name for rule in rules()}) == len(rules())
    assert {rule.task for rule in rules() if rule.kind == "nothing"} == set(TASKS)


def test_what_cannot_be_changed_is_left_out_and_named():
    open_to_all, needs_more = applicable(Situation("mixed", "neither"))
    assert {rule.needs for rule in open_to_all} == {"neither"}
    assert {rule.needs for rule in needs_more} == {"index", "model"}


@pytest.mark.slow
def test_where_the_offset_is_common_to_all_candidates_nothing_is_done():
    first = advice(Evidence(builtin_collection()), "one-way", "index").recommendations[0]
    assert first.rule.kind == "nothing"


def test_a_mixed_index_with_a_wide_gap_is_mended(wide):
    given = advice(wide, "mixed", "neither")
    first = given.recommendations[0]
    assert first.verdict == "better" and first.effects[0].change.low > 0
    gains = [one.effects[0].ranked_gain for one in given.recommendations
             if one.verdict == "better"]  # fmt: skip
    assert gains == sorted(gains, reverse=True)


def test_without_a_gap_the_advice_to_mend_a_mixed_index_is_contradicted():
    entry = advice(Evidence(labelled(0.0)), "mixed").recommendations
    (nothing,) = [one for one in entry if one.rule.kind == "nothing"]
    assert nothing.stance == "contradicts"


def test_bias_under_the_corpus_share_is_no_better_than_over_it():
    def effect(before, after):
        parts = 0.005 * RNG.standard_normal((2, 60)) / 7
        old, new = (
            Replicates(value, value + noise, np.zeros(0), 100, "share")
            for value, noise in zip((before, after), parts, strict=True)
        )
        return Trial.of("bias", old, new, aim=0.5).effect(1.96)

    assert effect(1.0, 0.5).better and effect(1.0, 0.3).better and effect(0.5, 0.2).worse
    assert effect(1.0, 0.5).gain.value > effect(1.0, 0.3).gain.value
    assert effect(1.0, 0.5).best == "near 0.50"
    assert not effect(0.5, 0.505).better


def test_a_mixed_index_aims_at_the_corpus_share(wide):
    (entry,) = [r for r in advice(wide, "mixed").recommendations if r.rule.strategy == "znorm"]
    of_bias = [one for one in entry.effects if one.figure.startswith("bias")]
    assert len(of_bias) == 2
    assert all(one.aim == pytest.approx(0.5, abs=0.01) for one in of_bias)


def test_rank_fusion_says_what_it_gains_with_every_tie_lost(wide):
    (entry,) = [r for r in advice(wide, "mixed").recommendations if r.rule.strategy == "route"]
    lost = wide.measured(StrategyOptions("route", ties="own-first")).mean_ndcg.value
    gained = lost - wide.raw.mean_ndcg.value
    assert entry.effects[0].ranked_gain == pytest.approx(gained, abs=2e-3)
    assert entry.carried_by_ties
    assert any("with every tie lost" in words for words in entry.evidence)


def test_gains_of_unlike_figures_are_not_compared(wide):
    given = [one for one in advice(wide, "scores").recommendations if one.verdict == "better"]
    figures = [one.effects[0].figure for one in given]
    assert figures == sorted(figures, key=figures.index)
    assert figures[-1] == "NDCG@10, mixed index"


def test_a_threshold_is_held_to_the_pairs_that_must_pass(wide):
    for entry in advice(wide, "scores").recommendations:
        if entry.rule.kind == "nothing" or entry.rule.strategy == "route":
            continue
        figures = {effect.figure: effect for effect in entry.effects}
        matched = figures["matched image–text pairs that pass"]
        assert matched.before.value == pytest.approx(0.95, abs=0.05)
        assert figures["image–image pairs of one label that pass"].before.value > 0.9
        assert figures["unrelated image–image pairs that pass"].aim == pytest.approx(
            figures["unrelated image–text pairs that pass"].before.value
        )


def test_no_advice_is_contradicted_where_it_depends_on_the_model(wide):
    for task in ("one-way", "mixed", "within"):
        for entry in advice(wide, task).recommendations:
            assert entry.rule.kind != "model" or entry.stance == "leaves open"


@pytest.mark.parametrize("n", [2, 4])
def test_what_these_items_cannot_tell_is_null_or_left_out(make_collection, n):
    few = Evidence(make_collection(n))
    for task in TASKS:
        given = advice(few, task)
        text = json.dumps(given.to_json(), allow_nan=False)
        assert json.loads(text)["task"] == task
        for entry in given.recommendations:
            assert "nan" not in " ".join(entry.evidence)
            assert not entry.effects or not np.isnan(entry.effects[0].change.value)


def test_a_dedicated_encoder_that_finds_more_comes_first(wide):
    first = advice(wide, "within").recommendations[0]
    assert first.rule.kind == "dedicated" and first.stance == "agrees"


def test_a_dedicated_encoder_that_finds_less_contradicts_the_usual_advice():
    collection = labelled(2.0)
    noise = unit_rows(RNG.standard_normal((120, 8)), where="noise")
    evidence = Evidence(collection, towers=(DedicatedVectors("image", "noise", noise),))
    (entry,) = [r for r in advice(evidence, "within").recommendations if r.rule.kind == "dedicated"]
    assert (entry.verdict, entry.stance) == ("worse", "contradicts")


def test_one_threshold_lets_unrelated_pairs_pass_and_one_a_pair_does_not(wide):
    given = advice(wide, "scores", "neither").recommendations
    (entry,) = [one for one in given if one.rule.kind == "thresholds"]
    within = entry.effects[0]
    assert within.before.value > 0.9 and within.after.value < 0.4 and entry.verdict == "better"


def test_what_is_not_known_is_said_not_guessed(make_collection):
    given = advice(Evidence(make_collection(40)), "within")
    assert any("no two items share a label" in why for _, why in given.not_measured)
    assert any("no encoder of image alone" in why for _, why in given.not_measured)


def test_a_model_of_other_items_is_not_compared(make_collection):
    other = {"other": labelled(1.0)}
    given = advice(Evidence(make_collection(40), models=other), "mixed")
    assert any("no other model" in why for _, why in given.not_measured)


def test_the_same_seed_gives_the_same_advice_as_plain_values(wide):
    collection = wide.collection
    one, again = (advice(Evidence(collection, seed=3), "mixed").to_json() for _ in range(2))
    assert one == again
    assert one["recommendations"][0]["effects"][0]["change"]["low"] > 0


@pytest.mark.parametrize("bad", [{"task": "magic"}, {"changeable": "everything"}])
def test_a_question_that_does_not_exist_is_refused(bad):
    with pytest.raises(GapvizError, match="choose one of"):
        Situation(**bad)


def test_a_modality_that_is_not_there_is_refused(wide):
    with pytest.raises(GapvizError, match="has no modality"):
        advice(wide, "one-way", found="audio")


def test_a_gap_whose_interval_reaches_zero_is_said_to_be_none(wide):
    closed = Evidence(labelled(0.0), seed=1)
    for evidence, none in ((closed, True), (wide, False)):
        words = [
            word for one in advice(evidence, "one-way").recommendations for word in one.evidence
        ]
        assert any("these items show no gap" in word for word in words) == none
