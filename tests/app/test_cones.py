import json
from functools import partial

import numpy as np
import pytest

from gapviz.analyses.figure_words import of_hundred
from gapviz.core.wording import tenths
from gapviz.dashboard import cones, cones_selection
from gapviz.dashboard.caches import layout_request
from gapviz.dashboard.canvas.component import Look, Pick
from gapviz.dashboard.catalogue import View
from gapviz.measures.experiment import measure
from gapviz.sources.files import read
from gapviz.strategies import STRATEGIES, StrategyOptions

PAGE = "pages/cones.py"
CARDS = [
    "Gap ‖Δ‖ between the two centres",
    "The gap, in widths of a cloud",
    "Answers to image queries that are pictures",
    "Answers to text queries that are text",
    "image queries that find their text in the first 10",
    "text queries that find their picture in the first 10",
    "image queries that find it in an index of text alone",
    "text queries that find it in an index of pictures alone",
]


@pytest.fixture
def open_app(open_app):
    """Straight to this page."""
    return partial(open_app, PAGE)


def titles(app):
    return [card.label.removesuffix(" · ties") for card in app.metric]


def test_the_cards_show_the_figures_of_the_library(open_app):
    app = open_app(strategy="centre")
    assert not app.exception
    assert titles(app) == CARDS
    gaps = [
        measure(read("builtin").collection, StrategyOptions(name), seed=42).geometry.gap
        for name in ("raw", "centre")
    ]
    assert app.metric[0].value == " → ".join(f"{gap.gap:.3f}" for gap in gaps)
    assert app.metric[1].value == " → ".join(f"{gap.separation:.1f}" for gap in gaps) + " ×"
    assert " → ".join(f"{gap.separation:.3f}" for gap in gaps) in app.metric[1].help
    notes = next(one.value for one in app.caption if "with Centre both" in one.value)
    assert f"with Centre both {gaps[1].gap:.3f}" in notes
    assert f"noise floor {gaps[1].noise_floor:.3f}" in notes
    # Only the centred cloud's interval reaches 0.
    assert [gap.none for gap in gaps] == [False, True]
    assert notes.count("(it reaches 0: no gap here)") == 1


def test_moving_lambda_changes_the_figures_in_the_first_run_after(open_app):
    app = open_app(strategy="centre")
    app.sidebar.slider(key="strength").set_value(0.5).run()
    before = measure(read("builtin").collection, seed=42).geometry.gap.gap
    after = measure(read("builtin").collection, StrategyOptions("centre", strength=0.5), seed=42)
    assert app.metric[0].delta == f"−{before - after.geometry.gap.gap:.3f}"


def test_cards_tell_which_way_is_better_with_and_without_a_strategy(open_app):
    raw = measure(read("builtin").collection, seed=42)
    ways = ["lower is better"] * 2 + ["neutral: 5"] * 2
    ways += [
        f"by chance {of_hundred(raw.chance[key])}"
        for key in (
            ("recall", "image"),
            ("recall", "text"),
            ("recall@10", "image", "text"),
            ("recall@10", "text", "image"),
        )
    ]
    assert [card.proto.delta_description for card in open_app().metric] == ways
    assert [card.delta for card in open_app(strategy="raw").metric] == ways


def pictures(app):
    """What the canvases of the page are told."""
    return [json.loads(found.proto.json) for found in app.main.get("bidi_component")]


def test_two_clouds_share_one_picture_with_its_camera_and_its_selection(open_app):
    (picture,) = pictures(open_app(strategy="centre"))
    assert [view["title"] for view in picture["views"]] == ["Raw", "Centre both (λ = 1)"]
    assert len({view["url"] for view in picture["views"]}) == 2
    assert len({view["n"] for view in picture["views"]}) == 1
    low, high = picture["home"]["x"]
    for view in picture["views"]:
        assert all(low < x < high for x, _ in view["centroids"])


def test_the_camera_stays_while_a_strategy_moves_and_not_on_another_projection(open_app):
    app = open_app(strategy="centre")
    (before,) = pictures(app)
    app.sidebar.slider(key="strength").set_value(0.5).run()
    (after,) = pictures(app)
    assert (after["scene"], after["frame"]) == (before["scene"], before["frame"])
    assert after["views"][0]["url"] == before["views"][0]["url"]
    assert after["views"][1]["url"] != before["views"][1]["url"]
    (axis,) = pictures(open_app(strategy="centre", projection="Gap axis"))
    assert axis["scene"] != before["scene"]


@pytest.mark.parametrize("raw_is_there", [True, False])
def test_what_is_known_is_shown_while_a_layout_is_waited_for(open_app, monkeypatch, raw_is_there):
    monkeypatch.setattr("gapviz.dashboard.cones._laid_out", lambda request, slot: False)
    monkeypatch.setattr("gapviz.dashboard.cones._is_there", lambda request: raw_is_there)
    app = open_app(strategy="centre")
    assert not app.exception
    shown = [[view["name"] for view in picture["views"]] for picture in pictures(app)]
    assert shown == [["Raw"]] * raw_is_there
    assert any("query gets" in text.value for text in app.markdown)


@pytest.mark.parametrize("strategy", ["raw", "route"])
def test_where_a_strategy_moves_nothing_the_picture_offers_one_that_closes_the_gap(
    open_app, strategy
):
    app = open_app(strategy=strategy)
    (picture,) = pictures(app)
    assert [view["name"] for view in picture["views"]] == ["Raw", "Centre both"]
    assert picture["shown"] == "raw"
    title = app.sidebar.selectbox(key="strategy").value
    assert f"{STRATEGIES[title].title} moves no points." in picture["note"]
    assert not app.exception


def test_the_second_state_is_shown_first_or_the_one_that_a_link_names(open_app):
    for named, shown in ((None, "moved"), ("raw", "raw"), ("both", "both"), ("<b>", "moved")):
        (picture,) = pictures(open_app(strategy="centre", **({"clouds": named} if named else {})))
        assert picture["shown"] == shown


def test_the_slider_is_on_the_picture_of_a_strategy_that_has_one(open_app):
    (picture,) = pictures(open_app(strategy="centre", strength="0.5"))
    dial = picture["dial"]
    assert (dial["value"], dial["low"], dial["high"]) == (0.5, 0, 2)
    (picture,) = pictures(open_app(strategy="whitening"))
    assert picture["dial"] is None


@pytest.mark.slow
def test_every_strategy_opens(open_app):
    app = open_app()
    for strategy in app.sidebar.selectbox(key="strategy").options:
        app.sidebar.selectbox(key="strategy").select(strategy).run()
        assert not app.exception


def test_turning_the_slider_on_the_picture_chooses_its_strategy_and_strength(open_app, monkeypatch):
    view = View("builtin", "builtin")
    raw, centred = (
        layout_request(view, StrategyOptions(name), "pca", 42) for name in ("raw", "centre")
    )
    state = {}
    with monkeypatch.context() as patch:
        patch.setattr(cones.st, "session_state", state)
        cones._keep_look(cones.Drawn(raw, centred, illustrates=True), Look("moved", 0.5))
    app = open_app(strategy="route")
    for key, value in state.items():
        app.session_state[key] = value
    app.run()
    assert not app.exception
    (picture,) = pictures(app)
    assert (picture["shown"], picture["dial"]["value"]) == ("moved", 0.5)
    assert app.sidebar.selectbox(key="strategy").value == "centre"
    assert app.sidebar.slider(key="strength").value == 0.5


def test_selected_points_become_item_cards_that_survive_a_toggle(open_app):
    app = open_app(strategy="centre")
    items = read("builtin").collection.items
    app.session_state["_selected_items"] = (items[3].id, items[7].id)
    app.run()
    cards = "".join(html.proto.body for html in app.get("html"))
    assert items[3].captions[0] in cards
    app.sidebar.slider(key="strength").set_value(0.3).run()
    cards = "".join(html.proto.body for html in app.get("html"))
    assert items[7].captions[0] in cards


def shown_cards(app):
    return "".join(html.proto.body for html in app.get("html"))


def test_a_selection_stands_in_the_url_and_opens_again_from_it(open_app):
    items = read("builtin").collection.items
    app = open_app()
    app.session_state["_selected_items"] = (items[3].id, items[7].id)
    app.run()
    assert app.query_params["selected"] == [items[3].id, items[7].id]
    again = open_app(selected=app.query_params["selected"])
    assert not again.warning
    assert all(items[place].captions[0] in shown_cards(again) for place in (3, 7))
    again.button[0].click().run()
    assert "selected" not in again.query_params
    assert items[3].captions[0] not in shown_cards(again)


def test_a_link_to_an_item_that_is_gone_selects_nothing(open_app):
    app = open_app(selected="NOPE")
    assert not app.exception
    assert "selected" not in app.query_params


@pytest.fixture
def kept(monkeypatch):
    """`kept(*picks)`: ids of the items that are selected after some picks, one after the other;
    `shown="words"` gives those that are shown in words."""

    def ids(*picks, shown="items"):
        state = {}
        monkeypatch.setattr(cones_selection.st, "session_state", state)
        for pick in picks:
            cones_selection.keep_pick(pick, View("builtin", "builtin"))
        return state[f"_selected_{'by_words' if shown == 'words' else 'items'}"]

    return ids


def test_what_is_picked_is_kept_by_the_ids_of_its_items(kept):
    items = read("builtin").collection.items
    assert kept(Pick(np.array([3, 7]))) == (items[3].id, items[7].id)
    assert kept(Pick(np.array([3, 7])), Pick(np.array([5]))) == (items[5].id,)
    added = kept(Pick(np.array([3, 7])), Pick(np.array([7, 5]), add=True))
    assert added == tuple(items[place].id for place in (3, 7, 5))
    assert kept(Pick(np.array([3])), Pick(np.array([], dtype=np.int64))) == ()


def test_what_only_text_was_picked_of_is_shown_in_words_until_its_picture_is_picked(kept):
    items = read("builtin").collection.items
    words = Pick(np.array([3, 7]), by_words=np.array([3, 7]))
    picture = Pick(np.array([7]), add=True)
    assert kept(words, shown="words") == {items[3].id, items[7].id}
    assert kept(words, picture, shown="words") == {items[3].id}
    again = Pick(np.array([7]), add=True, by_words=np.array([7]))
    assert kept(picture, again, shown="words") == set()


def test_the_card_of_words_has_no_picture(open_app):
    items = read("builtin").collection.items
    app = open_app()
    app.session_state["_selected_items"] = (items[3].id, items[7].id)
    app.session_state["_selected_by_words"] = frozenset([items[7].id])
    app.run()
    assert "2 items selected" in [head.value for head in app.subheader]
    cards = shown_cards(app)
    assert f"<q>{items[7].captions[0]}</q>" in cards
    assert f"/{items[3].id}.png" in cards and f"/{items[7].id}.png" not in cards


def test_an_unchanged_figure_gets_neither_sign_nor_colour(open_app):
    app = open_app(strategy="route")
    assert app.metric[0].delta == "unchanged"
    assert app.metric[2].delta.startswith("−")


def looks(app):
    """Title → arrow and colour of the card's change."""
    return {
        title: (
            card.proto.MetricDirection.Name(card.proto.direction),
            card.proto.MetricColor.Name(card.proto.color),
        )
        for title, card in zip(titles(app), app.metric, strict=True)
    }


def test_opposite_biases_of_two_modalities_are_both_shown(open_app):
    app = open_app(strategy="znorm")
    after = measure(read("builtin").collection, StrategyOptions("znorm"), seed=42)
    for card, name in zip(app.metric[2:4], ("image", "text"), strict=True):
        bias = after.bias[name].value
        assert card.value.endswith(f"→ {tenths(bias)} of 10")
        # The figure itself is a click down.
        assert f"→ {bias:.3f}" in card.help


def test_better_is_green_and_chance_grey_with_the_arrow_of_the_direction(open_app):
    found = looks(open_app(strategy="centre"))
    assert found[CARDS[0]] == ("DOWN", "GREEN")
    assert found[CARDS[5]] == ("UP", "GREEN")
    # Within chance, whichever way it goes.
    assert found[CARDS[7]][1] == "GRAY"


def test_worse_is_red(open_app):
    found = looks(open_app(strategy="offset", strength="2"))
    assert ("UP", "RED") in found.values() or ("DOWN", "RED") in found.values()


def test_a_card_that_equal_scores_carry_is_marked_with_both_ends(open_app):
    app = open_app(strategy="route")
    (card,) = [card for card in app.metric if card.label == f"{CARDS[5]} · ties"]
    after = measure(read("builtin").collection, StrategyOptions("route"), seed=42)
    lost, won = after.tie_ends["recall", "text"]
    assert f"{lost:.3f} with every tie lost, {won:.3f} with every tie won" in card.help


def test_ranking_items_is_neither_praised_nor_blamed(open_app):
    app = open_app(strategy="items-rrf")
    colors = [card.proto.color for card in app.metric]
    assert len(set(colors)) == 1
    assert "another protocol" in " ".join(caption.value for caption in app.caption)


def test_the_page_leads_on_and_keeps_the_view(open_app):
    app = open_app(strategy="route")
    links = "".join(html.proto.body for html in app.get("html"))
    for page in ("search", "decide", "data"):
        assert f'<a href="{page}?projection=PCA&amp;strategy=Route+and+fuse+by+rank" ' in links


def test_every_cloud_says_what_it_shows(open_app):
    (picture,) = pictures(open_app(strategy="centre"))
    titles = [view["alt"].split(":")[0] for view in picture["views"]]
    assert titles == ["Raw", "Centre both (λ = 1)"]


def test_selected_points_are_those_of_every_modality_of_the_items(open_app):
    app = open_app(strategy="centre")
    items = read("builtin").collection.items
    app.session_state["_selected_items"] = (items[3].id, items[7].id)
    app.run()
    (picture,) = pictures(app)
    assert len(picture["selected"]["points"]) == 4
    (nothing,) = pictures(open_app())
    assert nothing["selected"] == {"items": 0, "points": []}


def test_pair_lines_are_asked_for_only_where_they_are_shown(open_app):
    (picture,) = pictures(open_app())
    assert picture["pairs"] is None
    (picture,) = pictures(open_app(pairs="true"))
    assert picture["pairs"]["url"].endswith("/pairs.bin")


def test_the_link_of_an_item_stands_in_a_list_item_and_keeps_the_view():
    from gapviz.dashboard.result_list import item_cards

    collection = read("builtin").collection
    html = item_cards([3], collection, "builtin", {"strategy": "Half/half & more", "item": "x"})
    assert '<div role="listitem" class="gv-cell"><a ' in html
    assert f"search?strategy=Half%2Fhalf+%26+more&amp;item={collection.items[3].id}" in html


def test_one_selected_item_shows_its_pair_cosine_and_neighbours(open_app):
    app = open_app()
    collection = read("builtin").collection
    app.session_state["_selected_items"] = (collection.items[5].id,)
    app.run()
    assert not app.exception
    image, text = (collection.modality(name).corpus for name in ("image", "text"))
    cosine = float(image.vectors[image.item_index == 5][0] @ text.vectors[text.item_index == 5][0])
    words = [element.value for element in app.markdown]
    assert any(f"Pair cosine {cosine:.3f}; its match is at rank" in word for word in words)
    assert sum(">#1<" in html.proto.body for html in app.get("html")) == 2
