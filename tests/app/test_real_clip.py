"""A real CLIP is one click away: the published set comes from a server of the test's own."""

import threading
from dataclasses import replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest

from gapviz.dashboard.catalogue import workspace
from gapviz.dashboard.real_clip import OFFER, REAL_CLIP
from gapviz.sources.library.importing import of_reference_set
from gapviz.sources.published import REFERENCE_SETS

DECIDE = "pages/decide.py"


@pytest.fixture
def published(reference, monkeypatch, tmp_path):
    """The files of the set under the address that they are fetched from."""

    class Handler(SimpleHTTPRequestHandler):
        def log_message(self, *args):
            pass

        def translate_path(self, path):
            return str(reference / REAL_CLIP / path.split(f"{known.root}/", 1)[-1])

    # One of the five models is not among the reference data.
    whole = REFERENCE_SETS[REAL_CLIP]
    here = (file for file in whole.files if (reference / REAL_CLIP / file.path).is_file())
    known = replace(whole, files=tuple(here))
    monkeypatch.setitem(REFERENCE_SETS, REAL_CLIP, known)
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(reference)))
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}"
    monkeypatch.setattr("gapviz.sources.published.RAW_URL", address)
    monkeypatch.setenv("GAPVIZ_CACHE", str(tmp_path))
    yield
    server.shutdown()
    server.server_close()
    added = of_reference_set(workspace(), REAL_CLIP)
    if added is not None:
        workspace().remove(added.id)


@pytest.mark.reference
def test_one_click_fetches_photographs_as_clip_saw_them_and_opens_them(open_app, published):
    app = open_app(DECIDE)
    app.button(key="real_clip").click().run()
    assert not app.exception
    added = of_reference_set(workspace(), REAL_CLIP)
    assert added is not None, [error.value for error in app.error]
    assert app.selectbox(key="collection").value == added.id
    assert app.selectbox(key="encoder").value == "CLIP"
    # What is open already is not offered again; elsewhere a link leads there.
    assert OFFER not in html_of(app)
    app = open_app(DECIDE)
    assert not [one for one in app.button if one.key == "real_clip"]
    assert OFFER in html_of(app)


def test_without_a_network_one_sentence_says_so(open_app, monkeypatch, tmp_path):
    monkeypatch.setattr("gapviz.sources.published.RAW_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("GAPVIZ_CACHE", str(tmp_path))
    app = open_app(DECIDE)
    app.button(key="real_clip").click().run()
    assert not app.exception
    assert any("go online" in error.value for error in app.sidebar.error)
    assert app.selectbox(key="collection").value == "builtin"


def html_of(app):
    return " ".join(part.proto.body for part in app.get("html"))
