"""Take the pictures of the docs from the dashboard itself: `python docs/build_gallery.py [NAME …]`.

It starts a server of its own and drives Chromium (playwright, of requirements-test.txt). The first
picture of a page waits for what the page measures, which takes minutes on a cold cache.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Literal
from urllib.parse import quote

from PIL import Image

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

HERE = Path(__file__).parent
PATIENCE_MS = 300_000
COLOURS = 256
"""Of a picture: flat surfaces lose nothing, and take a quarter of the bytes."""
UNDER_WAY = "[data-testid=stProgress], [data-testid=stSkeleton], .canvas[aria-busy]"
"""What stands on a page while something is measured or drawn."""
ADDRESS = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Shot:
    """A page as it is photographed."""

    path: str
    waits_for: str
    """Words that stand there once all of it has been measured."""
    scroll_to: str = ""
    """A heading that comes to the top."""
    scheme: Literal["light", "dark"] = "light"
    width: int = 1280
    height: int = 900


SHOTS = {
    "cones.png": Shot(
        "/cones?projection=gap_axis&strategy=centre&clouds=both", "in widths of a cloud"
    ),
    "search.png": Shot("/search?q=cat face", "The right picture is at place"),
    "gallery/cones-umap.png": Shot(
        "/cones?strategy=centre&clouds=both", "in widths of a cloud", scheme="dark"
    ),
    "gallery/scoreboard.png": Shot("/scoreboard?models=one", "Score z-norm"),
    "gallery/decide.png": Shot("/decide", "Take"),
    "gallery/curves.png": Shot("/curves?strategy=centre", "λ"),
    "gallery/scores.png": Shot("/scores", "Threshold of"),
    "gallery/anatomy.png": Shot("/anatomy?part=dimensions&strategy=centre", "dimensions"),
    "gallery/directions.png": Shot("/directions", "Asymmetry"),
    "gallery/export.png": Shot("/export?strategy=znorm", "Qdrant"),
    "gallery/data.png": Shot("/data", "Nothing of your own yet"),
}
"""File below docs/ → what it shows; start.png has two states, and is taken apart."""

START, START_SIZE = "start.png", (880, 433)


def main(names: list[str]) -> None:
    """Take the pictures of these names, or all."""
    from playwright.sync_api import Error, sync_playwright

    wanted = names or [START, *SHOTS]
    with TemporaryDirectory() as home, _server(home) as address, sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--use-gl=angle", "--use-angle=swiftshader",
                     "--enable-unsafe-swiftshader"]  # fmt: skip
        browser = playwright.chromium.launch(executable_path=_chromium(), args=arguments)
        late = []
        for name in wanted:
            try:
                picture = (
                    _start(browser, address)
                    if name == START
                    else _taken(browser, address, SHOTS[name])
                )
            except Error:
                late.append(name)
                continue
            target = HERE / name
            target.parent.mkdir(exist_ok=True)
            palette = picture.quantize(COLOURS, dither=Image.Dither.NONE)
            palette.save(target, optimize=True)
            print(f"{name}: {target.stat().st_size / 1000:.0f} kB", flush=True)
        browser.close()
    if late:
        sys.exit(f"not ready in {PATIENCE_MS // 1000} s, ask for these again: {' '.join(late)}")


def _taken(browser: Browser, address: str, shot: Shot) -> Image.Image:
    page = _opened(browser, address, shot)
    if shot.scroll_to:
        page.get_by_text(shot.scroll_to).first.scroll_into_view_if_needed()
    _settle(page)
    picture = _picture(page)
    page.context.close()
    return picture


def _start(browser: Browser, address: str) -> Image.Image:
    """The first page, raw and fixed, one below the other."""
    width, height = START_SIZE
    page = _opened(browser, address, Shot("/", "How often?"))
    made = Image.new("RGB", (width, 2 * height), "white")
    for at in range(2):
        box = page.locator("h1").first.bounding_box()
        assert box is not None
        x, y = box["x"] - 30, box["y"] + 2
        taken = _picture(page)
        made.paste(taken.crop((int(x), int(y), int(x) + width, int(y) + height)), (0, at * height))
        if at == 0:
            page.get_by_text("Fix it").first.click()
            _settle(page)
    page.context.close()
    return made


def _opened(browser: Browser, address: str, shot: Shot) -> Page:
    context = browser.new_context(
        viewport={"width": shot.width, "height": shot.height}, color_scheme=shot.scheme
    )
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    page.goto(f"{address}{quote(shot.path, safe='/?=&')}")
    page.get_by_text(shot.waits_for).first.wait_for(state="attached")
    _settle(page)
    return page


def _settle(page: Page) -> None:
    """Wait until nothing is measured any more and the page has drawn what there is."""
    page.wait_for_timeout(1_000)
    page.wait_for_function(
        "document.querySelector('[data-testid=stApp]')"
        ".getAttribute('data-test-script-state') === 'notRunning'"
        f" && !document.querySelector('{UNDER_WAY}')"
    )
    page.wait_for_timeout(1_500)


def _picture(page: Page) -> Image.Image:
    return Image.open(BytesIO(page.screenshot(animations="disabled"))).convert("RGB")


def _chromium() -> str:
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if found := shutil.which(name):
            return found
    sys.exit("no Chromium here: install it (apt-get install chromium)")


@contextmanager
def _server(home: str) -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind((ADDRESS, 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)],
        cwd=HERE.parent,
        env=os.environ | {"GAPVIZ_HOME": home},
        stdout=subprocess.DEVNULL,
    )
    address = f"http://{ADDRESS}:{port}"
    try:
        while True:
            if process.poll() is not None:
                sys.exit("the server stopped")
            with suppress(OSError):
                urllib.request.urlopen(f"{address}/_stcore/health", timeout=2)
                break
            time.sleep(0.2)
        yield address
    finally:
        process.terminate()
        process.wait(20)


if __name__ == "__main__":
    main(sys.argv[1:])
