import json
import math
import re
import subprocess
import sys

import numpy as np
import pytest

from gapviz.analyses.layouts import LayoutRequest
from gapviz.core.errors import GapvizError
from gapviz.measures.experiment import measure
from gapviz.sources.builtin import BUILTIN_ENCODERS, builtin_collection
from gapviz.sources.builtin.shipped import shipped_folder, shipped_tensors
from gapviz.sources.builtin.variants import HEADS_FILE, variant_folder, variant_of
from gapviz.sources.files import read
from gapviz.storage.saved_collection import VECTORS_FILE
from gapviz.strategies import StrategyOptions, fit_strategy

VARIANTS = [name for name in BUILTIN_ENCODERS if name != "builtin"]


@pytest.fixture(scope="module")
def base():
    return builtin_collection()


@pytest.fixture(scope="module")
def measured():
    # The cards vary the queries alone.
    return {
        name: measure(builtin_collection(name), seed=0, intervals="queries")
        for name in BUILTIN_ENCODERS
    }


def columns(encoder):
    """Figure → the numbers of each column, as the model card has them."""
    card = (variant_folder(variant_of(encoder)) / "MODEL_CARD.md").read_text("utf-8")
    rows = re.findall(r"^\| ([^|\s][^|]*) \|(.*)\|$", card, re.M)
    return {
        what: [[float(x) for x in re.findall(r"[+-]?\d+\.\d+", one)] for one in rest.split("|")]
        for what, rest in rows
        if not what.startswith("photographs")
    }


def stated(encoder):
    """Figure → (value, low, high) as the model card has them."""
    return {what: own for what, (own, *_) in columns(encoder).items()}


def test_the_plain_name_is_the_default(base):
    assert builtin_collection("builtin").content_hash == base.content_hash
    assert next(iter(BUILTIN_ENCODERS)) == "builtin"


@pytest.mark.parametrize("encoder", VARIANTS)
def test_a_variant_shares_all_but_the_vectors(base, encoder):
    variant = builtin_collection(encoder)
    assert variant.encoder == encoder
    assert variant.items == base.items
    assert variant.attribution == base.attribution
    for name, members in base.splits.items():
        assert np.array_equal(variant.splits[name], members)
    for name, block in base.modalities.items():
        own = variant.modality(name)
        assert np.array_equal(own.item_index, block.item_index)
        assert np.array_equal(own.query_only, block.query_only)
        assert own.vectors.shape == block.vectors.shape
        assert np.linalg.norm(own.vectors.astype(float), axis=1) == pytest.approx(1, abs=1e-6)
        assert (own.vectors * block.vectors).sum(axis=1).max() < 0.999


@pytest.mark.parametrize("encoder", VARIANTS)
def test_opening_a_variant_imports_no_encoder_library(encoder):
    code = (
        "import sys\n"
        "from gapviz.sources.builtin import builtin_collection, dedicated_vectors\n"
        f"builtin_collection({encoder!r}), dedicated_vectors('image')\n"
        "print([m for m in ('torch', 'transformers', 'tokenizers', 'umap') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("encoder", BUILTIN_ENCODERS)
def test_the_model_cards_figures_are_those_measured(measured, encoder):
    told, found = stated(encoder), measured[encoder]
    gap = found.geometry.gap
    assert told["gap (distance of the centroids)"][:3] == pytest.approx(
        [gap.gap, gap.low, gap.high], abs=6e-4
    )
    assert told["cloud separation (variant A)"][0] == pytest.approx(gap.separation, abs=6e-4)
    for modality in ("text", "image"):
        for what, estimate in (
            (f"bias@10, {modality} queries", found.bias[modality]),
            (f"mixed NDCG@10, {modality} queries", found.ndcg[modality]),
        ):
            assert told[what][:3] == pytest.approx(
                [estimate.value, estimate.low, estimate.high], abs=6e-4
            )
    image_queries = found.recall["image", "text"]
    for k in (1, 5, 10):
        assert told[f"R@{k} image → text"][0] == pytest.approx(image_queries[k].value, abs=6e-4)


@pytest.mark.parametrize("encoder", BUILTIN_ENCODERS)
def test_the_scale_of_its_cosines_is_the_training_logs(encoder):
    log = json.loads((variant_folder(variant_of(encoder)) / "training_log.json").read_text())
    note, learned = BUILTIN_ENCODERS[encoder], log.get("learned_by_kept_step")
    if learned:
        assert note.logit_scale == pytest.approx(math.exp(learned["log_scale"]), abs=0.05)
    else:
        assert note.logit_scale == pytest.approx(1 / log["objective"]["temperature"])


@pytest.mark.parametrize("encoder", VARIANTS)
def test_a_variants_card_repeats_the_built_in_encoders_figures(encoder):
    base, own = stated("builtin"), columns(encoder)
    assert own.keys() == base.keys()
    for what, (figures, repeated, gain) in own.items():
        assert repeated == base[what]
        assert gain[0] == pytest.approx(figures[0] - base[what][0], abs=1.1e-3)


def test_the_card_tells_what_other_seeds_give():
    for what, (_, (mean,), (low, high)) in columns("builtin").items():
        assert low <= mean <= high, what


def test_a_higher_temperature_leaves_less_of_the_gap(measured):
    gaps = {name: found.geometry.gap.gap for name, found in measured.items()}
    assert gaps["builtin:warm"] < 0.5 * gaps["builtin"]


def test_modgap_leaves_less_of_the_gap_and_of_the_bias_and_recall_as_it_was(measured):
    base, modgap = (measured[name] for name in ("builtin", "builtin:modgap"))
    assert modgap.geometry.gap.high < 0.25 * base.geometry.gap.low
    assert modgap.geometry.gap.change_from(base.geometry.gap).high < -0.5
    for modality in ("text", "image"):
        assert modgap.bias[modality].high < base.bias[modality].low
        assert modgap.ndcg[modality].low > base.ndcg[modality].high
    for way, recall in modgap.recall.items():
        assert recall[10].high > base.recall[way][10].value


def test_what_is_rounded_to_fewer_bits_holds_no_others():
    folder = variant_folder("modgap")
    files = ((HEADS_FILE, ["image.0.weight_in"]), (VECTORS_FILE, ["image.vectors", "text.vectors"]))
    for file, names in files:
        for array in shipped_tensors(folder / file, names).values():
            assert not (array.view(np.uint16) & 0b111).any()


def test_all_that_ships_stays_below_thirty_megabytes():
    files = [path for path in shipped_folder("").rglob("*") if "__pycache__" not in path.parts]
    assert sum(path.stat().st_size for path in files if path.is_file()) < 30e6


@pytest.mark.parametrize("encoder", VARIANTS)
@pytest.mark.parametrize("strategy", ["raw", "centre", "half"])
def test_a_variants_default_views_ship(encoder, strategy):
    collection = builtin_collection(encoder)
    calibration = collection.split("calibrate")
    raw = LayoutRequest(collection, fit_strategy(StrategyOptions("raw"), calibration), "umap")
    chosen = fit_strategy(StrategyOptions(strategy), calibration)
    asked = raw if strategy == "raw" else LayoutRequest(collection, chosen, "umap", stands_on=raw)
    assert asked.get() is not None


def test_a_variant_is_read_by_its_name_like_a_file():
    assert read("builtin:warm").collection.encoder == "builtin:warm"


@pytest.mark.parametrize("encoder", ["builtin:cold", "clip", "", "builtin:../encoder"])
def test_an_unknown_encoder_is_answered_with_those_there_are(encoder):
    with pytest.raises(GapvizError, match="hoose one of builtin, builtin:sigmoid"):
        builtin_collection(encoder)


@pytest.mark.parametrize("content", [b"", b"half a file", None])
def test_damaged_vectors_are_told_in_a_sentence(content, tmp_path, monkeypatch):
    if content is not None:
        (tmp_path / VECTORS_FILE).write_bytes(content)
    monkeypatch.setattr("gapviz.sources.builtin.variant_folder", lambda variant: tmp_path)
    with pytest.raises(GapvizError, match=r"missing or damaged; .*`make data`"):
        builtin_collection("builtin:warm")
