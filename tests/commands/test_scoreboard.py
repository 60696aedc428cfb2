import pytest


@pytest.fixture
def saved(make_collection, tmp_path):
    make_collection(24).save(tmp_path / "saved")
    return tmp_path / "saved"


def test_every_strategy_asked_for_has_a_row(saved, figures):
    board = figures("scoreboard", saved, "--strategies", "raw,centre,rrf")
    assert [row["strategy"] for row in board["rows"]] == ["raw", "centre", "route"]
    assert board["rows"][0]["mean_ndcg"].keys() == {"value", "low", "high"}
    assert board["n_items"] == {"unnamed model": 12}


def test_the_table_shows_the_same(saved, run):
    text = run("scoreboard", saved, "--strategies", "raw").stdout
    assert "unnamed model: 12 held-out items" in text and "raw" in text


def test_a_condition_names_strategy_and_figure(saved, run):
    done = run("scoreboard", saved, "--strategies", "raw", "--fail-if", "raw.mean_ndcg.value < 2")
    assert done.returncode == 1 and "raw" in done.stdout
    assert "raw.mean_ndcg.value = " in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["--strategies", "magic"],
        ["--strategies", ","],
        ["--seed", "-1"],
        ["--encoder", "nobody"],
        ["--fail-if", "znorm.mean_ndcg.value < 1", "--strategies", "raw"],
    ],
    ids=" ".join,
)
def test_bad_input_is_refused_in_one_sentence(saved, refused, arguments):
    refused("scoreboard", saved, *arguments)
