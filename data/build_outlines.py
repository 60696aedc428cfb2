"""Send the outlines of the held-out drawings through the built-in encoder: `data/outlines/`.

Run it as `python data/build_outlines.py`, after `data/build_collection.py`; under a minute.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from gapviz.encoders.builtin import BuiltinEncoder
from gapviz.encoders.image_only import IMAGE_EDGE
from gapviz.sources.builtin import builtin_collection
from gapviz.sources.builtin.deflated import deflated
from gapviz.sources.builtin.drawings import OUTLINE_SCHEME, render
from gapviz.sources.builtin.outlines import OUTLINES, VECTORS, held_out_drawings
from gapviz.storage.files import write_atomically
from gapviz.storage.saved_collection import VECTORS_FILE

TARGET = Path(__file__).resolve().parent / OUTLINES / VECTORS_FILE


def main() -> None:
    """Encode every outline and write the file."""
    items = held_out_drawings(builtin_collection()).items
    pictures = [render(f"{OUTLINE_SCHEME}{item.id}", IMAGE_EDGE) for item in items]
    vectors = BuiltinEncoder("cpu").encode_images(pictures)
    TARGET.parent.mkdir(exist_ok=True)
    write_atomically(TARGET, deflated({VECTORS: vectors.astype(np.float16)}))
    print(f"{TARGET}: {len(items)} outlines, {TARGET.stat().st_size / 1e3:.0f} kB")


if __name__ == "__main__":
    main()
