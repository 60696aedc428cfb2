"""Clouds that pages draw, and the scripts that draw them, as the server hands them out."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gapviz.analyses.layouts import LayoutRequest
from gapviz.core.lazy import cached_property
from gapviz.dashboard.caches import cached_within, forgotten_with_collections
from gapviz.figures.point_cloud import PairLines, PointCloud

_FOLDER = Path(__file__).parent
SCRIPTS = {
    path.name: path.read_bytes()
    for path in (
        *sorted(_FOLDER.glob("*.js")),
        _FOLDER / "vendor/regl-scatterplot.js",
    )
}
"""By the names under which they import each other."""
SCRIPTS_VERSION = hashlib.sha256(b"".join(SCRIPTS.values())).hexdigest()[:16]


@dataclass(frozen=True, eq=False)
class ServedCloud:
    """A cloud that some page shows, and the collection whose items its points are."""

    cloud: PointCloud
    collection: str
    """As the routes call it."""
    pair: tuple[str, str] | None
    """The modalities whose matched rows may be joined."""

    @property
    def key(self) -> str:
        """What the cloud, its collection and its pair are, in a hash."""
        names = "\0".join((self.cloud.content_hash, self.collection, *(self.pair or ())))
        return hashlib.sha256(names.encode()).hexdigest()[:32]

    @cached_property
    def pair_lines(self) -> PairLines:
        """Those of its pair."""
        assert self.pair is not None
        return self.cloud.pair_lines(self.pair)


_served = forgotten_with_collections(256)


def serve(served: ServedCloud) -> str:
    """Hand a cloud out from now on; returns the key of its addresses."""
    _served.put(served.key, served)
    return served.key


def served_cloud(key: str) -> ServedCloud | None:
    """The cloud of an address, if a page shows it."""
    found: Any = _served.get(key)
    return found if isinstance(found, ServedCloud) else None


@cached_within(256)
def cloud_of(request: LayoutRequest) -> PointCloud:
    """The cloud of a layout, which may be waited for."""
    return PointCloud.of(request.compute(), request.item_index)
