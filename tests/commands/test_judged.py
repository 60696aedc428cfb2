"""Judged queries in the command line: search with one of them, and measure by all."""

import pytest

from gapviz.storage.saved_collection import save_collection


@pytest.fixture(scope="module")
def saved(make_judged, tmp_path_factory):
    folder = tmp_path_factory.mktemp("judged") / "saved"
    save_collection(make_judged(60), folder)
    return folder


@pytest.mark.parametrize("strategy", ["raw", "centre", "csls", "route", "items-rrf"])
def test_every_hit_of_a_judged_query_has_its_grade(saved, figures, strategy):
    found = figures("search", saved, "--query-id", "q5", "--strategy", strategy, "-k", "60")
    assert found["query_id"] == "q5" and found["query"] == "query 5"
    assert found["asked_modality"] == "image"
    grades = {hit["item"]: hit["grade"] for hit in found["hits"]}
    assert len(grades) == 60, "an item is listed once"
    assert (grades["05"], grades["06"], grades["07"], grades["08"]) == (2, 1, 0, None)
    ranks = {hit["item"]: hit["rank"] for hit in found["hits"]}
    assert [(one["item"], one["rank"]) for one in found["answers"]] == sorted(
        ((item, ranks[item]) for item in ("05", "06")), key=lambda answer: answer[1]
    )
    assert found["match_rank"] == min(ranks["05"], ranks["06"])
    assert found["unjudged_of_first_10"] == sum(h["grade"] is None for h in found["hits"][:10])
    assert 0 <= found["ndcg_at_10"] <= 1


def test_the_words_name_grades_and_what_is_not_shown(saved, run):
    text = run("search", saved, "--query-id", "q5", "-k", "2").stdout
    assert "relevant, grade 2" in text and "judged" in text
    assert "Answers not shown" in text and "06, grade 1, at place" in text


def test_a_run_of_another_system_stands_beside_with_its_grades(saved, figures, run, tmp_path):
    lines = [f"q5 Q0 {item:02} {place} {9 - place} theirs" for place, item in enumerate((7, 5, 8))]
    path = tmp_path / "theirs.trec"
    path.write_text("\n".join(lines))
    theirs = figures("search", saved, "--query-id", "q5", "--run", path)["theirs"]
    assert [hit["item"] for hit in theirs["hits"]] == ["07", "05", "08"]
    assert [hit["grade"] for hit in theirs["hits"]] == [0, 2, None]
    assert theirs["answers"] == [
        {"item": "05", "grade": 2, "rank": 2}, {"item": "06", "grade": 1, "rank": None},
    ]  # fmt: skip
    refused = run("search", saved, "--item", "05", "--run", path).stderr
    assert "--run shows what another system found for a judged query" in refused


def test_measure_has_figures_by_judgments_with_their_change(saved, figures, run):
    found = figures("measure", saved, "--strategy", "centre")
    judged = found["judged"]
    assert judged["protocol"] == "judged" and judged["n_queries"] == {"text": 30}
    assert judged["change"]["bias"]["text"]["high"] < 0
    assert judged["raw"]["bias"]["text"]["value"] > judged["figures"]["bias"]["text"]["value"]
    text = run("measure", saved, "--strategy", "centre").stdout
    assert "By judgments" in text and "30 judged queries (text) ask" in text
    assert "All but what is by judgments: each held-out item asks" in text


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("search", "builtin", "--query-id", "q5"), "has no queries of its own"),
        (("decide", "builtin", "--protocol", "judged"), "has no queries with judgments"),
        (("decide", "builtin", "--protocol", "guessed"), "the protocol = guessed is not there"),
    ],
)
def test_what_cannot_be_asked_is_said_in_one_sentence(refused, arguments, words):
    assert words in refused(*arguments)


def test_a_query_that_is_not_there_is_named(saved, refused):
    assert "has no query 'q99'" in refused("search", saved, "--query-id", "q99")
    assert "--query-id ID" in refused("search", saved, "--query-id", "q5", "--item", "05")


def test_the_protocol_of_a_curve_can_be_chosen(saved, figures):
    judged = figures("curves", saved, "--of", "strength", "--strategy", "centre")["strength"]
    paired = figures("curves", saved, "--protocol", "paired", "--strategy", "centre")["strength"]
    assert (judged["protocol"], judged["judged"]["n_queries"]) == ("judged", 30)
    assert paired["protocol"] == "paired" and "judged" not in paired
