import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest
from streamlit.web.server.starlette.starlette_routes import BASE_ROUTE_UPLOAD_FILE

from gapviz.dashboard.guard import Guard

HOST = (b"host", b"127.0.0.1:8501")


async def _answers(scope, receive, send):
    kind = "websocket.accept" if scope["type"] == "websocket" else "http.response.start"
    await send({"type": kind, "status": 200, "headers": []})


def first_message(kind, *headers, path="/"):
    """What the guarded server says first to a request."""
    told = []

    async def send(message):
        told.append(message)

    scope = {"type": kind, "path": path, "headers": [HOST, *headers]}
    asked = Guard(_answers)(scope, None, send)
    with ThreadPoolExecutor() as thread:  # a browser that other tests drive has a loop in this one
        thread.submit(asyncio.run, asked).result()
    return told[0]


@pytest.mark.parametrize(
    "origin",
    [
        b"http://127.0.0.1:8502",
        b"http://localhost:8501",
        b"http://evil.example:8501",
        b"http://127.0.0.1",
        b"null",
        b"",
    ],
)
def test_a_page_of_another_origin_gets_no_websocket(origin):
    assert first_message("websocket", (b"origin", origin))["type"] == "websocket.close"


@pytest.mark.parametrize("headers", [(), ((b"origin", b"http://127.0.0.1:8501"),)])
def test_its_own_page_and_a_client_that_is_no_browser_get_one(headers):
    assert first_message("websocket", *headers)["type"] == "websocket.accept"


def test_streamlit_does_not_learn_of_another_origin_that_asks_for_an_answer():
    seen = []

    async def app(scope, receive, send):
        seen.append(dict(scope["headers"]))

    for origin in (b"http://evil.example", b"http://127.0.0.1:8501"):
        headers = [HOST, (b"origin", origin)]
        asked = Guard(app)({"type": "http", "path": "/", "headers": headers}, None, None)
        with ThreadPoolExecutor() as thread:
            thread.submit(asyncio.run, asked).result()
    assert [headers.get(b"origin") for headers in seen] == [None, b"http://127.0.0.1:8501"]


def test_every_answer_forbids_frames_and_what_comes_from_elsewhere():
    headers = dict(first_message("http")["headers"])
    policy = headers[b"content-security-policy"].decode()
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    assert rules["frame-ancestors"] == rules["frame-src"] == rules["object-src"] == "'none'"
    assert headers[b"x-frame-options"] == b"DENY"
    allowed = {source for rule in rules.values() for source in rule.split()}
    assert not [source for source in allowed if "*" in source or "//" in source]
    assert "'unsafe-inline'" not in rules["script-src"]


@pytest.mark.parametrize("base", ["", "/gapviz"])
@pytest.mark.parametrize(("switch", "status"), [("1", 403), ("", 200)])
def test_a_gapviz_that_only_shows_takes_no_upload(monkeypatch, base, switch, status):
    monkeypatch.setenv("GAPVIZ_READ_ONLY", switch)
    upload = f"{base}/{BASE_ROUTE_UPLOAD_FILE}/a-visitor/a-file"
    assert first_message("http", path=upload)["status"] == status
    assert first_message("http", path=f"{base}/_stcore/health")["status"] == 200
