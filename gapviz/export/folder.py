"""A fitted strategy onto disk and back: arrays, a card, and code for where it will run."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError
from safetensors.numpy import load, save

from gapviz.core.blocks import centroid
from gapviz.core.errors import GapvizError
from gapviz.core.vectors import Float32, Float64, unit_rows
from gapviz.export.calibration_sketch import SKETCH_FILE, sketch_content
from gapviz.export.card import ExportCard, card_of
from gapviz.export.matches import MatchSettings
from gapviz.export.readme import readme_of
from gapviz.export.snippets import snippets_of
from gapviz.measures.experiment import Experiment
from gapviz.measures.measurement import Measurement
from gapviz.storage.files import replace_folder, write_atomically
from gapviz.storage.leftovers import recover
from gapviz.strategies import Strategy, StrategyOptions, StrategySpec
from gapviz.strategies.base import Array, StrategyState
from gapviz.strategies.registry import strategy_class

CARD_FILE = "card.json"
ARRAYS_FILE = "strategy.safetensors"
README_FILE = "README.md"
CENTROID = "centroid"
"""Kind of the arrays `centroid.MODALITY`, float64 `(dim,)`, which every export holds."""


@dataclass(frozen=True, eq=False)
class Exported:
    """A strategy that was read back."""

    card: ExportCard
    strategy: Strategy

    def transform(
        self, vectors: npt.NDArray[np.generic], modality: str, *, where: str = "vectors"
    ) -> Float32:
        """New unit rows `(n, dim)` in place of any rows of one modality, any length.

        Bit for bit what the fitted strategy makes of the same rows.

        Raises:
            GapvizError: a modality or dimension that was not exported, or rows that point
                nowhere.
        """
        return self.strategy.transform(self._unit(vectors, where), modality)

    def transform_queries(
        self, vectors: npt.NDArray[np.generic], modality: str, *, where: str = "vectors"
    ) -> Float32:
        """The same of rows that ask, which some strategies move elsewhere.

        Raises:
            GapvizError: as `transform`.
        """
        return self.strategy.transform_queries(self._unit(vectors, where), modality)

    def _unit(self, vectors: npt.NDArray[np.generic], where: str) -> Float32:
        rows = unit_rows(vectors, where=where)
        self.refuse_other(rows.shape[1], where)
        return rows

    def match_probability(
        self, scores: npt.ArrayLike, one: str, other: str, prior: float | None = None
    ) -> Float64:
        """Probability that pairs of some scores match; arguments as `ExportedMatches.probability`.

        A score is the product of two rows that `transform` gives, unless the card says otherwise
        (`card.matches.unit`).

        Raises:
            GapvizError: nothing was learned of such pairs, or a prior that is not between 0
                and 1.
        """
        if self.card.matches is None:
            raise GapvizError(
                f"{self.card.title} was exported without probabilities of a match",
                hint="export the strategy again",
            )
        return self.card.matches.probability(scores, one, other, prior)

    def refuse_other(self, dim: int, where: str) -> None:
        """Raise `GapvizError` for vectors of another dimension than was exported."""
        if dim != self.card.dim:
            raise GapvizError(
                f"has {dim} dimensions, and the export {self.card.dim}",
                where=where,
                hint=f"give vectors of {self.card.encoder}",
            )


def export_strategy(
    experiment: Experiment,
    folder: Path,
    settings: MatchSettings | None = None,
    notes: Mapping[str, str] = MappingProxyType({}),
) -> ExportCard:
    """Write a fitted strategy: card, arrays, a sketch of its items, code that uses them, a README.

    The folder is swapped in whole; an export that stood there is replaced. The thresholds of
    the card are fitted on the items that the strategy is fitted on.

    Args:
        experiment: the strategy on a collection; its figures are held against raw cosine.
        folder: where to; absent, empty, or an older export.
        settings: how it is learned which scores are matches.
        notes: what else to know where it runs, a note a place.

    Raises:
        GapvizError: a transductive strategy, a folder with something else in it, or a disk
            that cannot be written.
    """
    files, card = export_files(experiment, settings=settings, notes=notes)

    def write(partial: Path) -> None:
        for name, content in files.items():
            write_atomically(partial / name, content)

    replace_folder(folder, write, marker=CARD_FILE, what="an exported strategy")
    return card


def export_files(
    experiment: Experiment,
    before: Measurement | None = None,
    settings: MatchSettings | None = None,
    notes: Mapping[str, str] = MappingProxyType({}),
) -> tuple[dict[str, bytes], ExportCard]:
    """What `export_strategy` writes, by file name, and the card.

    Args:
        experiment: the strategy on a collection.
        before: raw cosine on the same items, where it is measured already.
        settings: how it is learned which scores are matches.
        notes: what else to know where it runs, a note a place.

    Raises:
        GapvizError: a transductive strategy.
    """
    refuse_transductive(experiment.options.spec)
    strategy = experiment.strategy
    centroids = {
        f"{CENTROID}.{name}": centroid(block.corpus.vectors)
        for name, block in experiment.calibration.modalities.items()
    }
    content = save(centroids | dict(strategy.state().arrays))
    sketch = sketch_content(experiment.calibration)
    card = replace(
        card_of(experiment, before or experiment.having(StrategyOptions()).measurement, settings),
        arrays_hash=hashlib.sha256(content).hexdigest(),
        sketch=SKETCH_FILE,
        sketch_hash=hashlib.sha256(sketch).hexdigest(),
    )
    snippets = snippets_of(card, strategy)
    card = replace(card, notes={one.target: one.note for one in snippets} | dict(notes))
    files = {
        CARD_FILE: card.to_json().encode(),
        ARRAYS_FILE: content,
        SKETCH_FILE: sketch,
        README_FILE: readme_of(card, snippets).encode(errors="backslashreplace"),
    }
    for snippet in snippets:
        if snippet.code:
            files[snippet.file] = snippet.code.encode()
    return files, card


def zipped(files: Mapping[str, bytes]) -> bytes:
    """Files as a zip archive; the same files give the same bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def load_exported(folder: Path) -> Exported:
    """Read what `export_strategy` wrote.

    Raises:
        GapvizError: a file is missing or damaged, or the arrays are not those of the card.
    """
    where, hint = str(folder), "export the strategy again"
    recover(folder)
    try:
        text = (folder / CARD_FILE).read_text("utf-8")
        content = (folder / ARRAYS_FILE).read_bytes()
        card = ExportCard.from_json(text)
        if hashlib.sha256(content).hexdigest() != card.arrays_hash:
            raise GapvizError(
                f"{ARRAYS_FILE} is not the file that {CARD_FILE} tells of", where=where, hint=hint
            )
        return Exported(card, _restored(card, load(content)))
    except GapvizError:
        raise
    except FileNotFoundError as error:
        name = Path(error.filename or CARD_FILE).name
        raise GapvizError(
            f"{name} is missing", where=where, hint="give the folder of an exported strategy"
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise GapvizError("cannot be read", where=where, hint=hint) from error
    except (SafetensorError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise GapvizError(
            "is damaged, or no strategy that this gapviz exports", where=where, hint=hint
        ) from error


def refuse_transductive(spec: StrategySpec) -> None:
    """Raise `GapvizError` for a strategy whose answers depend on the other queries."""
    if spec.transductive:
        raise GapvizError(
            f"{spec.title} reads all queries before it answers one, so that there is nothing to "
            "store that would serve the next query",
            hint="export Nearest-neighbour normalisation (nnn) instead, which takes reference "
            "queries from the calibration items",
        )


def _restored(card: ExportCard, arrays: Mapping[str, Array]) -> Strategy:
    """The strategy of which `card` and `arrays` tell; raises where they do not fit together."""
    for array in arrays.values():
        if array.shape[-1] != card.dim:
            raise ValueError(array.shape)
    state = StrategyState(arrays, card.learned)
    made = strategy_class(card.strategy).from_state(card.parameters, card.modalities, state)
    made.warnings_ = card.warnings
    for name in card.modalities:
        made.transform(np.eye(1, card.dim, dtype=np.float32), name)
        made.transform_queries(np.eye(1, card.dim, dtype=np.float32), name)
    return made
