"""A `Sketch`: what is kept of any number of vectors of one modality, to compare it with others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from gapviz.core.collection import UNNAMED_MODEL
from gapviz.core.encoder_record import NO_RECORD, EncoderRecord
from gapviz.core.errors import GapvizError
from gapviz.core.vectors import Float32, Float64, unit_rows
from gapviz.measures.geometry.sums import EXACT_ROWS, SecondMoments, entry_steps
from gapviz.measures.sketch.copies import CopySample
from gapviz.measures.sketch.files import PlainArray, file_content, read_file
from gapviz.measures.sketch.item_marks import ItemMarks
from gapviz.measures.sketch.reference import Reference, coordinates, random_basis
from gapviz.measures.sketch.rows import SameItem, refuse_other, scored, unit_blocks
from gapviz.measures.sketch.score_sums import ScalarSums, ScoreSums, histogram
from gapviz.storage.files import write_output

CORPUS, QUERIES = "corpus", "queries"


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
        for rows, norms in unit_blocks(blocks, where):
            if reference is not None:
                refuse_other(rows.shape[1], modality, reference, where)
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
                scores[name] = scored(exact, kept, name, reference, (same or {}).get(name))
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
        save_sketches([self], path)

    @classmethod
    def load(cls, path: Path) -> Sketch:
        """Read what `save` wrote.

        Raises:
            GapvizError: no such file, a damaged one, or one of several sketches.
        """
        found = load_sketches(path)
        if len(found) != 1:
            raise GapvizError(f"holds {len(found)} sketches", where=str(path))
        return found[0]


def sketches_content(sketches: Sequence[Sketch], basis: Float32 | None = None) -> bytes:
    """The bytes of a file of sketches; the same sketches give the same bytes.

    Args:
        sketches: one a modality and role.
        basis: the directions of their second moments, where those are not all dimensions.
    """
    return file_content([_taken_apart(one) for one in sketches], basis)


def save_sketches(sketches: Sequence[Sketch], path: Path, basis: Float32 | None = None) -> None:
    """Write sketches into one file; arguments as of `sketches_content`.

    Raises:
        GapvizError: a disk that cannot be written.
    """
    write_output(path, sketches_content(sketches, basis))


def load_sketches(path: Path) -> list[Sketch]:
    """The sketches of a file.

    Raises:
        GapvizError: it cannot be read, is damaged, or holds no sketches.
    """
    return load_with_basis(path)[0]


def load_with_basis(path: Path) -> tuple[list[Sketch], Float32 | None]:
    """The sketches of a file, and the directions of their second moments.

    Raises:
        GapvizError: as `load_sketches`.
    """
    return read_file(path, _put_together)


def _taken_apart(one: Sketch) -> tuple[dict[str, Any], dict[str, PlainArray]]:
    moments = one.moments
    upper = np.triu_indices(len(moments.products))
    plain: dict[str, Any] = {
        "modality": one.modality,
        "role": one.role,
        "dim": one.dim,
        "n": moments.n,
        "directions": len(moments.products),
        # Whole numbers of steps, larger than 64 bits hold.
        "total": list(moments.total),
        "log_norms": asdict(one.log_norms),
        "scores": {name: list(sums.sums) for name, sums in one.scores.items()},
        "along": list(one.along),
        "marks": list(one.marks.rows),
        "encoder": one.encoder,
        "encoder_record": asdict(one.encoder_record),
        "reference": one.reference,
    }
    arrays: dict[str, PlainArray] = {
        "products": (moments.products + moments.lost)[upper],
        "copies.hashes": one.copies.hashes,
        "copies.counts": one.copies.counts,
        "copies.codes": one.copies.codes,
    }
    if one.marks.rows:
        arrays["marks"] = np.stack(list(one.marks.rows.values()))
    for place, sums in enumerate(one.scores.values()):
        arrays[f"scores.{place}"] = sums.histogram
    for place, counts in enumerate(one.along.values()):
        arrays[f"along.{place}"] = counts
    return plain, arrays


def _scores(sums: Sequence[float], counts: PlainArray) -> ScoreSums:
    n, f, q, ff, qq, fq = sums
    whole = counts.astype(np.int64)
    return ScoreSums(int(n), float(f), float(q), float(ff), float(qq), float(fq), whole)


def _put_together(told: Mapping[str, Any], place: int, arrays: Mapping[str, PlainArray]) -> Sketch:
    def own(name: str) -> PlainArray:
        return arrays[f"{place}.{name}"]

    size = int(told["directions"])
    products = np.zeros((size, size))
    products[np.triu_indices(size)] = own("products")
    products = np.triu(products) + np.triu(products, 1).T
    total = tuple(int(step) for step in told["total"])
    if len(total) != told["dim"]:
        raise ValueError("total")
    scores = {
        name: _scores(sums, own(f"scores.{k}"))
        for k, (name, sums) in enumerate(told["scores"].items())
    }
    return Sketch(
        modality=str(told["modality"]),
        role=str(told["role"]),
        dim=int(told["dim"]),
        moments=SecondMoments(int(told["n"]), total, products, np.zeros_like(products)),
        log_norms=ScalarSums(**told["log_norms"]),
        scores=scores,
        along={name: own(f"along.{k}").astype(np.int64) for k, name in enumerate(told["along"])},
        copies=CopySample(own("copies.hashes"), own("copies.counts"), own("copies.codes")),
        marks=ItemMarks({name: own("marks")[k] for k, name in enumerate(told["marks"])}),
        encoder=str(told["encoder"]),
        encoder_record=EncoderRecord.of(told["encoder_record"]),
        reference=str(told["reference"]),
    )
