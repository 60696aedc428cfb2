"""What the analysis of the directions concludes, and what it leaves open."""

from dataclasses import replace

import numpy as np
import pytest

from gapviz.analyses.analysis import Request
from gapviz.analyses.directions.analysis import ANALYSIS
from gapviz.analyses.directions.found import judged
from gapviz.analyses.directions.tables import WITHIN_CHANCE, verdict
from gapviz.core.modality_vectors import ModalityVectors
from gapviz.core.progress import no_progress
from gapviz.measures.directions import Directions
from gapviz.measures.experiment import measure
from gapviz.strategies import StrategyOptions
from tests.worlds import N_HELD_OUT, N_HUBS, wider_and_worse, with_hubs


def find(collection, strategy="raw", **asked):
    return ANALYSIS.find(
        Request(collection, {}, strategy=StrategyOptions(strategy), **asked), no_progress
    )


def table(found, start):
    return next(one for one in found.tables if one.title.startswith(start))


def words(found):
    return " ".join(found.readings)


@pytest.fixture(scope="module")
def hubs():
    return find(with_hubs(("image", "text", "audio", "video"), lacking_audio=range(20, 30)))


def test_the_json_has_every_direction_under_the_names_of_measure(hubs):
    told = hubs.to_json()
    measured = measure(with_hubs(("image", "text", "audio", "video"), lacking_audio=range(20, 30)))
    theirs = measured.to_json()["recall"]
    assert set(told["recall"]) == set(theirs) and len(theirs) == 12
    for way, by_depth in told["recall"].items():
        assert by_depth == {k: theirs[way][k] for k in ("1", "10")}
        assert 0 <= told["ndcg_at_10"][way]["value"] <= 1
    assert len(told["directions"]) == 16
    assert told["directions"]["text->audio"]["n_queries"] == N_HELD_OUT - 10
    assert told["directions"]["audio->text"]["n_indexed"] == N_HELD_OUT
    assert told["directions"]["text->text"]["relevant"] == "nothing"
    assert "nothing says what answers" in told["directions"]["text->text"]["not_measured"]


def test_the_better_direction_is_named_where_it_is_known_and_nowhere_else(hubs):
    better = {
        pair: one["better"]["ndcg_at_10"] for pair, one in hubs.to_json()["asymmetry"].items()
    }
    assert better == {
        "image->text": "text->image",
        "image->audio": "audio->image",
        "image->video": None,
        "text->audio": None,
        "text->video": "text->video",
        "audio->video": "audio->video",
    }
    assert "text → image finds more than image → text: R@1 is higher by 0.850" in words(hubs)
    assert [row[-2] for row in table(hubs, "Asymmetry").rows].count(WITHIN_CHANCE) == 2


def test_items_of_both_are_said_where_some_lack_one(hubs):
    told = hubs.to_json()["asymmetry"]
    assert told["image->text"]["all_items"] and not told["image->audio"]["all_items"]
    assert told["image->audio"]["n_items"] == N_HELD_OUT - 10
    assert "Of items that lack a modality none asks" in table(hubs, "Asymmetry").note


def test_intervals_for_all_at_once_are_wider_than_each_alone(hubs):
    for one in hubs.result.asymmetries:
        for name, change in one.change.items():
            together = one.together[name]
            assert together.value == change.value
            if change.high > change.low:
                assert together.low < change.low and together.high > change.high


def test_what_is_clear_alone_need_not_be_among_many():
    """One pair that is clear by itself stays so only where few others were looked at."""
    directions = Directions(measure(wider_and_worse()))
    pairs = [("text", "video"), ("image", "audio"), ("audio", "video"), ("text", "image")]
    found = [directions.asymmetry(*pair) for pair in pairs]
    alone, among = judged(found[:1])[0].together["ndcg"], judged(found)[0].together["ndcg"]
    assert among.low < alone.low and among.high > alone.high


def test_where_both_directions_are_alike_no_world_has_a_verdict(make_collection):
    wrong = 0
    for seed in range(12):
        found = Directions(measure(make_collection(60, seed=seed)))
        wrong += verdict(judged([found.asymmetry("image", "text")])[0]) != WITHIN_CHANCE
    assert wrong <= 2


def test_of_too_few_items_nothing_is_concluded(make_collection):
    found = find(make_collection(12))
    assert [verdict(one) for one in found.result.asymmetries] == [WITHIN_CHANCE]
    assert any("Too few held-out items" in one for one in found.warnings)


def test_a_wider_gap_that_goes_with_worse_retrieval_is_told():
    found = find(wider_and_worse())
    told = found.to_json()["gap_predicts"]
    assert (told["n_points"], told["n_models"], len(told["points"])) == (6, 1, 6)
    assert told["ndcg_at_10"]["high"] < 0
    assert "wider gaps have lower NDCG@10" in words(found)
    assert "no independent sample" in table(found, "Does the gap predict").note


def test_over_models_that_contradict_each_other_it_is_undecided():
    found = find(wider_and_worse(), read_others=lambda: {"other": wider_and_worse(better=True)})
    told = found.to_json()["gap_predicts"]
    assert (told["n_points"], told["n_models"]) == (12, 2)
    assert {point["model"] for point in told["points"]} == {"four", "other"}
    assert told["ndcg_at_10"]["low"] < 0 < told["ndcg_at_10"]["high"]
    assert "undecided, since the interval reaches 0" in words(found)


def test_of_fewer_than_five_points_there_is_a_sentence_and_no_figure(make_collection):
    found = find(make_collection(40))
    told = found.to_json()["gap_predicts"]
    assert told["n_points"] == 1 and told["ndcg_at_10"]["value"] is None
    assert "cannot be said from 1 point" in words(found)
    assert not [one for one in found.tables if "predict" in one.title]


def test_an_encoder_of_one_modality_alone_is_no_point_but_the_dedicated_one(make_collection):
    made = make_collection(40)
    items = tuple(replace(item, label="ab"[n // 2 % 2]) for n, item in enumerate(made.items))
    joint = replace(made, items=items)
    alone = replace(joint, modalities={"image": joint.modality("text")}, encoder="alone")
    found = find(joint, read_others=lambda: {"alone": alone, "joint too": joint})
    told = found.to_json()
    assert told["gap_predicts"]["n_models"] == 2
    assert {name: one["dedicated_encoder"] for name, one in told["within_delta"].items()} == {
        "image": "alone"
    }
    delta = table(found, "Within a modality").rows[0]
    image, text = (
        found.result.directions[name, name].figures["recall@1"].value for name in ("image", "text")
    )
    assert delta[2].figure.value == pytest.approx(text - image)
    assert "image → image against alone: " in words(found)


def test_a_modality_of_one_half_has_empty_cells_and_a_reason(make_collection):
    made = make_collection()
    sound = ModalityVectors.of(np.eye(1, 8) + 0.1, [7])
    found = find(replace(made, modalities={**made.modalities, "audio": sound}))
    for way in (("audio", "audio"), ("audio", "image"), ("text", "audio")):
        cell = found.result.directions[way]
        assert not cell.figures and "audio is not measured" in cell.why
    assert "audio is not measured" in table(found, "Every direction").note
    assert list(found.to_json()["asymmetry"]) == ["image->text"]


def test_modalities_that_share_no_item_have_a_gap_and_nothing_else(make_unpaired):
    found = find(make_unpaired(40))
    assert "no item has rows of two" in words(found)
    told = found.to_json()
    assert told["recall"] == told["asymmetry"] == {}
    assert told["gap_debiased"]["image-text"]["value"] > 0
    shares = [told["target_share_at_10"][f"image->{name}"]["value"] for name in ("image", "text")]
    assert sum(shares) == pytest.approx(1) and 0 < shares[0] < 1


def test_centred_the_gap_stands_beside_what_it_was():
    told = find(wider_and_worse(), "centre").to_json()
    for pair, before in told["gap_debiased"].items():
        assert told["gap_debiased_with_strategy"][pair]["value"] < before["value"]


def test_what_fuses_lists_says_that_it_changes_no_direction(make_collection):
    raw, routed = (find(make_collection(40), name) for name in ("raw", "route"))
    assert "changes the pooled index, and no direction" in words(routed)
    assert routed.to_json()["target_share_at_10"]["text->image"]["value"] == pytest.approx(0.5)
    for way, one in raw.result.directions.items():
        for name, found in one.figures.items():
            assert routed.result.directions[way].figures[name].value == found.value


def test_what_ranks_items_has_no_target_share(make_collection):
    found = find(make_collection(40), "items-max")
    assert found.to_json()["target_share_at_10"] == {}
    assert "returns items, which have several modalities" in words(found)


def test_a_strategy_that_is_undefined_here_leaves_raw_cosine(make_collection):
    made = make_collection(30)
    same = {
        name: ModalityVectors.of(np.repeat(block.vectors[:1], 30, axis=0))
        for name, block in made.modalities.items()
    }
    found = find(replace(made, modalities=same), "centre")
    assert found.to_json()["strategy"] == "raw" and "Centre both is left out" in words(found)
    cell = found.result.directions["image", "text"]
    assert cell.figures["ndcg"].value == pytest.approx(cell.chance["ndcg"])


def test_whoever_keeps_measurements_is_asked_for_them(make_collection):
    made, asked = make_collection(40), []

    def keep(options):
        asked.append(options.name)
        return measure(made, options)

    found = find(made, "centre", read_measurement=keep)
    assert asked == ["raw", "centre"]
    assert found.to_json() == find(made, "centre").to_json()


def test_hubs_alone_take_a_share_of_the_pooled_index():
    """Images find the six texts that are hubs; a text finds none but its own."""
    told = find(with_hubs(("image", "text"))).to_json()
    assert told["target_hit_rate_at_10"]["image->text"]["value"] == pytest.approx(1)
    assert told["target_share_at_10"]["image->text"]["value"] < N_HUBS / 10 + 0.1
