"""`prove`: an export replayed on the engine that serves it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from gapviz.core.collection import Collection
from gapviz.core.plain_json import plain_json
from gapviz.core.progress import Progress, no_progress
from gapviz.core.seeds import DEFAULT_SEED
from gapviz.core.table import Column, Table
from gapviz.core.wording import counted
from gapviz.measures.proof.agreement import ListAgreement, ProvenFigure, agreements, figures
from gapviz.measures.proof.approximate import approximate_search
from gapviz.measures.proof.cause import Cause
from gapviz.measures.proof.cut import cut_lists
from gapviz.measures.proof.entries import dropped_vectors, foreign_entries, lost_of_several
from gapviz.measures.proof.evidence import QUERIES, K, ProofEvidence
from gapviz.measures.proof.missing import missing_ranked
from gapviz.measures.proof.own_fusion import own_fusion
from gapviz.measures.proof.ranks import other_rank_fusion
from gapviz.measures.proof.scale import other_scale
from gapviz.measures.proof.ties import differs, other_ties, same_scores
from gapviz.measures.proof.vectors import other_vectors, rounded_vectors
from gapviz.sources.stores.store import Store
from gapviz.strategies import Strategy

Diagnosis = Callable[[ProofEvidence], Cause | None]

DIAGNOSES: tuple[Diagnosis, ...] = (
    dropped_vectors,
    lost_of_several,
    foreign_entries,
    other_vectors,
    missing_ranked,
    other_scale,
    approximate_search,
    other_rank_fusion,
)
"""What is looked at whether lists differ or not."""
OF_LISTS: tuple[Diagnosis, ...] = (rounded_vectors, cut_lists)
"""What is looked at where nothing else explains lists that differ."""

OWN_FUSION = (
    "The engine's own rank fusion, which the export's code asks for: of scores that tie at every "
    "rank it shows which it likes"
)
PROTOCOL = (
    "The whole collection is indexed, in memory and in the engine, and held-out rows ask, each "
    "without its own item's rows of its modality. Both lists are taken as they stand, ties as each "
    "breaks them; entries that tie with the tenth in memory count as agreeing. 95 % intervals "
    "resample items. The figures of the export are of the held-out items alone, and so others."
)


@dataclass(frozen=True, eq=False)
class Proof:
    """How far an engine answers as measured, and why not where it departs."""

    address: str
    store: str
    """Title of the store."""
    strategy: str
    """Title with the parameters."""
    answers: str
    """How the engine answers, in sentences."""
    n_entries: int
    n_queries: int
    agreements: tuple[ListAgreement, ...]
    figures: tuple[ProvenFigure, ...]
    own_fusion: tuple[ProvenFigure, ...]
    """Of the engine's own rank fusion, which orders equal scores in its own way; empty where
    gapviz fuses."""
    causes: tuple[Cause, ...]
    notes: tuple[str, ...]
    """What is known of the store."""

    @property
    def agrees(self) -> bool:
        """Whether nothing departs."""
        return not self.causes

    @property
    def reading(self) -> str:
        """What was found, in a sentence."""
        asked = counted(self.n_queries, "held-out query", "held-out queries")
        if self.agrees:
            return f"{self.store} answers {asked} as was measured."
        told = ", ".join(one.title.lower() for one in self.causes)
        return f"{self.store} departs from what was measured, over {asked}: {told}."

    @property
    def tables(self) -> tuple[Table, ...]:
        """Agreement, and figures of both."""
        alike = Table(
            "",
            (
                Column("modality", "queries", text=True),
                Column("n_queries", "asked", decimals=0),
                Column("overlap", f"overlap@{K}", better="higher"),
                Column("rank_agreement", "rank agreement", better="higher"),
            ),
            [
                [one.modality, one.n_queries, one.overlap, one.rank_agreement]
                for one in self.agreements
            ],
        )
        if not self.own_fusion:
            return alike, _table("", self.figures)
        return alike, _table("", self.figures), _table(OWN_FUSION, self.own_fusion)

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        told = asdict(self) | {"agrees": self.agrees, "reading": self.reading, "protocol": PROTOCOL}
        plain: dict[str, Any] = plain_json(told)
        return plain


def _table(title: str, figures_: Sequence[ProvenFigure]) -> Table:
    return Table(
        title,
        (
            Column("figure", "figure", text=True),
            Column("modality", "queries", text=True),
            Column("memory", "in memory"),
            Column("engine", "engine"),
            Column("difference", "difference", signed=True),
        ),
        [[one.name, one.modality, one.memory, one.engine, one.difference] for one in figures_],
    )


def prove(
    collection: Collection,
    strategy: Strategy,
    store: Store,
    *,
    seed: int = DEFAULT_SEED,
    queries: int = QUERIES,
    progress: Progress = no_progress,
) -> Proof:
    """Replay held-out queries on an engine, and say where it departs and why.

    Args:
        collection: what was written into the store.
        strategy: fitted, by which it was moved.
        store: open.
        seed: of the samples.
        queries: most queries a modality.
        progress: told between the steps.

    Raises:
        GapvizError: the store holds other fields, or does not answer.
    """
    evidence = ProofEvidence(collection, strategy, store, seed, queries)
    progress(0.0, f"ask {store.address}")
    answered = evidence.answered
    causes = []
    for place, diagnosis in enumerate(DIAGNOSES, 1):
        progress(place / (len(DIAGNOSES) + 1), diagnosis.__name__.replace("_", " "))
        causes.append(diagnosis(evidence))
    departing = [one for one in answered if differs(evidence, one)]
    real = [one for one in departing if not same_scores(evidence, one)]
    if real and not any(causes):
        causes += [diagnosis(evidence) for diagnosis in OF_LISTS]
        if not any(causes):
            sentence = (
                f"{len(real):,} of {len(answered):,} lists hold other entries, and none of the "
                "causes that gapviz knows explains it."
            )
            causes.append(Cause("unexplained", len(real), len(answered), "lists", sentence))
    causes.append(other_ties(evidence))
    spec, fused = evidence.index.spec, own_fusion(evidence)
    return Proof(
        address=str(store.address),
        store=spec.title,
        strategy=strategy.label,
        answers=evidence.index.described,
        n_entries=evidence.schema.n_entries,
        n_queries=len(answered),
        agreements=agreements(evidence),
        figures=figures(evidence, answered),
        own_fusion=figures(evidence, fused) if fused else (),
        causes=tuple(one for one in causes if one is not None),
        notes=tuple(spec.departs.values()),
    )
