import re
import subprocess
import sys

import pytest

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
    assert "✓ match" in "".join(lists(app))


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
    assert "50%" in bodies(app)[4]
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


@pytest.mark.slow
def test_two_encoders_have_a_row_each_with_routing_in_both(open_app):
    app = open_app(PAGE, q="cat face", compare="builtin:sigmoid", strategy="centre")
    assert not app.exception
    assert len(lists(app)) == 6
    titles = [m.value for m in app.markdown if m.value.startswith("####")]
    assert titles == ["#### Raw cosine", "#### Centre both", "#### Route and fuse by rank"] * 2
    table = next(body for body in bodies(app) if "gv-table" in body)
    assert table.count("Route and fuse by rank") == 2
