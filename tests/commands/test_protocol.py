"""`gapviz protocol`: how every figure is measured, and which a source has."""

from gapviz.storage.saved_collection import save_collection


def test_the_command_tells_every_rule_of_a_figure(figures):
    told = figures("protocol", "builtin", "--of", "mixed")
    ndcg = told["mixed"]["ndcg"]
    for field in ("formula", "source", "estimand", "ties", "interval", "left_out", "coverage"):
        assert ndcg[field]
    assert ndcg["not_here"] is None and "gap" not in told
    assert told["coverage"]["draws"] > 0


def test_one_modality_is_no_mistake(run, make_collection, tmp_path):
    save_collection(make_collection(modalities=("image",)), tmp_path / "one")
    told = run("protocol", tmp_path / "one")
    assert (told.returncode, told.stderr) == (0, "")
    assert "Not here: one modality." in told.stdout and "nan" not in told.stdout.lower()


def test_a_source_without_vectors_is_told_so(run, source):
    told = run("protocol", *source)
    assert told.returncode == 0 and "no vectors" in told.stdout
