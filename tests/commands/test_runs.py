"""Runs from the command line: written by one command, measured by another."""

import json

import pytest

from gapviz.storage.saved_collection import save_collection


@pytest.fixture
def judged(make_judged, tmp_path):
    save_collection(make_judged(n=40), tmp_path / "judged")
    return tmp_path / "judged"


@pytest.mark.parametrize("ending", [".trec", ".json", ".csv"])
def test_a_run_that_is_written_and_measured_has_the_figures_of_its_strategy(
    judged, tmp_path, figures, ending
):
    path = tmp_path / f"out{ending}"
    told = figures("search", judged, "--strategy", "centre", "--out", path)
    assert told["out"] == str(path) and told["protocol"] == "judged"
    assert told["n_queries"] == 20
    board = figures("scoreboard", judged, "--strategies", "centre", "--run", path, "--run", path)
    ours, first, second = board["rows"]
    assert [first["is_run"], second["is_run"]] == [True, True]
    for row in (first, second):
        for figure in ("mixed_ndcg_at_10", "mixed_mrr", "bias_at_10"):
            assert row[figure]["text"]["value"] == pytest.approx(ours[figure]["text"]["value"])
        for figure, by_modality in ours["judged"].items():
            value = row["judged"][figure]["text"]["value"]
            assert value == pytest.approx(by_modality["text"]["value"]), figure


def test_without_judgments_the_held_out_items_ask(make_collection, tmp_path, figures):
    save_collection(make_collection(24), tmp_path / "saved")
    path = tmp_path / "out.json"
    told = figures("search", tmp_path / "saved", "--out", path)
    assert told["protocol"] == "paired" and told["n_queries"] == 24
    assert len(json.loads(path.read_bytes())) == 24
    board = figures("scoreboard", tmp_path / "saved", "--strategies", "raw", "--run", path)
    ours, theirs = board["rows"]
    assert theirs["mean_ndcg"]["value"] == pytest.approx(ours["mean_ndcg"]["value"])


def test_the_protocol_is_a_choice_and_stands_in_words_above_the_figures(judged, run, figures):
    text = run("scoreboard", judged, "--strategies", "raw").stdout
    assert "20 judged queries, graded; items ranked" in text and "(unjudged " in text
    text = run("scoreboard", judged, "--strategies", "raw", "--protocol", "paired").stdout
    assert "20 held-out items" in text and "its other half is the answer" in " ".join(text.split())
    assert figures("scoreboard", judged, "--strategies", "raw")["protocol"] == "judged"


def test_a_condition_names_a_run(judged, tmp_path, run):
    path = tmp_path / "theirs.json"
    run("search", judged, "--out", path)
    done = run(
        "scoreboard", judged, "--strategies", "raw", "--run", path,
        "--fail-if", "theirs.mean_ndcg.value < 2",
    )  # fmt: skip
    assert done.returncode == 1 and "theirs.mean_ndcg.value = " in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("search", "--out", "out.xyz"),
        ("search", "cat", "--out", "out.trec"),
        ("search", "--item", "0", "--out", "out.trec"),
        ("scoreboard", "--run", "gone.trec"),
        ("scoreboard", "--run", "words.txt"),
        ("scoreboard", "--protocol", "magic"),
    ],
    ids=" ".join,
)
def test_bad_input_is_refused_in_one_sentence(judged, tmp_path, refused, arguments):
    (tmp_path / "words.txt").write_text("just words")
    command, *others = arguments
    named = [str(tmp_path / one) if one.endswith(("trec", "txt")) else one for one in others]
    refused(command, judged, *named)


def test_judgments_are_asked_for_where_there_are_none(make_collection, tmp_path, refused):
    save_collection(make_collection(24), tmp_path / "saved")
    assert "no queries with judgments" in refused(
        "scoreboard", tmp_path / "saved", "--protocol", "judged"
    )


def test_the_former_option_of_search_still_writes_and_says_its_new_name(run, judged, tmp_path):
    path = tmp_path / "lists.trec"
    done = run("search", judged, "--run", path)
    assert (done.returncode, done.stderr) == (0, "gapviz: --run of search is now called --out\n")
    assert path.stat().st_size
    refused = run("search", judged, "--item", "00", "--run", path)
    assert refused.returncode == 2 and "give --query-id" in refused.stderr
