"""What the reader of a page has before the first example: the files that the page speaks of."""

import csv
from pathlib import Path

PICTURES = 40


def photos(folder: Path) -> None:
    """`photos/`: 40 pictures with captions and labels in a table."""
    from gapviz.sources.builtin import builtin_collection
    from gapviz.sources.builtin.drawings import drawing_png

    drawings = builtin_collection()
    (folder / "photos").mkdir()
    with (folder / "photos" / "metadata.csv").open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["file_name", "text", "label"])
        for position in drawings.splits["evaluate"][:PICTURES]:
            item = drawings.items[position]
            (folder / "photos" / f"{item.id}.png").write_bytes(drawing_png(item.id, 96))
            table.writerow([f"{item.id}.png", item.captions[0], item.label.split("-")[0]])


def text_vectors(folder: Path) -> None:
    """`vectors.npy`: the text vectors of the built-in collection."""
    import numpy as np

    from gapviz.sources.builtin import builtin_collection

    np.save(folder / "vectors.npy", builtin_collection().modality("text").corpus.vectors)
