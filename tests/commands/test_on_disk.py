"""`gapviz measure` of vectors that are not read into memory."""

import numpy as np
import pytest

from gapviz.commands import on_disk


@pytest.fixture
def vectors(tmp_path):
    rng = np.random.default_rng(0)
    meaning = rng.standard_normal((300, 16))
    for name, side in (("image", 1.0), ("text", -1.0)):
        rows = meaning + side + 0.5 * rng.standard_normal(meaning.shape)
        np.save(tmp_path / f"{name}.npy", rows.astype(np.float32))
    return tmp_path


def test_vectors_over_the_threshold_are_read_block_by_block_and_told_so(run, vectors, monkeypatch):
    usual = run("measure", vectors)
    assert usual.returncode == 0 and "block by block" not in usual.stdout
    monkeypatch.setattr(on_disk, "MOST_IN_MEMORY", 1_000)
    large = run("measure", vectors)
    assert large.returncode == 0 and "Read block by block: 300 items" in large.stdout
    assert "each against all rows" in large.stdout.replace("\n", " ")
    assert "queries alone vary" in large.stdout.replace("\n", " ")


def test_the_same_gap_is_found_either_way(figures, vectors):
    streamed = figures("measure", vectors, "--stream", "always")
    in_memory = figures("measure", vectors, "--fit", "all", "--stream", "never")
    for name in ("gap", "separation", "rmg", "constancy", "alignment"):
        assert streamed[name] == pytest.approx(in_memory[name], rel=1e-9)
    assert streamed["streamed"]["stored_as"] == "float32 .npy"
    assert sum(streamed["streamed"]["matched_cosine_histogram"]["counts"]) == 300


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--dims", 8), "--dims needs the whole source"),
        (("--strategy", "csls"), "scores of the whole index"),
        (("--strategy", "centre", "--fit", "all"), "never fitted on and measured at once"),
    ],
)
def test_what_cannot_be_had_block_by_block_is_refused(refused, vectors, arguments, said):
    assert said in refused("measure", vectors, "--stream", "always", *arguments)


def test_a_source_without_vectors_on_disk_is_refused(refused):
    assert "is not read block by block" in refused("measure", "builtin", "--stream", "always")


def test_a_sample_is_drawn_and_every_row_is_placed(run, refused, vectors, tmp_path, monkeypatch):
    from gapviz.analyses import cones_on_disk

    monkeypatch.setattr(cones_on_disk, "DISPLAY_LIMIT", 200)
    place = ("--place", tmp_path / "to")
    asked = ("cones", vectors, "--layout", "pca", "--strategy", "centre", *place)
    assert "add --stream always" in refused(*asked)
    told = run(*asked, "--stream", "always").stdout.replace("\n", " ")
    assert "one item of each of 100 equal parts" in told and "200 points" in told
    assert np.load(tmp_path / "to" / "text.npy").shape == (300, 2)


def test_a_lance_table_is_read_block_by_block_whatever_its_size(run, vectors, tmp_path):
    lancedb = pytest.importorskip("lancedb")
    rows = {name: np.load(vectors / f"{name}.npy") for name in ("image", "text")}
    made = [{name: one[i] for name, one in rows.items()} for i in range(300)]
    lancedb.connect(str(tmp_path)).create_table("pairs", made)
    told = run("measure", tmp_path / "pairs.lance").stdout
    assert "300 items" in told and "float32 .lance" in told.replace("\n", " ")
