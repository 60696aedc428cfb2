"""Clouds that pages draw, and the scripts that draw them, as the server hands them out."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from gapviz.analyses.layouts import LayoutRequest
from gapviz.core.item import Item
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

PICTURED = ("image", "video")
"""Modalities whose points are shown as pictures; those of others are shown in words."""
NO_PICTURE = 2**32 - 1
"""In place of the item of a point that has no picture."""


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

    def pictures(self, items: Sequence[Item]) -> bytes:
        """The item of every point that has a picture, uint32, little-endian.

        `items` are those of the collection.
        """
        has = np.fromiter((item.image is not None for item in items), bool, len(items))
        owner = self.cloud.item
        shown = pictured(self.cloud) & has[owner]
        return np.where(shown, owner, NO_PICTURE).astype("<u4").tobytes()


def pictured(cloud: PointCloud) -> npt.NDArray[np.bool_]:
    """`(n,)`, whether each point of a cloud is of a modality that pictures show."""
    names = cloud.layout.modalities
    return np.array([name in PICTURED for name in names], dtype=bool)[cloud.modality_code]


def has_pictures(cloud: PointCloud) -> bool:
    """Whether any point is of a modality that pictures show."""
    return any(cloud.counts.get(name) for name in PICTURED)


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
