import numpy as np
import pytest

from gapviz.core.collection import Collection
from gapviz.core.item import Item
from gapviz.core.modality_vectors import ModalityVectors
from gapviz.core.splits import alternate_splits
from gapviz.storage.saved_collection import save_collection

N, DIM = 120, 16


def encoded(name, seed, *, dim=DIM, gap=2.5, ids=range(N)):
    """The same items as one model or another sees them: in a space and with a gap of its own."""
    meaning = np.random.default_rng(0).standard_normal((N, DIM))
    rng = np.random.default_rng(seed)
    space = rng.standard_normal((DIM, dim)) / np.sqrt(DIM)
    direction = rng.standard_normal(dim)
    direction *= gap / np.linalg.norm(direction)
    blocks = {
        modality: ModalityVectors.of(
            (meaning @ space + 0.2 * rng.standard_normal((N, dim)) + side * direction)[list(ids)]
        )
        for modality, side in (("image", 1), ("text", -1))
    }
    n = len(blocks["image"].vectors)
    items = tuple(Item(f"photo-{k}") for k in ids)
    return Collection(name, items, blocks, alternate_splits(n), encoder=name)


@pytest.fixture
def swap(tmp_path):
    """`swap(new, **made)`: folders of both versions."""

    def make(**made):
        for place, one in (
            ("old", encoded("first", 1)),
            ("new", encoded("second", made.pop("seed", 2), **made)),
        ):
            save_collection(one, tmp_path / place)
        return tmp_path / "old", tmp_path / "new"

    return make


def test_an_encoder_swap_breaks_the_old_fit_and_a_refit_mends_it(figures, swap):
    told = figures("rehearse", *swap(), "--strategy", "centre", "--no-decide")
    gap = told["gap"]
    assert gap["kept"]["value"] > 3 * gap["refitted"]["value"]
    lost = told["mixed_ndcg_at_10"]["text"]["gain"]
    assert lost["low"] > 0
    assert told["what_to_do"][0].startswith("Refit on the new vectors before they are served")
    assert told["n_items"] == 60 and told["items_in_both"] == 120
    assert told["overlap"]["image"]["value"] < 1


def test_the_same_encoder_twice_changes_nothing(figures, swap):
    told = figures("rehearse", *swap(seed=1), "--strategy", "centre", "--no-decide")
    assert told["gap"]["kept"] == told["gap"]["refitted"] == told["gap"]["old"]
    assert told["overlap"]["text"]["value"] == 1
    for one in told["thresholds"].values():
        assert one["old"] == one["new"]
    shares = told["migration"]["new_share"]["raw"]["image"]
    assert shares["value"]["low"] <= shares["by_chance"] + 0.05
    assert told["what_to_do"][0].startswith("Refit on the new vectors: on these items")


def test_an_index_half_migrated_prefers_the_new_version(figures, swap):
    told = figures("rehearse", *swap(), "--strategy", "raw", "--no-decide")["migration"]
    shares = told["new_share"]["raw"]["text"]
    assert shares["value"]["low"] > shares["by_chance"]
    recall = told["recall_at_10"]["text->image"]
    assert recall["of_old"]["value"] < recall["of_new"]["value"]


def test_other_dimensions_are_told_plainly(run, figures, swap):
    paths = swap(dim=20)
    told = figures("rehearse", *paths, "--strategy", "centre", "--no-decide")
    assert told["gap"]["kept"] is None
    assert told["what_to_do"][0].startswith("Encode everything again and fit anew: 16 dimensions")
    done = run("rehearse", *paths, "--strategy", "centre", "--no-decide")
    assert "One index cannot hold both" in done.stdout


def test_rows_without_ids_go_by_their_numbers_and_other_numbers_of_them_are_told(run, tmp_path):
    for name, n in (("old", 90), ("new", N)):
        one = encoded(name, 1, ids=range(n))
        np.savez(
            tmp_path / f"{name}.npz",
            **{name: block.vectors for name, block in one.modalities.items()},
        )
    asked = (tmp_path / "new.npz", "--strategy", "centre", "--no-decide")
    done = run("rehearse", tmp_path / "old.npz", *asked)
    assert done.returncode == 0 and "agree on 10.0 of the first 10" in done.stdout
    assert "old has 90 rows and new 120, and neither has ids" in done.stderr
    assert run("rehearse", tmp_path / "new.npz", *asked).stderr == ""


def test_only_items_in_both_count(figures, swap):
    told = figures("rehearse", *swap(ids=range(20, 120)), "--strategy", "centre", "--no-decide")
    assert told["items_in_both"] == 100 and told["n_items"] == 50


def test_what_is_recommended_under_each_is_told(figures, swap):
    told = figures("rehearse", *swap(), "--strategy", "centre")["decide"]
    assert told["changes"] is (told["old"] != told["new"])


def test_a_condition_fails(run, swap):
    done = run(
        "rehearse", *swap(), "--strategy", "centre", "--no-decide",
        "--fail-if", "mixed_ndcg_at_10.text.gain > 0",
    )  # fmt: skip
    assert done.returncode == 1 and "mixed_ndcg_at_10.text.gain" in done.stderr


def test_what_cannot_be_rehearsed_is_refused(refused, swap, tmp_path):
    old, _ = swap()
    assert "nothing to compare with" in refused("rehearse", old)
    other = encoded("third", 3)
    renamed = Collection(
        "others", tuple(Item(f"other-{k}") for k in range(N)), other.modalities, other.splits
    )
    save_collection(renamed, tmp_path / "others")
    assert "no item in common" in refused("rehearse", old, tmp_path / "others")
