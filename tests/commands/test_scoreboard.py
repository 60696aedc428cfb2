import pytest

from gapviz.storage.saved_collection import save_collection


@pytest.fixture
def saved(make_collection, tmp_path):
    save_collection(make_collection(24), tmp_path / "saved")
    return tmp_path / "saved"


def test_every_strategy_asked_for_has_a_row(saved, figures):
    board = figures("scoreboard", saved, "--strategies", "raw,centre,rrf")
    assert [row["strategy"] for row in board["rows"]] == ["raw", "centre", "route"]
    assert board["rows"][0]["mean_ndcg"].keys() == {"value", "low", "high"}
    assert board["n_items"] == {"unnamed model": 12}


def test_the_table_shows_the_same(saved, run):
    text = run("scoreboard", saved, "--strategies", "raw").stdout
    assert "unnamed model: 12 held-out items" in text and "raw" in text


def test_a_task_sorts_its_rows_best_first_under_the_columns_of_the_page(saved, run):
    asked = ("--strategies", "raw,znorm,items-max", "--task", "one-way", "--find", "text")
    text = " ".join(run("scoreboard", saved, *asked).stdout.split())
    assert "R@10, image → text" in text and "Imbalance" in text and "MRR" not in text
    assert "Sorted for “One modality finds another”" in text
    assert text.index("Another protocol: these rank items") < text.index("ranks items")


def test_doubts_are_told_of_the_split_once_and_of_strategies_by_number(
    make_ordered, tmp_path, run, figures
):
    save_collection(make_ordered(), tmp_path / "ordered")
    asked = ("scoreboard", tmp_path / "ordered", "--strategies", "raw,centre,procrustes")
    text = run(*asked).stdout
    assert text.count("in an order that the split follows") == 1
    assert text.index("warning   The image–text offset") < text.index("strategy  ")
    marked = {line.split()[0] for line in text.splitlines() if line.endswith("(warning 1)")}
    assert marked == {"procrustes"}
    assert "Warning 1: 20 calibration pairs" in " ".join(text.split())
    board = figures(*asked)
    (doubt,) = board["split_warnings"]["unnamed model"]
    raw, centre, procrustes = (row["warnings"] for row in board["rows"])
    assert raw == [] and centre == [doubt] and procrustes[-1] == doubt
    assert "20 calibration pairs" in procrustes[0]


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
