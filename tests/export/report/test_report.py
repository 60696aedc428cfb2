"""The report: same inputs, same bytes; opened with the network off; JSON and Markdown."""

import json
from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from gapviz.analyses.advice.evidence import Evidence
from gapviz.analyses.advice.rules import Situation
from gapviz.analyses.measure import tie_reading
from gapviz.commands.cli import main
from gapviz.core.errors import GapvizError
from gapviz.core.item import Item
from gapviz.core.modality_vectors import ModalityVectors
from gapviz.export.report.contents import report_date, report_on
from gapviz.export.report.html import report_html
from gapviz.export.report.markdown import report_markdown
from gapviz.measures.experiment import measure
from gapviz.sources.builtin import builtin_collection
from gapviz.storage.saved_collection import save_collection
from gapviz.strategies import StrategyOptions

DAY = date(2026, 1, 31)
FEW = ("raw", "centre", "znorm", "items-rrf")


@pytest.fixture(scope="module")
def small():
    """A hundred built-in drawings, half of them to fit on."""
    whole = builtin_collection()
    positions = [*whole.splits["calibrate"][:60], *whole.splits["evaluate"][:60]]
    few = whole.subset(positions)
    return replace(few, splits={"calibrate": range(60), "evaluate": range(60, 120)})


@pytest.fixture(scope="module")
def report(small):
    return report_on(Evidence(small), on=DAY, strategies=FEW)


def test_random_weights_are_said_to_be_that_in_every_form(small, report):
    untrained = replace(small, encoder="open_clip:ViT-S-32-alt:random-0")
    told = replace(report, before=measure(untrained))
    assert "has random weights" in report_markdown(told)
    assert "has random weights" in report_html(told)
    assert "has random weights" in told.to_json()["raw"]["warnings"][0]
    assert "has random weights" not in report_markdown(report)


@pytest.mark.slow
def test_the_same_inputs_give_the_same_bytes(small, report):
    again = report_on(Evidence(small), on=DAY, strategies=FEW)
    assert report_html(again) == report_html(report)
    assert json.dumps(again.to_json()) == json.dumps(report.to_json())
    assert report_markdown(again) == report_markdown(report)


def test_the_file_holds_cards_plots_scoreboard_examples_and_protocol(report):
    page = report_html(report)
    for words in (
        "gap ‖Δ‖", "2026-01-31", "Scoreboard", "What to do", "Protocol", "Seed 42", "numpy",
        "data:image/png;base64,", "Scores by pair type", "Bias against match rank", "OpenMoji",
    ):  # fmt: skip
        assert words in page
    assert page.count("<svg") == 4
    assert "<script" not in page and "http://" not in page and len(page) < 400_000


def test_what_each_part_of_the_anatomy_means_stands_in_every_form(report):
    said = report.to_json()["anatomy"]["so_what"]
    assert {"dimensions", "heat_map", "plane", "hubs", "spectrum", "matched", "groups"} == {*said}
    page, words = report_html(report), report_markdown(report)
    assert said["hubs"] in page and said["hubs"] in words
    assert "Matched pairs: " in page


def test_what_the_data_says_is_escaped(make_collection):
    collection = make_collection(24)
    items = tuple(Item(item.id, captions=("<b>&bold",)) for item in collection.items)
    hostile = replace(collection, name="<script>alert(1)</script>", items=items)
    made = report_on(
        Evidence(hostile), on=DAY, strategies=("raw",), options=StrategyOptions("centre")
    )
    page = report_html(made)
    assert "<script" not in page and "<b>" not in page and "&lt;b&gt;&amp;bold" in page
    assert "<script" not in report_markdown(made).replace("\\<script", "")


@pytest.mark.parametrize("made", [{"n": 4}, {"n": 30, "modalities": ("audio", "video", "text")}])
def test_few_items_and_other_modalities_have_a_report(make_collection, made):
    page = report_html(
        report_on(Evidence(make_collection(**made)), on=DAY, strategies=("raw", "route"))
    )
    assert "Scoreboard" in page and "nan" not in page.lower().replace("nance", "")


def test_the_pair_and_the_question_that_are_asked_are_reported(make_collection):
    three = make_collection(40, modalities=("audio", "image", "text"))
    evidence = Evidence(three, asked_pair=("audio", "text"))
    situation = Situation("one-way", "index", found="text")
    made = report_on(evidence, situation=situation, on=DAY, strategies=("raw", "centre"))
    assert made.before.pair == tuple(made.to_json()["pair"]) == ("audio", "text")
    assert made.before.geometry.gap.gap == measure(three, pair=("audio", "text")).geometry.gap.gap
    for text in (report_html(made), report_markdown(made)):
        assert "audio–text gap" in text
        assert (
            "What to do: one modality finds another, text is found; can change: the index" in text
        )
        assert "Covers the pair audio–text of the modalities audio, image, text" in text
    assert made.advice.situation == situation


def test_models_that_are_compared_have_rows_and_readings_of_their_own(make_collection):
    one, two = (replace(make_collection(seed=n), encoder=f"model {n}") for n in (1, 2))
    made = report_on(Evidence(one), compare=[two], on=DAY, strategies=("raw", "centre"))
    assert [row.model for row in made.board.rows] == ["model 1"] * 2 + ["model 2"] * 2
    for text in (report_html(made), report_markdown(made)):
        assert "model 2, compared." in text
        assert "by model 1 and model 2" in text
    (compared,) = made.to_json()["compared"]
    assert compared["encoder"] == "model 2"
    with pytest.raises(GapvizError, match="of the same modalities"):
        report_on(Evidence(one), compare=[make_collection(modalities=("image", "audio"))], on=DAY)


def test_warnings_are_in_the_report(make_ordered):
    made = report_on(
        Evidence(make_ordered()),
        options=StrategyOptions("centre"),
        strategies=("procrustes",),
        on=DAY,
    )
    for text in (report_html(made), report_markdown(made)):
        assert "in an order that the split follows" in text
        assert "20 calibration pairs" in text


def test_json_is_strict_and_names_its_protocol(report):
    told = json.loads(json.dumps(report.to_json(), allow_nan=False))
    assert [row["strategy"] for row in told["scoreboard"]] == list(FEW)
    assert told["raw"]["gap"]["value"] == pytest.approx(report.before.geometry.gap.gap)
    assert told["protocol"] and told["versions"]["gapviz"]


def test_the_date_comes_from_the_argument_then_the_environment(monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "86400")
    assert report_date() == date(1970, 1, 2)
    assert report_date("2026-01-31") == DAY
    with pytest.raises(GapvizError, match="is not a date"):
        report_date("tomorrow")
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "soon")
    with pytest.raises(GapvizError, match="SOURCE_DATE_EPOCH"):
        report_date()


@pytest.fixture
def saved(make_collection, tmp_path):
    save_collection(make_collection(24), tmp_path / "saved")
    return str(tmp_path / "saved")


@pytest.mark.parametrize(("ending", "start"), [("html", "<!doctype"), ("md", "# "), ("json", "{")])
def test_the_command_writes_the_form_that_the_ending_names(saved, tmp_path, capsys, ending, start):
    out = tmp_path / "to" / f"report.{ending}"
    assert main(["report", saved, "--out", str(out), "--date", "2026-01-31"]) == 0
    assert str(out) in capsys.readouterr().out
    assert out.read_text().startswith(start)
    first = out.read_bytes()
    main(["report", saved, "--out", str(out), "--date", "2026-01-31"])
    assert out.read_bytes() == first


@pytest.mark.slow
def test_the_command_reports_the_pair_the_model_and_the_task_that_are_asked(
    make_collection, tmp_path, capsys
):
    names = ("audio", "image", "text")
    for n in (1, 2):
        made = replace(make_collection(24, seed=n, modalities=names), encoder=f"model {n}")
        save_collection(made, tmp_path / f"model {n}")
    asked = ["--pair", "audio,text", "--task", "one-way", "--find", "text", "--json"]
    assert main(["report", str(tmp_path / "model 2"), "--encoder", "model 2", *asked]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["pair"] == told["raw"]["pair"] == ["audio", "text"]
    assert told["raw"]["encoder"] == "model 2"
    assert told["advice"]["task"] == "one-way"


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--out", "report.pdf"],
        ["--out", "r.html", "--date", "x"],
        ["--out", "r.html", "--strategy", "magic"],
        ["--out", "r.html", "--seed", "-1"],
        ["--out", "r.html", "--encoder", "nobody"],
        ["--out", "r.html", "--compare", "nobody"],
        ["--out", "r.html", "--pair", "image"],
        ["--out", "r.html", "--pair", "image,smell"],
        ["--out", "r.html", "--task", "magic"],
        ["--out", "r.html", "--find", "smell"],
        ["--out", "/dev/full/r.html"],
    ],
    ids=" ".join,
)
def test_bad_input_gets_one_sentence_and_no_file(saved, tmp_path, capsys, monkeypatch, arguments):
    monkeypatch.chdir(tmp_path)
    assert main(["report", saved, *arguments]) == 2
    told = capsys.readouterr()
    assert told.out == "" and len(told.err.splitlines()) == 1
    assert not list(tmp_path.glob("*.html"))


def test_a_full_disk_is_told_in_one_sentence_and_leaves_no_half_file(
    saved, tmp_path, capsys, monkeypatch
):
    def full(path, content):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", full)
    assert main(["report", saved, "--out", str(tmp_path / "report.md")]) == 2
    assert "No space left on device" in capsys.readouterr().err
    assert not list(tmp_path.glob("*report*"))


def test_few_items_give_no_advice_and_no_nan(make_collection):
    report = report_on(Evidence(make_collection(n=3)), strategies=("raw", "centre"), on=DAY)
    for text in (report_html(report), report_markdown(report)):
        assert "Too few held-out items to measure: 1;" in text
        assert "nan" not in text
        assert "1 held-out item" in text and "1 held-out items" not in text


def test_a_model_of_another_source_is_compared_under_its_own_name(
    make_collection, tmp_path, capsys
):
    for name, seed in (("one", 0), ("two", 1)):
        save_collection(make_collection(24, seed=seed), tmp_path / name)
    sources = [str(tmp_path / "one"), "--also", str(tmp_path / "two")]
    both = f"unnamed model ({tmp_path / 'two'})"
    assert main(["report", *sources, "--compare", both, "--json"]) == 0
    (told,) = json.loads(capsys.readouterr().out)["compared"]
    assert told["encoder"] == both
    assert main(["report", *sources, "--compare", "nobody", "--json"]) == 2
    assert "choose one of" in capsys.readouterr().err


def test_cards_say_what_chance_gives_and_what_ties_carry(make_collection):
    made = make_collection(48, gap=0.0)
    # Captions by template: six items a caption.
    alike = made.modality("text").vectors[np.arange(48) // 6 * 6]
    templates = replace(made, modalities={**made.modalities, "text": ModalityVectors.of(alike)})
    report = report_on(Evidence(templates), on=DAY, strategies=("raw",))
    lost, won = report.before.tie_ends["ndcg", "image"]
    cards = report_html(report).split('<div class="cards">')[1].split("</div></div>")[0]
    (card,) = [one for one in cards.split("<div>") if "NDCG@10 of image queries, raw" in one]
    assert f"chance {report.before.chance['ndcg', 'image']:.3f}" in card
    assert f"{lost:.3f} with every tie lost, {won:.3f} with every tie won" in card
    assert won - lost > 0.02
    assert tie_reading(report.before) in report_markdown(report)
    plain = report_html(report_on(Evidence(made), on=DAY, strategies=("raw",)))
    assert "every tie lost" not in plain


@pytest.fixture(scope="module")
def judged_report(make_judged):
    return report_on(
        Evidence(make_judged(60)), on=DAY, strategies=("raw",), options=StrategyOptions("centre"),
        situation=Situation("mixed", "neither"),
    )  # fmt: skip


def test_a_report_has_a_section_by_judgments_and_says_whose_each_figure_is(judged_report):
    page = report_html(judged_report)
    assert "<h2>By judgments</h2>" in page and "target hits@10" in page
    assert "30 judged queries (text) ask" in page
    assert "The section “By judgments” and what to do: 30 judged queries ask" in page
    assert "All other figures of retrieval: each held-out item asks" in page
    assert page.count("By pairs</small>") == 8, "bias and NDCG of both modalities, raw and after"
    told = judged_report.to_json()
    assert told["judged"]["n_queries"] == {"text": 30}
    assert told["advice"]["measured_by"] == "judged"
    assert "## By judgments" in report_markdown(judged_report)


def test_without_judgments_a_report_speaks_of_none(report):
    assert "By judgments" not in report_html(report) and "By pairs" not in report_html(report)
    assert "judged" not in report.to_json()
