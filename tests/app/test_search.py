import re
import subprocess
import sys

import pytest

from gapviz.core.errors import GapvizError
from gapviz.dashboard.catalogue import workspace
from gapviz.sources.builtin import builtin_collection

PAGE = "pages/search.py"


def bodies(app):
    return [html.proto.body for html in app.get("html")]


def lists(app):
    return [body for body in bodies(app) if 'role="list"' in body]


def test_three_lists_stand_side_by_side(open_app):
    app = open_app(PAGE, q="cat face")
    assert not app.exception
    assert len(lists(app)) == 3
    assert [m.value for m in app.markdown if m.value.startswith("####")] == [
        "#### Raw cosine",
        "#### Score z-norm by pair of modalities",
        "#### Route and fuse by rank",
    ]


def test_a_caption_of_the_collection_needs_no_encoder(open_app, monkeypatch):
    from gapviz.dashboard import query

    def refuse(name):
        raise AssertionError("the encoder was loaded")

    monkeypatch.setattr(query, "encoder_named", refuse)
    app = open_app(PAGE, q="cat face")
    assert not app.exception
    assert "✓ right answer" in "".join(lists(app))


def test_the_number_of_results_is_obeyed(open_app):
    app = open_app(PAGE, q="cat face", results="5")
    assert [body.count('role="listitem"') for body in lists(app)] == [5, 5, 5]


def test_an_item_does_not_find_itself(open_app):
    app = open_app(PAGE, query_by="item", item="1F431")
    assert not app.exception
    assert len(lists(app)) == 3
    assert all("own entry" not in body for body in lists(app))


def test_equal_weights_interleave_and_a_zero_weight_silences_a_list(open_app):
    app = open_app(PAGE, q="cat face")
    assert "5 of 10" in "".join(bodies(app))
    app.sidebar.slider(key="weight_text").set_value(0.0).run()
    routed = lists(app)[2]
    assert "● text" not in routed


def test_an_empty_query_asks_for_one_and_keeps_the_table(open_app):
    app = open_app(PAGE, q="cat face")
    app.text_input(key="q").set_value("   ").run()
    assert not app.exception
    assert any("Type a text" in info.value for info in app.info)
    assert any("gv-table" in body for body in bodies(app))


@pytest.mark.encoder
def test_a_text_over_the_token_limit_is_named(open_app):
    app = open_app(PAGE, q="cat face")
    app.text_input(key="q").set_value("cat " * 400).run()
    assert not app.exception
    assert len(app.error) == 1
    assert re.search(r"\d+ tokens", app.error[0].value)
    assert any("gv-table" in body for body in bodies(app))


@pytest.mark.encoder
def test_markup_in_a_query_stays_text(open_app):
    app = open_app(PAGE, q="cat face")
    app.text_input(key="q").set_value("<script>alert(1)</script>").run()
    assert not app.exception
    assert all("<script>" not in body for body in bodies(app))


def test_the_held_out_index_holds_no_trained_item(open_app):
    collection = builtin_collection()
    trained = {collection.items[i].id for i in collection.splits["train"]}
    app = open_app(PAGE, q="cat face", index="held-out", results="20")
    shown = set(re.findall(r"/thumb/builtin/([0-9A-F-]+)\.png", "".join(lists(app))))
    assert shown
    assert not shown & trained


def test_the_table_gives_every_strategy_with_intervals(open_app):
    app = open_app(PAGE)
    table = next(body for body in bodies(app) if "gv-table" in body)
    assert table.count("<tr>") == 4
    assert len(re.findall(r"<small>\[[\d.]+, [\d.]+\]</small>", table)) == 18


def test_weights_of_nothing_are_said_to_rank_nothing(open_app):
    app = open_app(PAGE, q="cat face", weight_image="0", weight_text="0")
    assert any("Every score is 0" in caption.value for caption in app.caption)


@pytest.mark.encoder
def test_two_visitors_who_come_first_load_the_encoder_once():
    """Typed at once while the encoder is warming up: imported by two threads, it would break."""
    script = """
import threading
from gapviz.dashboard.caches import encoder_named, warm_encoder
warm_encoder("builtin")
found = []
threads = [threading.Thread(target=lambda: found.append(
    encoder_named("builtin").encode_texts(["a cat"])[0, 0])) for _ in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
assert len(found) == 4 and len(set(found)) == 1, found
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_heads_say_in_plain_words_what_kind_the_answers_are_and_where_the_right_one_stands(
    open_app,
):
    app = open_app(PAGE)
    bars = [body for body in bodies(app) if 'class="gv-bias"' in body]
    assert len(bars) == 3 and all("</b> answers are text" in bar for bar in bars)
    places = [m.value for m in app.markdown if "The right picture is at place **" in m.value]
    assert len(places) == 3
    # What is told of all lists at once is what each says.
    (short,) = [m.value for m in app.markdown if m.value.startswith("- **Raw cosine**")]
    assert short.count("the right picture is at place") == 3


def test_a_column_that_has_no_list_stays_with_the_reason(open_app, monkeypatch):
    from gapviz.dashboard import search

    answer = search._answer

    def refuse(view, options, *rest):
        if options.name == "route":
            raise GapvizError("cannot be routed")
        return answer(view, options, *rest)

    monkeypatch.setattr(search, "_answer", refuse)
    app = open_app(PAGE, q="cat face")
    assert len(lists(app)) == 2
    told = [m.value for m in app.markdown]
    assert "#### Route and fuse by rank" in told
    assert any("Has no list. cannot be routed" in words for words in told)


@pytest.mark.parametrize("kind", [{"query_by": "item"}, {"query_by": "text", "q": "cat face"}])
@pytest.mark.parametrize("strategy", ["znorm", "route", "raw"])
def test_routing_is_a_column_of_both_encoders_whatever_is_asked(open_app, kind, strategy):
    app = open_app(PAGE, compare="builtin:sigmoid", strategy=strategy, **kind)
    assert not app.exception and len(lists(app)) == 6
    titles = [m.value for m in app.markdown if m.value.startswith("####")]
    assert titles.count("#### Route and fuse by rank") == 2 and titles[2] == titles[5]


def test_what_would_change_nothing_is_not_offered(open_app, make_judged):
    assert "precision" in [one.key for one in open_app(PAGE).slider]
    stored = workspace().add([make_judged(n=60)], title="asked")
    try:
        app = open_app(PAGE, collection=stored.id, query_by="judged")
    finally:
        workspace().remove(stored.id)
    assert "precision" not in [one.key for one in app.slider]


@pytest.mark.slow
def test_two_encoders_have_a_row_each_with_routing_in_both(open_app):
    app = open_app(PAGE, q="cat face", compare="builtin:sigmoid", strategy="centre")
    assert not app.exception
    assert len(lists(app)) == 6
    titles = [m.value for m in app.markdown if m.value.startswith("####")]
    assert titles == ["#### Raw cosine", "#### Centre both", "#### Route and fuse by rank"] * 2
    table = next(body for body in bodies(app) if "gv-table" in body)
    assert table.count("Route and fuse by rank") == 2
