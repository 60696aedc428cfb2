"""What a tower does to a picture before it sees it, as plain data that needs no torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol, get_args

import numpy as np
import numpy.typing as npt
from PIL import Image

from gapviz.core.errors import GapvizError
from gapviz.sources.images.decoding import over_white

Pixels = npt.NDArray[np.uint8]
Fit = Literal["shortest", "longest", "squash"]
Interpolation = Literal["nearest", "bilinear", "bicubic", "lanczos", "box", "hamming"]

IMAGE_BATCH = 32
"""Pictures that a tower is given at once."""

MAX_PIXELS = 50_000_000
"""Most pixels that a picture is scaled to."""

WHOLE_PIXELS = 2048 * 2048
"""Most pixels of a picture whose model scales it: above what such models read, so that two steps
of scaling lose nothing, and 12 MB."""

NARROWEST = 200
"""Longer side over shorter side beyond which models that scale a picture themselves refuse it."""


class Preparation(Protocol):
    """What another process can do to a picture, before an encoder has it."""

    @property
    def most_pixels(self) -> int:
        """Of a prepared picture."""

    def pixels(self, image: Image.Image) -> Pixels:
        """`(height, width, 3)` RGB of a picture of any mode and size, laid over white.

        Raises:
            GapvizError: a picture that the encoder cannot take.
        """


@dataclass(frozen=True, slots=True)
class Preprocessing:
    """Scale a picture, then cut or fill it to a fixed size.

    The arithmetic of sizes is torchvision's and open_clip's, so that their models see what
    they were trained on, to the last bit.

    Raises:
        GapvizError: a way to fit, or an interpolation, that does not exist.
    """

    size: tuple[int, int]
    """Height and width that the tower reads."""
    fit: Fit
    """`shortest`: the shorter side becomes `scaled`, the rest is cut off; `longest`: the whole
    picture, filled up; `squash`: stretched."""
    interpolation: Interpolation = "bicubic"
    scaled: tuple[int, int] | None = None
    """Height and width to scale to before the middle is cut out; None takes `size`."""
    fill: tuple[int, int, int] = (0, 0, 0)
    """RGB around a picture that does not fill `size`."""

    @property
    def most_pixels(self) -> int:
        """Of a prepared picture."""
        return self.size[0] * self.size[1]

    def __post_init__(self) -> None:
        for value, known in ((self.fit, Fit), (self.interpolation, Interpolation)):
            if value not in get_args(known):
                raise GapvizError(
                    f"pictures cannot be scaled by {str(value)[:40]!r}",
                    hint=f"choose one of {', '.join(get_args(known))}",
                )

    def pixels(self, image: Image.Image) -> Pixels:
        """`(height, width, 3)` RGB of a picture of any mode and size, laid over white.

        Raises:
            GapvizError: so narrow a picture that it would have to be scaled beyond measure.
        """
        flat = over_white(image)
        height, width = self._scaled_size(flat.height, flat.width)
        if height * width > MAX_PIXELS:
            raise GapvizError(
                f"is too narrow to be scaled ({flat.width:,} × {flat.height:,} pixels)",
                hint="cut it to a squarer picture",
            )
        if (flat.height, flat.width) != (height, width):
            method = Image.Resampling[self.interpolation.upper()]
            flat = flat.resize((width, height), method)
        return np.array(self._centred(flat))

    def _scaled_size(self, height: int, width: int) -> tuple[int, int]:
        target = self.scaled or self.size
        if self.fit == "squash":
            return target
        if self.fit == "shortest" and target[0] == target[1]:
            # torchvision's Resize: the longer side is cut down to a whole number of pixels.
            longer = int(target[0] * max(height, width) / min(height, width))
            return (longer, target[0]) if height > width else (target[0], longer)
        ratios = (height / target[0], width / target[1])
        ratio = max(ratios) if self.fit == "longest" else min(ratios)
        return max(1, round(height / ratio)), max(1, round(width / ratio))

    def _centred(self, image: Image.Image) -> Image.Image:
        height, width = self.size
        if (image.height, image.width) == self.size:
            return image
        if image.height < height or image.width < width:
            canvas_size = (max(width, image.width), max(height, image.height))
            canvas = Image.new("RGB", canvas_size, self.fill)
            corner = ((canvas.width - image.width) // 2, (canvas.height - image.height) // 2)
            canvas.paste(image, corner)
            image = canvas
        top = round((image.height - height) / 2)
        left = round((image.width - width) / 2)
        return image.crop((left, top, left + width, top + height))


@dataclass(frozen=True, slots=True)
class WholePicture:
    """The picture as it is, for a model that scales it itself; only a huge one is made smaller."""

    most_pixels: int = WHOLE_PIXELS

    def pixels(self, image: Image.Image) -> Pixels:
        """`(height, width, 3)` RGB of a picture of any mode and size, laid over white.

        Raises:
            GapvizError: a picture so narrow that no model takes it.
        """
        flat = over_white(image)
        if max(flat.size) > NARROWEST * min(flat.size):
            raise GapvizError(
                f"is too narrow for the model ({flat.width:,} × {flat.height:,} pixels)",
                hint="cut it to a squarer picture",
            )
        excess = flat.width * flat.height / self.most_pixels
        if excess > 1:
            size = (max(1, int(side / excess**0.5)) for side in flat.size)
            flat = flat.resize(tuple(size), Image.Resampling.LANCZOS)  # type: ignore[arg-type]
        return np.array(flat)
