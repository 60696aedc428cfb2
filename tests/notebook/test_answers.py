"""The five tasks of a notebook, the same figures as on the command line, and what people see."""

import json
from contextlib import redirect_stdout
from io import StringIO

import numpy as np
import pandas as pd
import pytest
from PIL import Image

import gapviz
from gapviz.commands.cli import main
from gapviz.core.estimate import Estimate
from gapviz.strategies import StrategyOptions
from gapviz.strategies.registry import strategy_class

N, DIM = 48, 12


@pytest.fixture(scope="module")
def arrays():
    """`(2, N, DIM)`: pairs that share a meaning, with a gap between the modalities."""
    rng = np.random.default_rng(3)
    meaning = rng.standard_normal((N, DIM))
    image, text = (meaning + 0.5 * rng.standard_normal((N, DIM)) for _ in range(2))
    image[:, 0] += 4
    return image.astype(np.float32), text.astype(np.float32)


@pytest.fixture(scope="module")
def file(arrays, tmp_path_factory):
    path = tmp_path_factory.mktemp("given") / "pairs.npz"
    np.savez(path, image=arrays[0], text=arrays[1])
    return str(path)


@pytest.fixture(scope="module")
def pairs(arrays):
    return gapviz.Collection.from_arrays(image=arrays[0], text=arrays[1], name="pairs")


def printed(*arguments: str) -> dict:
    out = StringIO()
    with redirect_stdout(out):
        assert main([*arguments, "--json"]) == 0
    return json.loads(out.getvalue())


def test_arrays_in_the_gap_out(arrays):
    answer = gapviz.compare(image=arrays[0], text=arrays[1])
    assert "The gap is" in repr(answer) and "Centre both" in repr(answer)
    frame = answer.to_frame()
    assert frame.strategy.tolist() == ["raw", "centre", "znorm"]
    raw, centred = frame.gap[:2]
    assert raw > 0.5 > centred and (frame.gap_low <= frame.gap_high).all()


def test_a_frame_in_the_scoreboard_out(arrays):
    frame = pd.DataFrame({"i": list(arrays[0]), "t": list(arrays[1]), "y": ["a", "b"] * (N // 2)})
    c = gapviz.Collection.from_frame(frame, vectors={"image": "i", "text": "t"}, labels="y")
    board = gapviz.scoreboard(c, ["raw", "centre"])
    assert board.to_frame().strategy.tolist() == ["raw", "centre"]
    assert {"mean_ndcg", "mean_ndcg_low", "mean_ndcg_high"} <= {*board.to_frame().columns}
    assert {"value", "low", "high"} <= {*board.to_frame(long=True).columns}
    assert board.figure().data


def test_clouds_are_drawn_raw_beside_a_strategy(pairs):
    figure = gapviz.cones(pairs, "centre", layout="pca")
    assert {trace.xaxis for trace in figure.data} == {"x", "x2"}
    assert [note.text.partition(":")[0] for note in figure.layout.annotations] == [
        "Raw cosine",
        "Centre both (λ = 1)",
    ]
    assert {trace.xaxis for trace in gapviz.cones(pairs, layout="gap_axis").data} <= {"x", None}


def test_an_item_asks_for_its_like(pairs):
    found = gapviz.search(pairs, item="03", strategy="centre", k=5)
    assert found.to_frame()["rank"].tolist() == [1, 2, 3, 4, 5]
    assert {"item", "modality", "score", "cosine", "caption"} <= {*found.to_frame().columns}


def test_figures_are_those_of_the_command_line(pairs, file):
    centred = gapviz.measure(pairs, "centre", strength=0.5)
    assert centred.to_json() == printed(
        "measure", file, "--strategy", "centre", "--strength", "0.5"
    )
    asked = ("scoreboard", file, "--strategies", "raw,znorm")
    assert gapviz.scoreboard(pairs, ["raw", "znorm"]).to_json() == printed(*asked)
    found = gapviz.search(pairs, item="03", strategy="znorm", k=4).to_json()
    asked = ("search", file, "--item", "03", "--strategy", "znorm", "--results", "4")
    assert found | {"out": None} == printed(*asked)


def test_a_strategy_may_be_given_as_an_object_that_has_its_parameters(pairs):
    by_name = gapviz.measure(pairs, "centre", strength=0.5).to_json()
    options = StrategyOptions("centre", strength=0.5)
    assert gapviz.measure(pairs, options).to_json() == by_name
    assert gapviz.measure(pairs, strategy_class("centre")(strength=0.5)).to_json() == by_name


def test_comparing_gives_the_figures_of_measuring(pairs):
    compared = gapviz.compare(pairs, strategies=["centre"]).to_json()["strategies"]
    assert compared["centre"] == gapviz.measure(pairs, "centre").to_json()


@pytest.mark.slow
def test_advice_is_that_of_the_command_line(pairs, file):
    advice = gapviz.advise(pairs)
    assert advice.to_json() == printed("decide", file)
    frame = advice.to_frame()
    assert frame.place.tolist() == sorted(frame.place)
    assert {"way", "verdict", "figure", "change", "change_low", "change_high"} <= {*frame.columns}
    assert "print() writes all" in repr(advice) and len(str(advice)) > len(repr(advice))


def test_an_answer_reads_as_on_the_terminal(pairs, file):
    out = StringIO()
    with redirect_stdout(out):
        main(["measure", file])
    assert repr(gapviz.measure(pairs)) == out.getvalue().rstrip("\n")


def test_a_figure_has_a_row_with_its_interval(pairs):
    answer = gapviz.measure(pairs, "centre")
    frame = answer.to_frame()
    (row,) = frame[frame.figure == "gap"].to_dict("records")
    gap: Estimate = answer.result.geometry.gap.estimate
    assert (row["strategy"], row["value"], row["low"]) == ("centre", gap.value, gap.low)
    assert frame[["value", "low", "high"]].dtypes.eq("float64").all()
    by_modality = frame[frame.figure == "bias_at_10"]
    assert by_modality.of.tolist() == ["image", "text"]


def test_a_mapping_and_the_name_of_a_source_stand_for_a_collection(pairs, arrays, file):
    of_mapping = gapviz.measure({"image": arrays[0], "text": arrays[1]}).to_json()
    of_file = gapviz.measure(file).to_json()
    assert of_mapping["gap"] == of_file["gap"] == gapviz.measure(pairs).to_json()["gap"]
    assert gapviz.read(file).content_hash == pairs.content_hash


def test_what_a_source_leaves_out_is_a_warning(arrays, tmp_path):
    broken = arrays[0].copy()
    broken[0, 0] = np.nan
    np.savez(tmp_path / "broken.npz", image=broken, text=arrays[1])
    with pytest.warns(UserWarning, match="row 0 holds NaN"):
        gapviz.read(tmp_path / "broken.npz")


HOSTILE = "<script>alert(1)</script>"


def test_words_of_others_are_escaped_in_a_notebook(arrays):
    made = gapviz.Collection.from_arrays(
        image=arrays[0],
        text=arrays[1],
        name=HOSTILE,
        captions=[HOSTILE] * N,
        ids=[f"{HOSTILE} {at}" for at in range(N)],
    )
    shown = [
        made._repr_html_(),
        gapviz.measure(made)._repr_html_(),
        gapviz.search(made, item=f"{HOSTILE} 0")._repr_html_(),
        gapviz.cones(made, layout="pca").to_html(include_plotlyjs=False),
    ]
    for html in shown:
        assert HOSTILE not in html
    assert "&lt;script&gt;" in shown[2]
    assert "\n" not in repr(made) and HOSTILE in repr(made)


def test_results_with_pictures_show_them_small_and_within_the_page(builtin):
    html = gapviz.search(builtin, item=builtin.items[0].id, k=4)._repr_html_()
    assert 1 <= html.count('src="data:image/png;base64,') <= 4
    assert len(html) < 100_000 and "http" not in html


def test_pictures_of_files_are_shown_and_one_that_is_gone_is_left_out(arrays, tmp_path):
    paths = [tmp_path / f"{at}.png" for at in range(N)]
    for path in paths[:-1]:
        Image.new("RGB", (90, 60), "red").save(path)
    made = gapviz.Collection.from_arrays(image=arrays[0], text=arrays[1], pictures=paths)
    found = gapviz.search(made, item="00", k=2 * N)
    shown = (found.to_frame().modality == "image").sum()
    assert found._repr_html_().count("data:image/png;base64,") == shown - 1


def test_an_error_in_a_notebook_is_its_sentence_alone():
    with pytest.raises(gapviz.GapvizError) as caught:
        gapviz.compare()
    assert caught.value._render_traceback_() == [f"GapvizError: {caught.value.sentence}"]


@pytest.fixture(scope="module")
def builtin():
    return gapviz.read("builtin")


WRONG = {
    "a strategy": (lambda c: gapviz.measure(c, "senter"), "did you mean centre? Choose one of raw"),
    "no strategy": (lambda c: gapviz.measure(c, None), "None is no strategy"),
    "a parameter": (lambda c: gapviz.measure(c, "centre", strenght=1), "did you mean strength?"),
    "a value": (lambda c: gapviz.measure(c, "centre", strength="x"), "choose a number from 0 to 2"),
    "no collection": (lambda c: gapviz.measure(object()), "is no collection"),
    "an array": (lambda c: gapviz.compare(np.eye(3)), "arrays by modality such as {'image': X"),
    "a path": (lambda c: gapviz.measure("nowhere.npz"), "there is no such file"),
    "words": (lambda c: gapviz.search(c, "a dog"), "cannot encode a text here"),
    "an item": (lambda c: gapviz.search(c, item="q"), "has no item 'q'"),
    "no results": (lambda c: gapviz.search(c, item="00", k=0), "a whole number of 1 or more"),
    "no query": (gapviz.search, "a search needs one query; give a text, item=…"),
    "two queries": (lambda c: gapviz.search(c, "x", item="00"), "a search needs one query"),
    "a query that is no text": (lambda c: gapviz.search(c, 3), "instead of a text"),
    "an empty query": (lambda c: gapviz.search(c, " "), "the text is empty"),
    "an argument": (lambda c: gapviz.search(c, item="00", kk=3), "did you mean k?"),
    "a modality": (
        lambda c: gapviz.search(c, item="00", query_modality="audio"),
        "has no modality 'audio'",
    ),
    "a projection": (lambda c: gapviz.cones(c, layout="tsne"), "choose one of umap, pca, gap-axis"),
    "a pair": (lambda c: gapviz.measure(c, pair="image"), "does not name two modalities"),
    "a seed": (lambda c: gapviz.measure(c, seed="x"), "is no whole number"),
    "a fit": (lambda c: gapviz.compare(c, fit="none"), "choose 'split' or 'all'"),
    "a task": (lambda c: gapviz.advise(c, task="x"), "choose one of one-way, mixed"),
    "strategies": (lambda c: gapviz.scoreboard(c, ["cetre"]), "did you mean centre?"),
    "no strategies": (lambda c: gapviz.scoreboard(c, []), "strategies names none"),
    "one modality": (lambda c: gapviz.compare(image=np.eye(8)), "a gap needs two"),
    "nothing": (lambda c: gapviz.compare(), "give one array a modality: image=X, text=Y"),
    "both": (lambda c: gapviz.compare(c, image=np.eye(3)), "give one of both"),
    "arrays where one source is taken": (
        lambda c: gapviz.measure(image=np.eye(8), text=np.eye(8)),
        "arrays are a source as {'image': X, 'text': Y}",
    ),
    "arrays without names": (lambda c: gapviz.compare(np.eye(8), np.eye(8)), "too many positional"),
    "labels beside arrays": (
        lambda c: gapviz.compare(image=np.eye(8), text=np.eye(8), labels=np.eye(8)),
        "from_arrays(image=X, text=Y, labels=…)",
    ),
    "one strategy": (
        lambda c: gapviz.compare(image=np.eye(8), text=np.eye(8), strategy="centre"),
        "write strategies=…",
    ),
    "an option": (
        lambda c: gapviz.read("builtin", caption_column="x"),
        "did you mean caption_",
    ),
    "a number": (lambda c: gapviz.read(3), "is no name of a source"),
    "a figure": (lambda c: gapviz.measure(c).figure(), "there is no figure of this answer"),
    "a port": (lambda c: gapviz.serve(c, port=-1), "cannot be listened on"),
}


@pytest.mark.parametrize("name", WRONG)
def test_every_mistake_is_one_sentence_without_flags(name, pairs):
    mistake, words = WRONG[name]
    with pytest.raises(gapviz.GapvizError) as caught:
        mistake(pairs)
    assert words in caught.value.sentence
    assert "--" not in caught.value.sentence
