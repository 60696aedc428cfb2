"""An `Analysis`: one question, declared once for the command line, the report and the pages.

Each module of this folder asks one: it declares what can be chosen, and finds a `Finding` of
plain values, which is printed, written into a report or drawn on a page without knowing more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from gapviz.core.collection import UNNAMED_MODEL, Collection
from gapviz.core.errors import GapvizError
from gapviz.core.item_lookup import find_item
from gapviz.core.item_sample import sample_json, sampled
from gapviz.core.lazy import cached_property
from gapviz.core.not_measured import not_measured
from gapviz.core.pairing import guesses
from gapviz.core.parameter import Parameter
from gapviz.core.plain_json import plain_json
from gapviz.core.progress import Progress, share_of
from gapviz.core.random_weights import random_weights_warnings
from gapviz.core.seeds import DEFAULT_SEED
from gapviz.core.splits import EVALUATE
from gapviz.core.table import Table, legend
from gapviz.core.wording import counted, too_few
from gapviz.measures.experiment import Experiment, measured_pair
from gapviz.measures.geometry.split_shift import split_warnings
from gapviz.measures.measurement import Fit, Measurement
from gapviz.sources.on_disk.vectors import StreamedVectors
from gapviz.strategies import StrategyOptions, StrategySpec

Shared = Literal["strategy", "fit", "pair", "seed", "also", "most-items"]
"""What several analyses let choose: the strategy, what it is fitted on, the pair of modalities,
the seed, other sources of the same items, and of how many of them a sample is made."""

QUERY_MODALITY = Parameter(
    "query_modality",
    "Query modality",
    "modality",
    None,
    "the modality of the query (default: the first of the collection)",
)
"""Of a query that is an item of the collection."""

PROTOCOL = Parameter(
    "protocol",
    "Protocol",
    "choice",
    None,
    "what asks and what is right: queries with judgments, or items that ask for their other half "
    "(default: judged where the collection has judgments)",
    choices={"judged": "queries with judgments", "paired": "items ask for their other half"},
)
"""Where figures of either kind can be had; see `gapviz.analyses.judged`."""


def results_parameter(default: int, of: str = "how many hits to show") -> Parameter:
    """How long a result list is."""
    return Parameter("results", "Results", "count", default, of, low=1, flag="-k, --results")


@dataclass(frozen=True, eq=False)
class Finding:
    """What an analysis, or a part of one, found: words, tables and figures."""

    figures: Mapping[str, Any] = field(default_factory=dict)
    """For JSON, by name; see `plain_json`."""
    title: str = ""
    """What was looked at, in one line."""
    warnings: Sequence[str] = ()
    """What every figure should be doubted for, one sentence each."""
    so_what: str = ""
    """What the figures mean for whoever searches, one line."""
    readings: Sequence[str] = ()
    """What the figures say, one paragraph each."""
    tables: Sequence[Table] = ()
    parts: Mapping[str, Finding] = field(default_factory=dict)
    """By name, as in JSON; those without figures are only shown."""
    protocol: str = ""
    """What is indexed, what asks, what is left out, how ties count, what the intervals are."""
    gates: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Figures that a condition names, by what is said before it; `figures` and those of the
    parts unless given."""
    result: Any = None
    """What it was made of, for what draws or writes it."""

    @property
    def legend(self) -> str:
        """What is to be known of its tables, those of its parts apart."""
        return legend(self.tables)

    def to_json(self) -> dict[str, Any]:
        """Its figures and those of its parts as plain values; NaN becomes None."""
        parts = {name: part.to_json() for name, part in self.parts.items() if part.figures}
        plain: dict[str, Any] = plain_json(self.figures)
        meaning = {"so_what": self.so_what} if self.so_what else {}
        return plain | meaning | parts


@dataclass(frozen=True, eq=False)
class Request:
    """What an analysis is asked about."""

    collection: Collection
    values: Mapping[str, Any] = field(default_factory=dict)
    """Of the analysis' own parameters, by name."""
    strategy: StrategyOptions = field(default_factory=StrategyOptions)
    given: Mapping[str, Any] = field(default_factory=dict)
    """Values of parameters of any strategy that were given beside it, by name."""
    fit: Fit = "split"
    asked_pair: tuple[str, str] | None = None
    """The modalities whose gap is looked at; the usual ones where None."""
    seed: int = DEFAULT_SEED
    source: str = ""
    """Where the collection came from, as it was named."""
    collections: Sequence[Collection] = ()
    """The same items by every model of the source that was asked for."""
    read_others: Callable[[], Mapping[str, Collection]] = dict
    """Reads the same items by further models, by encoder."""
    read_measurement: Callable[[StrategyOptions], Measurement] | None = None
    """Measures a strategy as `measured` does, for whoever keeps measurements."""

    def __getitem__(self, name: str) -> Any:
        """The value of an own parameter."""
        return self.values[name]

    @cached_property
    def whole(self) -> Collection:
        """The collection without its sample, for what searches it for one item."""
        return self.collection

    @cached_property
    def others(self) -> Mapping[str, Collection]:
        """The same items by further models, by encoder."""
        return self.read_others()

    @cached_property
    def pair(self) -> tuple[str, str]:
        """The two modalities whose gap is looked at.

        Raises:
            GapvizError: as `measured_pair`, or no evaluate split.
        """
        collection = self.collection
        return measured_pair(collection, collection.split(EVALUATE), self.asked_pair)

    @cached_property
    def _experiment(self) -> Experiment:
        return Experiment(self.collection, fit=self.fit, pair=self.asked_pair, seed=self.seed)

    def on_sample(self, most: int) -> Request:
        """The same of samples of at most so many items; see `gapviz.core.item_sample`."""
        if sampled(self.collection, most) is self.collection:
            return self
        found = replace(
            self,
            collection=sampled(self.collection, most),
            collections=[sampled(one, most) for one in self.collections],
            read_others=lambda: {k: sampled(one, most) for k, one in self.others.items()},
            read_measurement=None,
        )
        vars(found)["whole"] = self.collection
        return found

    def measured(self, options: StrategyOptions) -> Measurement:
        """Every figure of a strategy on the items that are measured.

        Raises:
            GapvizError: as `Experiment.measurement`.
        """
        if self.read_measurement is not None:
            return self.read_measurement(options)
        return self._experiment.having(options).measurement

    @property
    def not_measured(self) -> dict[str, str]:
        """What of the collection has no figure, and why, a sentence each."""
        return not_measured(self.collection)

    @property
    def query_modality(self) -> str:
        """Of a query that is an item: the one chosen, else the first."""
        chosen: str | None = self["query_modality"]
        return chosen or self.collection.modality_names[0]

    @property
    def spec(self) -> StrategySpec:
        """What the strategy is."""
        return self.strategy.spec

    @cached_property
    def undefined(self) -> str | None:
        """Why nothing can be shown of the strategy here, in a sentence; None where it can."""
        whole = Experiment(self.collection, seed=self.seed)
        why = whole.undefined(self.strategy, everywhere=True)
        return None if why is None else f"{self.spec.title} is left out. {why}"

    def strategy_named(self, name: str) -> StrategyOptions:
        """Another strategy with the values that were given."""
        return StrategyOptions(name).having(**self.given)

    @property
    def n_items(self) -> int:
        """Held-out items."""
        return len(self.collection.splits.get(EVALUATE, ()))

    @property
    def warnings(self) -> list[str]:
        """What every figure should be doubted for, one sentence each."""
        return [
            *random_weights_warnings(self.collection.encoder),
            *filter(None, [too_few(self.n_items)]),
            *guesses(self.collection),
            *self.not_measured.values(),
            *split_warnings(self.collection),
        ]

    def finding(self, **parts: Any) -> Finding:
        """A finding that says what was looked at: the pair on the held-out items.

        Args:
            parts: further fields of `Finding`; figures stand behind those of the request.

        Raises:
            GapvizError: as `pair`, or no evaluate split.
        """
        collection = self.collection
        figures = {
            "collection": collection.name,
            "encoder": collection.encoder,
            "n_items": self.n_items,
            "modalities": list(collection.modality_names),
            "pair": list(self.pair),
            "seed": self.seed,
            "warnings": self.warnings,
            "not_measured": self.not_measured,
        }
        return Finding(
            figures=figures | parts.pop("figures", {}),
            title=f"{collection.name}: {counted(self.n_items, 'held-out item')}, "
            f"{collection.dim} dimensions, encoder {collection.encoder}",
            warnings=self.warnings,
            **parts,
        )

    def item(self, name: str) -> int:
        """Position in the `whole` of the item that is meant; see `find_item`.

        Raises:
            GapvizError: no such item, or several.
        """
        return find_item(self.whole, name)


@dataclass(frozen=True, eq=False)
class OnDisk:
    """What an analysis is asked about vectors that are too large for memory."""

    vectors: StreamedVectors
    strategy: StrategyOptions | None = None
    """The usual one where None."""
    seed: int = DEFAULT_SEED
    encoder: str = UNNAMED_MODEL
    values: Mapping[str, Any] = field(default_factory=dict)
    """Of the analysis' own parameters, by name."""
    place: Path | None = None
    """The folder that says where every row stands in what is drawn."""


Find = Callable[[Request, Progress], Finding]


@dataclass(frozen=True, eq=False)
class Analysis:
    """One question, and how it is answered."""

    name: str
    """Of its command and its page."""
    help: str
    """One line without a full stop, as an order: `compare …`."""
    description: str
    find: Find
    """Raises `GapvizError` for what cannot be asked."""
    parameters: Sequence[Parameter] = ()
    """What can be chosen of it alone."""
    shared: Sequence[Shared] = ("strategy", "pair", "seed")
    strategy: str | None = "raw"
    """The strategy unless one is chosen; None for what the advisor recommends."""
    in_report: bool = False
    """Whether a report has a section of it, at its usual parameters."""
    summary: Find | None = None
    """What that section shows instead of what `find` finds."""
    goes_on: bool = False
    """Whether a run that was stopped goes on where it was."""
    on_disk: Callable[[OnDisk, Progress], Finding] | None = None
    """Answers for vectors that are too large for memory; raises `GapvizError` as `find`."""
    places: bool = False
    """Whether it says then where every row stands, too."""

    def answer(self, request: Request, progress: Progress) -> Finding:
        """What `find` finds; vectors of random weights are said to be that, in its JSON too, and so
        is a sample of the items.

        Raises:
            GapvizError: what cannot be asked.
        """
        found = self.find(request, progress)
        sample = request.collection.sample
        doubts = [*random_weights_warnings(request.collection.encoder)]
        if sample is not None:
            doubts.append(sample.sentence)
        if not doubts:
            return found
        in_json = list(dict.fromkeys([*doubts, *found.figures.get("warnings", ())]))
        return replace(
            found,
            warnings=list(dict.fromkeys([*doubts, *found.warnings])),
            figures={**found.figures, **sample_json(request.collection), "warnings": in_json},
        )

    def usual(self) -> dict[str, Any]:
        """Every parameter at its default."""
        return {parameter.name: parameter.default for parameter in self.parameters}


def parts_parameter(parts: Iterable[str], default: Sequence[str] = ()) -> Parameter:
    """Which parts of an analysis to look at; the first unless others are the default."""
    return Parameter(
        "of",
        "Parts",
        "names",
        tuple(default or list(parts)[:1]),
        f"which parts: {', '.join(parts)}; or all",
        choices={name: name for name in parts},
    )


def find_parts(parts: Mapping[str, Find]) -> Find:
    """Finds those of `parts` that the parameter `of` names, one after another.

    Of several, one that cannot be measured says why in its place.
    """

    def find(request: Request, progress: Progress) -> Finding:
        opening = request.finding()
        names, found, lacking = request["of"], {}, []
        for place, name in enumerate(names):
            try:
                found[name] = parts[name](request, share_of(progress, place, len(names)))
            except GapvizError as error:
                lacking.append(error)
                found[name] = Finding(
                    figures={"not_measured": error.sentence},
                    title=f"{name.replace('_', ' ').capitalize()}: not measured",
                    readings=[error.sentence],
                )
        if len(lacking) == len(names):
            raise lacking[0]
        return Finding(opening.figures, opening.title, opening.warnings, parts=found)

    return find
