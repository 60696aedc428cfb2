"""What a part of the anatomy means, in worlds whose truth is known."""

import numpy as np
import pytest

from gapviz.analyses.analysis import Request
from gapviz.analyses.anatomy.analysis import ANALYSIS, PARTS
from gapviz.analyses.anatomy.matched import Matched, PairDistances, matched_meaning
from gapviz.analyses.anatomy.parts import Placed
from gapviz.analyses.anatomy.so_what import plane_meaning
from gapviz.commands.cli import main
from gapviz.core.collection import Collection
from gapviz.core.item import items_of_rows
from gapviz.core.modality_vectors import ModalityVectors
from gapviz.core.progress import no_progress
from gapviz.core.splits import alternate_splits
from gapviz.measures.geometry.anatomy import PlanePoint
from gapviz.measures.geometry.matched import CloudAgreement
from gapviz.measures.geometry.spectrum import Spectrum
from gapviz.storage.saved_collection import save_collection
from gapviz.strategies import StrategyOptions

N, DIM = 160, 48
CENTRED = "With Centre both (λ = 1)"


def world(meaning, image=0.0, text=0.0, *, noise=0.3, seed=1):
    """Pairs around `meaning`, `(n, dim)`, with an offset of either modality."""
    rng = np.random.default_rng(seed)
    n = len(meaning)
    blocks = {
        name: ModalityVectors.of(meaning + noise * rng.standard_normal(meaning.shape) + offset)
        for name, offset in (("image", image), ("text", text))
    }
    return Collection("world", items_of_rows(n), blocks, alternate_splits(n), encoder="a model")


def meanings(n=N, dim=DIM, *, kept=None):
    """Random meanings, in the first `kept` dimensions alone."""
    rows = np.random.default_rng(0).standard_normal((n, dim))
    rows[:, kept if kept is not None else dim :] *= 0.01
    return rows


def along(dimension, size):
    offset = np.zeros(DIM)
    offset[dimension] = size
    return offset


def meaning_of(part, collection, strategy="raw"):
    request = Request(collection, strategy=StrategyOptions(strategy), asked_pair=("image", "text"))
    said = PARTS[part](request, no_progress).so_what
    assert said.endswith(".") and "nan" not in said and len(said) < 260
    return said


SPREAD = np.ones(DIM) * 0.8
WIDE = world(meanings(), SPREAD, -SPREAD)
CLOSED = world(meanings())


def test_a_gap_of_one_dimension_can_be_dropped():
    said = meaning_of("dimensions", world(meanings(), along(0, 5), along(0, -5)))
    assert said.startswith("Few dimensions hold the gap: without 10 of them")
    assert said.endswith("they can be dropped.")


def test_a_gap_in_the_dimensions_of_the_meaning_cannot():
    offset = np.where(np.arange(DIM) < 10, 1.0, 0.0)
    collection = world(meanings(kept=10), offset, -offset, noise=0.05)
    said = meaning_of("dimensions", collection)
    assert "they hold meaning too. Subtract the gap instead" in said


def test_a_gap_of_all_dimensions_is_subtracted_and_none_is_left_alone():
    assert meaning_of("dimensions", WIDE).startswith("The gap is spread over many dimensions")
    assert meaning_of("dimensions", CLOSED).startswith("There is no gap here")


def test_unrelated_entries_of_one_modality_are_nearer_than_pairs_across_a_gap():
    said = meaning_of("heat_map", WIDE, "centre")
    assert "Two image entries" in said and "so are two of text" in said
    assert said.endswith(f"{CENTRED} a pair is the most alike.")
    assert meaning_of("heat_map", CLOSED).endswith("one list can serve both.")
    one_narrow = meaning_of("heat_map", world(meanings(), np.ones(DIM) * 3))
    assert "Two image entries" in one_narrow and "text queries" not in one_narrow


@pytest.mark.parametrize(
    ("alignment", "uniformity", "words"),
    [
        (0.5, -3.5, "brings pairs together and spreads the clouds: nothing is traded"),
        (0.5, -2.5, "brings pairs together, and everything else too"),
        (1.5, -3.5, "spreads the clouds, and moves pairs apart with them"),
        (1.5, -2.5, "both are worse"),
        (1.001, -3.001, "changes neither"),
    ],
)
def test_what_a_strategy_trades_is_said(alignment, uniformity, words):
    raw = Placed("a model", "Raw cosine", PlanePoint(1.0, -3.0))
    moved = Placed("a model", "Moved", PlanePoint(alignment, uniformity))
    said = plane_meaning([raw, moved], [moved])
    assert said.startswith("Moved ") and words in said
    of_raw = plane_meaning([raw, moved], [raw])
    both_better = alignment < 1 and uniformity < -3 and "neither" not in words
    assert of_raw.endswith("It is Moved.") is both_better
    assert of_raw.startswith("No strategy") is not both_better


def test_hubs_are_named_where_few_texts_answer_everything():
    rows = meanings()
    centre = rows.mean(axis=0)
    texts = np.where(np.arange(N)[:, None] % 8 < 2, centre + 3 + 0.1 * rows, rows - 6)
    blocks = {"image": ModalityVectors.of(rows + 3), "text": ModalityVectors.of(texts)}
    hubs = Collection("hubs", items_of_rows(N), blocks, alternate_splits(N), encoder="a model")
    said = meaning_of("hubs", hubs)
    assert "of the text entries stand in no image query's first 10" in said
    assert meaning_of("hubs", CLOSED).startswith("Hardly any entry is out of reach")


def test_narrow_clouds_and_unlike_ones_are_told_from_wide_ones():
    narrow = world(meanings(kept=4), noise=0.001)
    assert meaning_of("spectrum", narrow).startswith("The clouds are narrow: image uses ")
    assert meaning_of("spectrum", CLOSED).startswith("The clouds use much of the space")
    wide, few = meanings(), meanings(kept=4)
    blocks = {"image": ModalityVectors.of(wide), "text": ModalityVectors.of(few)}
    unlike = Collection("unlike", items_of_rows(N), blocks, alternate_splits(N), encoder="a model")
    assert meaning_of("spectrum", unlike).endswith("No shift makes the other as wide as image.")


def test_what_a_shift_can_close_of_a_pair_is_said():
    wide, closed = meaning_of("matched", WIDE), meaning_of("matched", CLOSED)
    assert "a shift closes that part" in wide and "arranged alike" in wide
    assert "no shift brings pairs much closer" in closed
    shuffled = np.random.default_rng(5).permutation(N)
    blocks = {
        "image": ModalityVectors.of(meanings() + SPREAD),
        "text": ModalityVectors.of(meanings()[shuffled] - SPREAD),
    }
    apart = Collection("apart", items_of_rows(N), blocks, alternate_splits(N), encoder="a model")
    assert "The clouds are arranged differently" in meaning_of("matched", apart)


def test_clouds_whose_neighbours_mostly_differ_are_not_called_alike():
    agreement = CloudAgreement(cka=0.5, chance_cka=0.1, mutual_knn=0.24, chance_mutual_knn=0.02)
    raw = PairDistances(1.0, 0.3, Spectrum(np.ones(2) / 2, 2.0, 2.0), agreement)
    said = matched_meaning(Matched(40, 40, {"Raw cosine": raw}))
    assert "24% of the nearest in one are so in the other, by chance 2%" in said
    assert "most of what" not in said


def test_clusters_are_the_modalities_until_the_gap_is_closed(make_labelled_world):
    said = meaning_of("groups", make_labelled_world(), "centre")
    assert said.startswith("Clusters are the modalities: ")
    assert said.endswith(f"{CENTRED} they do not follow the modality.")
    without = meaning_of("groups", make_labelled_world(gap=0.0), "centre")
    assert without.endswith(f"{CENTRED} they still do not follow the modality.")


def test_without_pairs_every_part_that_can_speak_does(make_unpaired):
    collection = make_unpaired(40)
    summary = ANALYSIS.summary(Request(collection, ANALYSIS.usual()), no_progress)
    assert "plane" in summary.figures["so_what"]
    assert "Without matched pairs" in summary.figures["so_what"]["plane"]
    assert len(summary.readings) == len(summary.figures["so_what"]) < len(PARTS)


def test_the_command_says_it_on_the_terminal_and_in_json(tmp_path, capsys):
    save_collection(WIDE, tmp_path / "wide")
    expected = meaning_of("dimensions", WIDE)
    main(["anatomy", str(tmp_path / "wide")])
    assert expected in " ".join(capsys.readouterr().out.split())
    main(["anatomy", str(tmp_path / "wide"), "--json"])
    assert f'"so_what": "{expected}"' in capsys.readouterr().out
