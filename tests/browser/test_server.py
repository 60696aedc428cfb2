import http.client
import json
import urllib.error
import urllib.request

import pytest

from gapviz.sources.builtin import builtin_collection

pytestmark = pytest.mark.browser


def answer(server, path, host=None):
    request = urllib.request.Request(f"{server}{path}")
    if host:
        request.add_header("Host", host)
    try:
        with urllib.request.urlopen(request, timeout=30) as response:
            return response.status, response.headers.get("Content-Type"), response.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers.get("Content-Type"), error.read()


def test_a_thumbnail_is_served_by_id_and_by_position(server):
    status, kind, png = answer(server, "/thumb/builtin/1F431.png?size=96")
    assert (status, kind, png[:4]) == (200, "image/png", b"\x89PNG")
    assert answer(server, "/thumb/builtin/at/0.png")[0] == 200


def test_an_item_is_described(server):
    position = builtin_collection().position["1F431"]
    status, kind, body = answer(server, f"/item/builtin/at/{position}.json")
    assert (status, kind) == (200, "application/json")
    assert json.loads(body)["caption"] == "cat face"


@pytest.mark.parametrize(
    "path",
    [
        "/thumb/builtin/NOPE.png",
        "/thumb/other/1F431.png",
        "/thumb/builtin/at/999999.png",
        f"/thumb/builtin/at/{'9' * 6000}.png",
        "/item/builtin/at/999999.json",
    ],
)
def test_what_is_not_there_is_not_found(server, path):
    assert answer(server, path)[0] == 404


@pytest.mark.parametrize(
    "path", ["/thumb/builtin/..%2F..%2Fapp.py.png", "/thumb/../app.py", "/item/builtin/at/-1.json"]
)
def test_a_path_out_of_the_collection_gets_the_page_and_no_file(server, path):
    status, kind, body = answer(server, path)
    assert status in (400, 404) or (kind or "").startswith("text/html"), (status, kind)
    assert b"st.navigation" not in body


@pytest.mark.parametrize("size", ["99999", "-1", "abc", "²"])
def test_an_odd_size_is_answered_with_a_usual_one(server, size):
    status, _, png = answer(server, f"/thumb/builtin/1F431.png?size={urllib.request.quote(size)}")
    assert status == 200
    assert len(png) < 100_000


@pytest.mark.parametrize(
    "path", ["/", "/story", "/scores", "/thumb/builtin/1F431.png", "/item/builtin/at/0.json"]
)
def test_a_foreign_host_is_refused(server, path):
    assert answer(server, path, host="evil.example")[0] == 400


@pytest.mark.parametrize("path", ["/", "/search", "/thumb/builtin/1F431.png", "/_stcore/health"])
def test_every_answer_forbids_to_frame_it(server, path):
    with urllib.request.urlopen(f"{server}{path}", timeout=30) as response:
        assert "frame-ancestors 'none'" in response.headers["Content-Security-Policy"]


def test_the_websocket_takes_pages_of_its_own_port_only(server):
    place = server.removeprefix("http://")
    assert handshake(place, f"http://{place}") == 101
    assert handshake(place, "http://localhost:3000") == 403
    assert handshake(place, "http://127.0.0.1:3000") == 403


def handshake(place, origin):
    """The status of the answer to a page of `origin` that wants the websocket."""
    connection = http.client.HTTPConnection(place, timeout=30)
    headers = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "c2l4dGVlbiBieXRlcyAhIQ==",
        "Origin": origin,
    }
    connection.request("GET", "/_stcore/stream", headers=headers)
    status = connection.getresponse().status
    connection.close()
    return status
