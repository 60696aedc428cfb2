"""The dashboard as a visitor meets it: a real server, a real browser."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.patience import PATIENCE_SECONDS, until

ROOT = Path(__file__).parents[2]
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")
AS_MAKE_RUN = [sys.executable, "-m", "streamlit", "run", "app.py"]
# Software WebGL, and none of Chromium's own calls to the network.
CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    # Software draws a page faster than a GPU that software plays; Debian's launcher asks for one.
    "--disable-gpu-rasterization",
    "--disable-gpu-compositing",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
PATIENCE_MS = 1000 * PATIENCE_SECONDS
# Streamlit's page looks for its server below the page's own address first, and tells the
# console of a page that does not exist, as it tells the visitor.
EXPECTED_PLACE = "/_stcore/"
EXPECTED_TEXT = "The page that you have requested does not seem to exist"


def chromium() -> str:
    for name in CHROMIUM_NAMES:
        found = shutil.which(name)
        if found:
            return found
    pytest.skip("no Chromium here: install it (apt-get install chromium) to run these tests")


@pytest.fixture(scope="session")
def server_home(tmp_path_factory):
    """Where the server keeps collections."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="session")
def server(tmp_path_factory, server_home, shared_cache):
    with _started(AS_MAKE_RUN, tmp_path_factory, server_home, shared_cache) as address:
        yield address


@pytest.fixture
def fresh_server(tmp_path_factory):
    """One that nobody has visited yet."""
    with _started(AS_MAKE_RUN, tmp_path_factory) as address:
        yield address


@pytest.fixture(scope="module")
def slow_server(tmp_path_factory):
    """One whose pages take seconds below their title, as a first visit to a large collection."""
    command = [sys.executable, str(Path(__file__).with_name("slow_server.py"))]
    with _started(command, tmp_path_factory) as address:
        yield address


@pytest.fixture(scope="module")
def clouds_server(tmp_path_factory):
    """One that draws as many points as its address asks for."""
    command = [*AS_MAKE_RUN[:-1], str(Path(__file__).with_name("clouds_app.py"))]
    with _started(command, tmp_path_factory) as address:
        yield address


@contextmanager
def _started(command, tmp_path_factory, home=None, cache=None):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = tmp_path_factory.mktemp("server") / "log"
    environment = os.environ | {
        "GAPVIZ_CACHE": str(cache or tmp_path_factory.mktemp("cache")),
        "GAPVIZ_HOME": str(home or tmp_path_factory.mktemp("home")),
    }
    with log.open("w") as output:
        process = subprocess.Popen(
            [*command, "--server.port", str(port)],
            cwd=ROOT,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        address = f"http://127.0.0.1:{port}"
        try:
            _wait_until_healthy(address, process, log)
            yield address
        finally:
            process.terminate()
            process.wait(20)


def _wait_until_healthy(address: str, process: subprocess.Popen, log: Path) -> None:
    deadline = time.monotonic() + PATIENCE_MS / 1000
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"the server stopped:\n{log.read_text()}")
        try:
            urllib.request.urlopen(f"{address}/_stcore/health", timeout=2)
            return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    raise RuntimeError(f"the server did not answer:\n{log.read_text()}")


@pytest.fixture(scope="session")
def browser():
    from playwright.sync_api import expect, sync_playwright

    executable = chromium()
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=executable, args=CHROMIUM_ARGUMENTS)
        yield launched
        launched.close()


class Visit:
    """One tab, with what a visitor does in it."""

    def __init__(self, page, address):
        self.page, self.address = page, address

    def open(self, path="/"):
        url = path if path.startswith("http") else f"{self.address}{path}"
        self.page.goto(url)
        self.page.wait_for_selector("h1", timeout=PATIENCE_MS)
        self.settle()
        return self

    def settle(self):
        """Wait until the script has run to its end and the page has drawn it."""
        # What was done must reach the server before its state tells anything.
        self.page.wait_for_timeout(200)
        self.page.wait_for_function(
            "document.querySelector('[data-testid=stApp]')"
            ".getAttribute('data-test-script-state') === 'notRunning'",
            timeout=PATIENCE_MS,
        )
        self.page.evaluate(
            "() => new Promise(drawn => requestAnimationFrame(() => requestAnimationFrame(drawn)))"
        )

    def widget(self, key):
        return self.page.locator(f".st-key-{key}")

    def type_query(self, text):
        asked = f"q={urllib.parse.quote_plus(text)}"

        def taken():
            field = self.widget("q").locator("input")
            field.fill(text)
            field.press("Enter")
            self.page.wait_for_timeout(500)
            self.settle()
            return asked in self.page.url

        # A page that draws itself anew at that moment forgets what was typed; one types again.
        self.until(taken)

    def choose(self, key, title):
        self.widget(key).get_by_text(title, exact=True).click()
        self.settle()

    def nudge(self, key, presses=1, arrow="ArrowLeft"):
        thumb = self.widget(key).locator("input[type=range]").first
        thumb.focus()
        before = self.page.url
        for _ in range(presses):
            thumb.press(arrow)
        self.page.wait_for_url(lambda url: url != before, timeout=PATIENCE_MS)
        self.settle()

    def rest_on(self, chart, place, felt):
        """Move the pointer onto a place of a chart until `felt` is true: being drawn, it feels
        nothing. Both are functions of the chart, in JavaScript."""
        chart.scroll_into_view_if_needed()
        end = time.monotonic() + PATIENCE_MS / 1000
        while not chart.evaluate(felt):
            assert time.monotonic() < end, "the chart feels no pointer"
            x, y = chart.evaluate(place)
            self.page.mouse.move(x - 3, y - 3)
            self.page.mouse.move(x, y, steps=3)
            self.page.wait_for_timeout(150)
        return x, y

    def until(self, holds):
        """Wait for what `holds()` finds true."""
        until(holds, between=lambda: self.page.wait_for_timeout(50))

    def clouds(self):
        """The canvases of a picture whose points are all drawn."""
        self.page.wait_for_selector(".canvas:not([aria-busy])", timeout=PATIENCE_MS)
        self.settle()
        return self.page.locator("canvas.points")

    def outline(self, cloud, left, top, right, bottom, tool="Lasso"):
        """Draw a lasso, or a box, by shares of a cloud's width and height; returns the ends of what
        lies in it, `{"x": [low, high], "y": [low, high]}`."""
        cloud.scroll_into_view_if_needed()
        self.page.get_by_role("button", name=tool, exact=True).click()
        box = cloud.bounding_box()
        corners = [(left, top), (right, top), (right, bottom), (left, bottom), (left, top)]
        if tool == "Box":
            corners = corners[:3:2]
        places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in corners]
        self.page.mouse.move(*places[0])
        self.page.mouse.down()
        for place in places[1:]:
            self.page.mouse.move(*place, steps=2)
        self.page.mouse.up()
        span = cloud.evaluate("canvas => canvas.plot.span()")
        (x0, x1), (y0, y1) = span["x"], span["y"]
        return {
            "x": [x0 + (x1 - x0) * left, x0 + (x1 - x0) * right],
            "y": [y1 - (y1 - y0) * bottom, y1 - (y1 - y0) * top],
        }

    def lists(self):
        return self.page.locator(".gv-grid[role=list]")


@pytest.fixture(scope="session")
def visitor(browser):
    """One visitor of all tests, whose browser keeps the scripts that it has read."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    context.set_default_timeout(PATIENCE_MS)
    yield context
    context.close()


@pytest.fixture
def visit(server, visitor):
    """Open a tab; afterwards nothing may have gone wrong or left the machine in any."""
    yield from _visits(server, visitor)


@pytest.fixture
def visit_clouds(clouds_server, visitor):
    """The same of the server of clouds."""
    yield from _visits(clouds_server, visitor)


@pytest.fixture
def visit_fresh(fresh_server, browser):
    """The same of a server that nobody has visited yet, in a window of 1280 × 720."""
    context = browser.new_context(viewport={"width": 1280, "height": 720})
    context.set_default_timeout(PATIENCE_MS)
    yield from _visits(fresh_server, context)
    context.close()


def _visits(server, visitor):
    pages, faults = [], []

    def opened(path="/", before="", motion="no-preference"):
        """`before` is a script that runs before any of the page."""
        page = visitor.new_page()
        page.add_init_script(before)
        page.emulate_media(reduced_motion=motion)
        pages.append(page)
        page.on("pageerror", lambda error: faults.append(f"script: {error}"))
        page.on("console", lambda message: _note_console(message, faults))
        page.on("request", lambda request: _note_request(request, server, faults))
        return Visit(page, server).open(path)

    yield opened
    for page in pages:
        page.close()
    assert not faults


def _note_console(message, faults):
    place = (message.location or {}).get("url", "")
    expected = EXPECTED_PLACE in place or EXPECTED_TEXT in message.text
    if message.type == "error" and not expected:
        faults.append(f"console: {message.text} ({place})")


def _note_request(request, server, faults):
    local = (server, server.replace("http", "ws"), "data:", "blob:")
    if not request.url.startswith(local):
        faults.append(f"left the machine: {request.url}")
