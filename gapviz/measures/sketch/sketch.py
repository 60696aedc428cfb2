"""A `Sketch`: what is kept of any number of vectors of one modality, to compare it with others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path

import numpy as np
import numpy.typing as npt

from gapviz.core.collection import UNNAMED_MODEL
from gapviz.core.encoder_record import NO_RECORD, EncoderRecord
from gapviz.core.errors import GapvizError
from gapviz.core.vectors import Float32, Float64, unit_rows
from gapviz.measures.geometry.sums import EXACT_ROWS, SecondMoments, entry_steps
from gapviz.measures.sketch.copies import CopySample
from gapviz.measures.sketch.item_marks import ItemMarks
from gapviz.measures.sketch.reference import Reference, coordinates, random_basis
from gapviz.measures.sketch.score_sums import ScalarSums, ScoreSums, histogram

CORPUS, QUERIES = "corpus", "queries"
SHORTEST = 1e-12
"""A row shorter than this points nowhere."""


@dataclass(frozen=True, eq=False)
class SameItem:
    """Of calibration rows: their scores with the rows that belong to their own item.

    They are left out, as a z-norm leaves them out; `(n,)` each.
    """

    count: Float64
    total: Float64
    squares: Float64

    def of_rows(self, span: slice) -> SameItem:
        """Of some of the rows."""
        return SameItem(self.count[span], self.total[span], self.squares[span])


@dataclass(frozen=True, eq=False)
class Sketch:
    """Count, moments, norms, scores, copies and encoder of vectors of one modality.

    >>> import numpy as np
    >>> rows = np.random.default_rng(0).standard_normal((100, 8))
    >>> both = Sketch.of(rows[:30]).merge(Sketch.of(rows[30:]))
    >>> both.n, bool(np.array_equal(both.mean, Sketch.of(rows).mean))
    (100, True)
    """

    modality: str
    role: str
    """`corpus` for what is indexed, `queries` for what asks."""
    dim: int
    moments: SecondMoments
    """Σx over all dimensions, exact in any order; Σxxᵀ along the directions that are kept."""
    log_norms: ScalarSums
    """Of log₂ of the lengths as they came; empty where rows came at length 1 from elsewhere."""
    scores: Mapping[str, ScoreSums]
    """By modality of the calibration rows; empty without a reference."""
    along: Mapping[str, npt.NDArray[np.int64]]
    """By the other modality: `(BINS,)`, rows by their cosine to the gap direction."""
    copies: CopySample
    marks: ItemMarks = field(default_factory=ItemMarks)
    encoder: str = UNNAMED_MODEL
    encoder_record: EncoderRecord = NO_RECORD
    reference: str = ""
    """The digest of the `Reference` of the scores; empty for none."""

    @classmethod
    def of(
        cls,
        vectors: npt.ArrayLike,
        modality: str = "",
        reference: Reference | None = None,
        *,
        role: str = CORPUS,
        encoder: str = UNNAMED_MODEL,
        ids: Sequence[str] = (),
        where: str = "vectors",
    ) -> Sketch:
        """Of vectors `(n, dim)` of any length, float or integer.

        Args:
            vectors: one a row.
            modality: of all of them; one of the reference where there is one.
            reference: the calibration rows, for what is scored.
            role: `corpus` or `queries`.
            encoder: what made them.
            ids: of their items, one a row, where they are known.
            where: what to call them in an error message.

        Raises:
            GapvizError: as `unit_rows`, or another dimension or modality than the reference has.
        """
        matrix = np.asarray(vectors)
        made = cls.of_blocks([matrix], modality, reference, role=role, encoder=encoder, where=where)
        if not ids:
            return made
        first = {name: place for place, name in reversed(list(enumerate(ids)))}
        names = sorted(first, key=first.__getitem__)
        rows = unit_rows(matrix[[first[name] for name in names]], where=where)
        return replace(made, marks=ItemMarks.of(names, rows))

    @classmethod
    def of_blocks(
        cls,
        blocks: Iterable[npt.ArrayLike],
        modality: str = "",
        reference: Reference | None = None,
        *,
        role: str = CORPUS,
        encoder: str = UNNAMED_MODEL,
        lengths: bool = True,
        where: str = "vectors",
    ) -> Sketch:
        """Of vectors that come in blocks of any size; the blocks make no difference.

        Args:
            blocks: `(some, dim)` each.
            modality: of all of them; one of the reference where there is one.
            reference: the calibration rows, for what is scored.
            role: `corpus` or `queries`.
            encoder: what made them.
            lengths: whether the lengths of the rows are those that the encoder gave.
            where: what to call them in an error message.

        Raises:
            GapvizError: as `of`, or no rows at all.
        """
        whole: Sketch | None = None
        done = 0
        for rows, norms in _unit_blocks(blocks, where):
            if reference is not None:
                _refuse_other(rows.shape[1], modality, reference, where)
            elif whole is not None and rows.shape[1] != whole.dim:
                raise GapvizError(
                    f"has {rows.shape[1]} dimensions at row {done} and {whole.dim} before",
                    where=where,
                )
            part = cls._of_rows(rows, norms if lengths else None, modality, reference, role)
            whole = part if whole is None else whole.merge(part)
            done += len(rows)
        if whole is None:
            raise GapvizError("holds no rows", where=where, hint="give at least one vector")
        return replace(whole, encoder=encoder)

    @classmethod
    def of_calibration(
        cls,
        rows: Float32,
        modality: str,
        reference: Reference,
        same: Mapping[str, SameItem],
        **known: object,
    ) -> Sketch:
        """Of the rows that the reference was made of; their own items are left out of scores.

        Args:
            rows: unit rows `(n, dim)`.
            modality: of them.
            reference: made of them and of those of the other modalities.
            same: by modality.
            known: further fields, such as `encoder`.
        """
        parts = [
            cls._of_rows(
                rows[span],
                None,
                modality,
                reference,
                CORPUS,
                {name: one.of_rows(span) for name, one in same.items()},
            )
            for start in range(0, len(rows), EXACT_ROWS)
            for span in [slice(start, start + EXACT_ROWS)]
        ]
        whole = parts[0]
        for part in parts[1:]:
            whole = whole.merge(part)
        return replace(whole, **known)  # type: ignore[arg-type]

    @classmethod
    def _of_rows(
        cls,
        rows: Float32,
        norms: Float64 | None,
        modality: str,
        reference: Reference | None,
        role: str,
        same: Mapping[str, SameItem] | None = None,
    ) -> Sketch:
        """Of at most `EXACT_ROWS` unit rows."""
        exact = rows.astype(np.float64)
        basis = random_basis(rows.shape[1]) if reference is None else reference.basis
        kept = coordinates(exact, basis)
        scores, along, centre = {}, {}, None
        if reference is not None:
            centre = reference.means.get(modality)
            for name in reference.names:
                scores[name] = _scored(exact, kept, name, reference, (same or {}).get(name))
                if name != modality and modality in reference.names:
                    along[name] = histogram(exact @ reference.direction(modality, name))
        return cls(
            modality,
            role,
            rows.shape[1],
            SecondMoments.of(kept, entry_steps(exact)),
            ScalarSums() if norms is None else ScalarSums.of(np.log2(norms)),
            scores,
            along,
            CopySample.of(rows, centre),
            reference="" if reference is None else reference.digest,
        )

    def merge(self, other: Sketch) -> Sketch:
        """Of the rows of both; exact but for the last bits of sums of products.

        Raises:
            GapvizError: of another modality, role, dimension, encoder or reference.
        """
        for what in ("modality", "role", "dim", "encoder", "encoder_record", "reference"):
            mine, theirs = getattr(self, what), getattr(other, what)
            if mine != theirs:
                told = "another reference" if what == "reference" else f"{mine} and {theirs}"
                raise GapvizError(
                    f"sketches of different {what.replace('_', ' ')} do not merge ({told})",
                    hint="merge sketches of one modality that were made against one export",
                )
        return replace(
            self,
            moments=self.moments.merge(other.moments),
            log_norms=self.log_norms.merge(other.log_norms),
            scores={name: one.merge(other.scores[name]) for name, one in self.scores.items()},
            along={name: one + other.along[name] for name, one in self.along.items()},
            copies=self.copies.merge(other.copies),
            marks=self.marks.merge(other.marks),
        )

    @property
    def n(self) -> int:
        """Rows."""
        return self.moments.n

    @property
    def mean(self) -> Float64:
        """Centroid `(dim,)`."""
        return self.moments.mean

    @property
    def second(self) -> Float64:
        """Mean of xxᵀ along the kept directions."""
        mean: Float64 = (self.moments.products + self.moments.lost) / self.n
        return mean

    @property
    def full(self) -> bool:
        """Whether all second moments are kept."""
        return len(self.moments.products) == self.dim

    def save(self, path: Path) -> None:
        """Write it as one file without pickle; see `gapviz.measures.sketch.files`.

        Raises:
            GapvizError: a disk that cannot be written.
        """
        from gapviz.measures.sketch.files import save_sketches

        save_sketches([self], path)

    @classmethod
    def load(cls, path: Path) -> Sketch:
        """Read what `save` wrote.

        Raises:
            GapvizError: no such file, a damaged one, or one of several sketches.
        """
        from gapviz.measures.sketch.files import load_sketches

        found = load_sketches(path)
        if len(found) != 1:
            raise GapvizError(f"holds {len(found)} sketches", where=str(path))
        return found[0]


def _scored(
    rows: Float64, kept: Float64, name: str, reference: Reference, same: SameItem | None
) -> ScoreSums:
    """What rows score with the calibration rows of a modality, those of their own items apart."""
    mean = reference.means[name]
    f = rows @ mean
    q = reference.mean_squares(rows, kept, name)
    if same is not None:
        n = reference.counts[name]
        some = n > same.count
        left = np.maximum(n - same.count, 1)
        f = np.where(some, (n * f - same.total) / left, f)
        q = np.where(some, (n * q - same.squares) / left, q)
    length = float(np.linalg.norm(mean))
    return ScoreSums.of(f, q, f / length if length else f)


def _unit_blocks(blocks: Iterable[npt.ArrayLike], where: str) -> Iterator[tuple[Float32, Float64]]:
    """Unit rows with the lengths they had, at most `EXACT_ROWS` at a time."""
    for block in chain(blocks):
        matrix = np.asarray(block)
        if matrix.ndim == 2 and not len(matrix):
            continue
        for start in range(0, max(len(matrix), 1) if matrix.ndim else 1, EXACT_ROWS):
            some = matrix[start : start + EXACT_ROWS] if matrix.ndim == 2 else matrix
            rows = unit_rows(some, where=where)
            norms = np.linalg.norm(some.astype(np.float64), axis=1)
            yield rows, np.clip(norms, SHORTEST, None)
            if matrix.ndim != 2:
                return


def _refuse_other(dim: int, modality: str, reference: Reference, where: str) -> None:
    if dim != reference.dim:
        raise GapvizError(
            f"has {dim} dimensions, and the calibration {reference.dim}",
            where=where,
            hint="give vectors of the same encoder",
        )
    if modality not in reference.names:
        raise GapvizError(
            f"there is no modality {modality!r} among the calibration items",
            where=where,
            hint=f"name one of {', '.join(reference.names)}",
        )
