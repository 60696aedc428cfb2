"""The page that lists how every figure is measured."""

from gapviz.analyses.figure_families import families
from gapviz.analyses.protocol import measured_coverage

PAGE = "pages/protocol.py"


def words(app):
    return " ".join(element.value for element in (*app.markdown, *app.caption))


def test_the_page_shows_the_formula_of_every_figure(open_app):
    app = open_app(PAGE)
    assert not app.exception and not app.error
    shown = [element.value.strip("$ \n") for element in app.get("latex")]
    assert shown == [one.formula for family in families().values() for one in family.figures]
    assert f"{measured_coverage().draws} draws" in words(app)


def test_a_link_opens_one_family(open_app):
    app = open_app(PAGE, family="cross")
    assert [head.value for head in app.subheader] == ["One modality finds another"]
    assert "Cross-modal MRR" in words(app) and "Noise floor" not in words(app)


def test_the_page_says_what_a_collection_lacks(open_app, unpaired_collection):
    app = open_app(PAGE, collection=unpaired_collection.id, family="cross")
    assert not app.exception
    assert "**Not here.** no matched pairs" in words(app)


def test_how_is_this_computed_leads_to_the_page(open_app):
    links = " ".join(html.proto.body for html in open_app("pages/curves.py").get("html"))
    assert 'href="protocol?' in links
