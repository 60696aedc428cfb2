"""Today's vectors as sketches: of files of any size, of a collection, or sketches made before."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from gapviz.core.collection import UNNAMED_MODEL, Collection
from gapviz.core.errors import GapvizError
from gapviz.core.progress import Progress, no_progress
from gapviz.core.splits import CALIBRATE, EVALUATE
from gapviz.export.apply import DEFAULT_BLOCK
from gapviz.export.card import ExportCard
from gapviz.export.vector_files import Rows, VectorFile, open_vectors
from gapviz.measures.sketch.calibration import Calibration
from gapviz.measures.sketch.sketch import CORPUS, QUERIES, Sketch, load_sketches


@dataclass(frozen=True, eq=False)
class Today:
    """Makes sketches against what one export was fitted on."""

    card: ExportCard
    calibration: Calibration
    queries: bool = False
    """Whether the rows ask, instead of being indexed."""
    encoder: str | None = None
    """What made the rows of bare files, where it is known."""

    @property
    def _role(self) -> str:
        return QUERIES if self.queries else CORPUS

    def of_file(
        self,
        path: Path,
        modality: str,
        array: str | None = None,
        block_rows: int = DEFAULT_BLOCK,
        progress: Progress = no_progress,
    ) -> Sketch:
        """Of a file of vectors of any size, block by block.

        Args:
            path: as `open_vectors` takes it.
            modality: of all rows.
            array: the array, tensor or column, where there are several.
            block_rows: rows in memory at once; the sketch does not depend on it.
            progress: told after every block.

        Raises:
            GapvizError: as `open_vectors`, bad rows, or a modality that was not exported.
        """
        self.refuse_unknown(modality, path.name)
        vectors = open_vectors(path, array)
        reference = self.calibration.reference
        return Sketch.of_blocks(
            _watched(vectors, max(block_rows, 1), progress),
            modality,
            # Of another dimension nothing but that is said.
            reference if vectors.dim == reference.dim else None,
            role=self._role,
            where=path.name,
            encoder=self.encoder or UNNAMED_MODEL,
        )

    def of_collection(self, collection: Collection) -> list[Sketch]:
        """Of the modalities of a collection that were exported.

        Of the collection that the fix was fitted on, those are the items that it was measured on.

        Raises:
            GapvizError: none of those modalities is there.
        """
        collection = self.held_out(collection)
        reference = self.calibration.reference
        found = []
        for name in self.card.modalities:
            block = collection.modalities.get(name)
            if block is None:
                continue
            rows = block.queries if self.queries else block.corpus
            made = Sketch.of_blocks(
                [rows.vectors],
                name,
                reference if rows.dim == reference.dim else None,
                role=self._role,
                encoder=collection.encoder,
                lengths=False,
                where=collection.name,
            )
            ids = [collection.items[place].id for place in rows.first_rows.item_index]
            found.append(replace(made, marks=made.marks.of(ids, rows.first_rows.vectors)))
        if not found:
            raise GapvizError(
                f"has no vectors of {' or '.join(self.card.modalities)}", where=collection.name
            )
        return found

    def of_sketches(self, path: Path) -> list[Sketch]:
        """Sketches that were made before against the same export.

        Raises:
            GapvizError: as `load_sketches`, or a modality that was not exported.
        """
        found = load_sketches(path)
        for one in found:
            self.refuse_unknown(one.modality, path.name)
        return found

    def held_out(self, collection: Collection) -> Collection:
        """The held-out items where it is the collection that the fix was fitted on; else all."""
        halves = [collection.splits.get(name, ()) for name in (CALIBRATE, EVALUATE)]
        if not all(map(len, halves)):
            return collection
        same = collection.split(CALIBRATE).content_hash == self.card.fitted_hash
        return collection.split(EVALUATE) if same else collection

    def refuse_unknown(self, modality: str, where: str) -> None:
        """Raise `GapvizError` for a modality that was not exported."""
        if modality not in self.calibration.corpus:
            raise GapvizError(
                f"there is no modality {modality[:80]!r} among the calibration items",
                where=where,
                hint=f"name one of {', '.join(self.calibration.corpus)}",
            )


def merged_by_modality(sketches: Iterable[Sketch]) -> list[Sketch]:
    """One sketch a modality, of all rows.

    Raises:
        GapvizError: as `Sketch.merge`.
    """
    found: dict[str, Sketch] = {}
    for one in sketches:
        known = found.get(one.modality)
        found[one.modality] = one if known is None else known.merge(one)
    return list(found.values())


def _watched(vectors: VectorFile, rows: int, progress: Progress) -> Iterable[Rows]:
    done = 0
    for block in vectors.blocks(0, rows):
        yield block
        done += len(block)
        progress(done / vectors.n_rows, f"{done:,} of {vectors.n_rows:,} rows")
