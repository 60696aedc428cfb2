"""What the encoders that come with gapviz do on photographs, as it was measured once."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from gapviz.core.errors import GapvizError
from gapviz.core.estimate import Estimate
from gapviz.sources.builtin.shipped import shipped_folder

PHOTOGRAPHS_FILE = "photographs.json"


@dataclass(frozen=True, slots=True)
class PhotographRecall:
    """R@10 of one encoder on captioned photographs that its heads never saw."""

    n: int
    """Photographs, each with one caption."""
    text_to_image: Estimate
    image_to_text: Estimate

    @property
    def chance(self) -> float:
        """R@10 of a guess."""
        return 10 / self.n


def recall_on_photographs(encoder: str) -> PhotographRecall:
    """What was measured of an encoder of `BUILTIN_ENCODERS`.

    Every caption searches all photographs of the published set coco100, and every photograph all
    captions; nothing was fitted on them.

    Raises:
        GapvizError: nothing was measured of that encoder, or the file is missing or damaged.
    """
    path = shipped_folder("encoder") / PHOTOGRAPHS_FILE
    try:
        told = json.loads(path.read_text("utf-8"))
        found = told["encoders"][encoder]
        return PhotographRecall(
            int(told["n"]),
            _estimate(found["R@10 text → image"]),
            _estimate(found["R@10 image → text"]),
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise GapvizError(
            f"what {encoder[:80]!r} does on photographs is missing or damaged",
            where=str(path),
            hint="measure it again with data/photographs.py",
        ) from error


def _estimate(told: dict[str, Any]) -> Estimate:
    return Estimate(float(told["value"]), float(told["low"]), float(told["high"]))
