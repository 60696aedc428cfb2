"""Routes beside the pages: thumbnails and descriptions of items, clouds of points and what draws
them, and old addresses of pages.

An item is named by its id or, where many are drawn, by its position in the collection. What
reads files is no coroutine, so that Starlette runs it in a thread.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from gapviz.core.collection import Collection
from gapviz.core.errors import GapvizError
from gapviz.core.item import Item
from gapviz.dashboard.base_path import base_path, below_base
from gapviz.dashboard.caches import items_of
from gapviz.dashboard.canvas.served import (
    SCRIPTS,
    SCRIPTS_VERSION,
    ServedCloud,
    pictured,
    served_cloud,
)
from gapviz.sources.images.references import thumbnail_png

SIZES = (48, 96, 192, 384)
"""Thumbnails come in these sizes only, so that no link can fill the disk."""

MOVED = {"/story": "/", "/thresholds": "/scores?scores=thresholds", "/advisor": "/decide"}
"""Address → where it leads. Streamlit serves the first page at `/` alone; the others are the
addresses of an earlier version."""

UNCHANGING = {"Cache-Control": "private, max-age=86400"}


def thumbnail_url(
    name: str, collection: Collection, item: Item, size: int = 96, modality: str = "image"
) -> str:
    """Where the thumbnail of an item of the collection called `name` is served; of its picture in
    `modality`, where it has one of its own.
    """
    # A part of an address cannot hold a slash, and an id may.
    place = quote(item.id) if "/" not in item.id else f"at/{collection.position[item.id]}"
    own = f"&modality={quote(modality)}" if modality in dict(item.other_pictures) else ""
    return below_base(f"/thumb/{quote(name)}/{place}.png?size={size}{own}")


def _thumbnail(request: Request) -> Response:
    found = _find(request)
    if found is None:
        return PlainTextResponse("no such item", status_code=404)
    collection, item = found
    reference = item.picture(request.query_params.get("modality", "image"))
    if reference is None:
        return PlainTextResponse("this item has no picture", status_code=404)
    wanted = request.query_params.get("size", "96")
    size = int(wanted) if wanted.isdecimal() and len(wanted) < 5 else 96
    served = min(SIZES, key=lambda offered: abs(offered - size))
    try:
        png = thumbnail_png(reference, collection.root, served)
    except GapvizError as error:
        return PlainTextResponse(error.sentence, status_code=404)
    return Response(png, media_type="image/png", headers=UNCHANGING)


def _item(request: Request) -> Response:
    found = _find(request)
    if found is None:
        return JSONResponse({"error": "no such item"}, status_code=404)
    return JSONResponse(_described(*found), headers=UNCHANGING)


def _described(collection: Collection, item: Item) -> dict[str, Any]:
    return {
        "id": item.id,
        "caption": item.captions[0] if item.captions else "",
        "captions": list(item.captions),
        "picture": item.image is not None,
        "label": ", ".join(item.labels) or None,
        "attribution": collection.attribution,
    }


def _cloud(request: Request) -> Response:
    served = served_cloud(request.path_params["key"])
    return _bytes(None if served is None else served.cloud.content)


def _pairs(request: Request) -> Response:
    served = served_cloud(request.path_params["key"])
    return _bytes(None if served is None or not served.pair else served.pair_lines.content)


def _pictures(request: Request) -> Response:
    served = served_cloud(request.path_params["key"])
    return _bytes(None if served is None else served.pictures(items_of(served.collection).items))


def _bytes(content: bytes | None) -> Response:
    if content is None:
        return PlainTextResponse("no such cloud", status_code=404)
    return Response(content, media_type="application/octet-stream", headers=UNCHANGING)


def _point(request: Request) -> Response:
    """Whose a point is, what there is to tell of that item, and its points."""
    served = served_cloud(request.path_params["key"])
    point = _number(request.path_params["point"])
    if served is None or not 0 <= point < served.cloud.item.size:
        return JSONResponse({"error": "no such point"}, status_code=404)
    return JSONResponse(_owner(served, point), headers=UNCHANGING)


def _owner(served: ServedCloud, point: int) -> dict[str, Any]:
    cloud = served.cloud
    position = int(cloud.item[point])
    points = cloud.points_of_items([position]).tolist()
    collection = items_of(served.collection)
    told = _described(collection, collection.items[position])
    if not pictured(cloud)[point]:
        # Words are shown in words, those of the row itself.
        told["picture"] = False
        place = cloud.place_in_item(point)
        if place < len(told["captions"]):
            told["caption"] = told["captions"][place]
    return {"item": position, "points": points} | told


def _script(request: Request) -> Response:
    script = SCRIPTS.get(request.path_params["name"])
    if script is None or request.path_params["version"] != SCRIPTS_VERSION:
        return PlainTextResponse("no such script", status_code=404)
    return Response(script, media_type="text/javascript", headers=UNCHANGING)


async def _moved(request: Request) -> Response:
    # By its path alone: behind a proxy, only that knows the scheme and the host.
    base = base_path()
    place, _, set_here = MOVED[request.url.path.removeprefix(base)].partition("?")
    query = "&".join(filter(None, [set_here, request.url.query]))
    return RedirectResponse(f"{base}{place}?{query}" if query else f"{base}{place}")


def _find(request: Request) -> tuple[Collection, Item] | None:
    try:
        collection = items_of(request.path_params["collection"])
    except GapvizError:
        return None
    position = request.path_params.get("position")
    if position is None:
        place = collection.position.get(request.path_params["item"], collection.n_items)
    else:
        place = _number(position)
    return (collection, collection.items[place]) if 0 <= place < collection.n_items else None


def _number(digits: str) -> int:
    """-1 of what is none: Python refuses to read a number of thousands of digits."""
    return int(digits) if digits.isdecimal() and len(digits) < 10 else -1


async def _to_first_page(request: Request) -> Response:
    """Links of the pages are relative to what ends in the slash."""
    query = request.url.query
    return RedirectResponse(below_base(f"/?{query}" if query else "/"))


ROUTES = [
    Route("/thumb/{collection:str}/{item:str}.png", _thumbnail),
    Route("/thumb/{collection:str}/at/{position:str}.png", _thumbnail),
    Route("/item/{collection:str}/at/{position:str}.json", _item),
    Route("/cloud/{key:str}.bin", _cloud),
    Route("/cloud/{key:str}/pairs.bin", _pairs),
    Route("/cloud/{key:str}/pictures.bin", _pictures),
    Route("/cloud/{key:str}/{point:str}.json", _point),
    Route("/canvas/{version:str}/{name:str}", _script),
    *(Route(address, _moved) for address in MOVED),
]


def routes() -> list[Route]:
    """All of them, below the path where the dashboard begins."""
    base = base_path()
    below = [Route(below_base(one.path), one.endpoint) for one in ROUTES]
    return [*below, *([Route(base, _to_first_page)] if base else [])]
