"""`IndexChecks`: what a team asserts of its index in its own tests.

The figures are those of `gapviz measure`, with the same intervals. An assertion fails where a
figure is worse than its limit beyond its 95 % interval, so that a test does not fail by the chance
of which items are in it; with `strict` it fails where the figure itself is worse, and so it does
where there is no interval.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from gapviz.analyses.analysis import Request
from gapviz.analyses.registry import analyses
from gapviz.commands.asserted import (
    Asserted,
    bias_of,
    bias_of_lists,
    gap_of,
    lists_of_file,
    lists_of_index,
    recall_of,
    recall_of_lists,
)
from gapviz.commands.gate import Condition, parse_condition
from gapviz.core.collection import Collection
from gapviz.core.errors import GapvizError
from gapviz.core.plain_json import plain_json
from gapviz.core.progress import no_progress
from gapviz.core.seeds import DEFAULT_SEED
from gapviz.measures.experiment import Experiment
from gapviz.measures.judged_measurement import JudgedMeasurement
from gapviz.measures.measurement import Measurement
from gapviz.measures.retrieval.outcomes import DEPTH
from gapviz.notebook.given import Source, given_source
from gapviz.retrieval.asked_index import Search
from gapviz.strategies import StrategyOptions
from gapviz.strategies.estimator import StrategyEstimator

Named = str | StrategyEstimator | StrategyOptions
"""A strategy: its name, or one with values of its parameters."""

Given = ParamSpec("Given")
Answer = TypeVar("Answer")

OPPOSITE = {"<=": ">", ">=": "<", "==": "!=", "!=": "==", "<": ">=", ">": "<="}
"""What holds where a condition does not."""


def _told_where_it_is_asked(method: Callable[Given, Answer]) -> Callable[Given, Answer]:
    """Failures and mistakes stand at the line of the test, without the way through gapviz."""

    @wraps(method)
    def asked(*given: Given.args, **named: Given.kwargs) -> Answer:
        __tracebackhide__ = True
        try:
            return method(*given, **named)
        except (AssertionError, GapvizError) as error:
            raise error.with_traceback(None) from None

    return asked


class IndexChecks:
    """Assertions on bias, recall and gap of an index; see the module.

    What is measured once is kept for the further assertions on it.
    """

    def __init__(self, source: Source | None = None, *, seed: int = DEFAULT_SEED) -> None:
        """Take the source of assertions that name none, and the seed of samples and intervals."""
        self.source = source
        self.seed = seed
        self._read: dict[str, Collection] = {}
        self._experiments: dict[str, Experiment] = {}
        self._measured: dict[str, Measurement] = {}

    @_told_where_it_is_asked
    def measurement(self, source: Source | None = None, strategy: Named = "raw") -> Measurement:
        """Every figure of a strategy, fitted on one half of the items and measured on the other.

        Args:
            source: a collection; arrays `(n, dim)` by modality, row i of each being item i; or what
                the command line reads. The source of the fixture unless given.
            strategy: its name, or `gapviz.strategy("centre", strength=0.8)`.

        Raises:
            GapvizError: no source, one that cannot be read, or a strategy that cannot be fitted.
        """
        options = _options(strategy)
        collection = self._collection(source)
        key = f"{collection.content_hash} {options.plain()}"
        if key not in self._measured:
            self._measured[key] = self._experiment(collection).having(options).measurement
        return self._measured[key]

    @_told_where_it_is_asked
    def assert_bias(
        self,
        source: Source | None = None,
        *,
        at_most: float,
        query: str | None = None,
        k: int = DEPTH,
        strategy: Named = "raw",
        search: Search | None = None,
        run: str | Path | None = None,
        strict: bool = False,
    ) -> None:
        """Assert that at most a share of the first k results has the query's own modality.

        Args:
            source: as of `measurement`.
            at_most: the limit, 0 to 1.
            query: the modality that asks; each of them unless given.
            k: how many results; 10 for an index that is not gapviz's.
            strategy: under which gapviz searches.
            search: an index of your own in place of a strategy: see `Search`. It is asked with the
                items of the evaluate split.
            run: a file of ranked lists in place of it, as `scoreboard --run` reads.
            strict: whether the figure itself counts, and not its interval.

        Raises:
            AssertionError: it is more, with the figure, its interval, the limit and how many asked.
            GapvizError: a bad source, index or limit.
        """
        lists = self._lists(source, search, run, k, query)
        found = (
            bias_of(self.measurement(source, strategy), query, k)
            if lists is None
            else bias_of_lists(lists, query, k)
        )
        _refuse_failures(found, at_most, at_most=True, strict=strict)

    @_told_where_it_is_asked
    def assert_recall(
        self,
        source: Source | None = None,
        *,
        query: str,
        answer: str,
        at_least: float,
        k: int = DEPTH,
        strategy: Named = "raw",
        search: Search | None = None,
        run: str | Path | None = None,
        strict: bool = False,
    ) -> None:
        """Assert that at least a share of the queries finds its match in the first k results.

        gapviz searches the modality `answer` alone. Lists of another index are read as they are,
        whatever else stands in them.

        Args:
            source: as of `measurement`.
            query: the modality that asks.
            answer: the modality of the match.
            at_least: the limit, 0 to 1.
            k: how many results; 10 or 100 for an index that is not gapviz's.
            strategy: as of `assert_bias`, and so `search`, `run` and `strict`.
            search: an index of your own.
            run: a file of ranked lists.
            strict: whether the figure itself counts, and not its interval.

        Raises:
            AssertionError: it is less, with the figure, its interval, the limit and how many asked.
            GapvizError: a bad source, index or limit.
        """
        lists = self._lists(source, search, run, k, query, answer)
        found = (
            recall_of(self.measurement(source, strategy), query, answer, k)
            if lists is None
            else recall_of_lists(lists, query, answer, k)
        )
        _refuse_failures([found], at_least, at_most=False, strict=strict)

    @_told_where_it_is_asked
    def assert_gap(
        self,
        source: Source | None = None,
        *,
        at_most: float,
        strategy: Named = "raw",
        strict: bool = False,
    ) -> None:
        """Assert that the centroids of the two modalities are at most so far apart.

        Args:
            source: as of `measurement`.
            at_most: the limit: a distance of the means of unit vectors, from 0 to 2.
            strategy: that moves the vectors.
            strict: whether the figure itself counts, and not its interval.

        Raises:
            AssertionError: they are further apart, with the figure, its interval and the limit.
            GapvizError: a bad source or limit.
        """
        found = gap_of(self.measurement(source, strategy))
        _refuse_failures([found], at_most, at_most=True, strict=strict, most=2.0)

    @_told_where_it_is_asked
    def check(self, *source_and_conditions: Any, strategy: Named = "raw") -> None:
        """Assert conditions on any figures of `gapviz measure --json`, by their names there.

        They are written as those of `--fail-if`, and must hold: `check("builtin",
        "bias_at_10.text <= 0.9")`. As there, values count and not their intervals; a name that
        stands for several figures must hold for each.

        Args:
            source_and_conditions: the source first, as of `measurement`, or left out for that of
                the fixture; then any number of conditions.
            strategy: as of `measurement`.

        Raises:
            AssertionError: one does not hold, with the figures.
            GapvizError: what is no condition, a name of no figure, or a bad source.
        """
        source, texts = _parted(source_and_conditions)
        with _said_by_check():
            conditions = [parse_condition(text) for text in texts]
        if not conditions:
            raise GapvizError(
                "there is no condition to check", hint="give one, such as 'bias_at_10 <= 0.9'"
            )
        collection = self._collection(source)
        request = Request(
            collection,
            {one.name: one.default for one in analyses()["measure"].parameters},
            _options(strategy),
            seed=self.seed,
            read_measurement=lambda options: self.measurement(collection, options),
        )
        finding = analyses()["measure"].answer(request, no_progress)
        figures = plain_json(finding.gates) or {"": finding.to_json()}
        failures = []
        with _said_by_check():
            for text, condition in zip(texts, conditions, strict=True):
                broken = [one for part in figures.values() for one in _unmet(condition, part)]
                if broken:
                    failures.append(f"{text} does not hold: {', '.join(broken)}")
        if failures:
            raise AssertionError("; ".join(failures))

    def _collection(self, source: Source | None) -> Collection:
        chosen = self.source if source is None else source
        if chosen is None:
            raise GapvizError(
                "no source to check",
                hint="give one, or set gapviz_source in pytest.ini or --gapviz-source",
            )
        if not isinstance(chosen, (str, Path)):
            return given_source(chosen).collection
        name = str(chosen)
        if name not in self._read:
            self._read[name] = given_source(name).collection
        return self._read[name]

    def _experiment(self, collection: Collection) -> Experiment:
        key = collection.content_hash
        if key not in self._experiments:
            self._experiments[key] = Experiment(collection, seed=self.seed)
        return self._experiments[key]

    def _lists(
        self,
        source: Source | None,
        search: Search | None,
        run: str | Path | None,
        k: int,
        query: str | None,
        answer: str | None = None,
    ) -> JudgedMeasurement | None:
        """Lists of an index that is not ours; None where gapviz is to search."""
        if run is not None and search is not None:
            raise GapvizError("search and run are both given", hint="give one of them")
        if run is not None:
            return lists_of_file(Path(run), self._collection(source), self.seed)
        if search is not None:
            return lists_of_index(search, self._collection(source), k, query, answer, self.seed)
        return None


def _options(strategy: Named) -> StrategyOptions:
    if isinstance(strategy, StrategyEstimator):
        return StrategyOptions(strategy.spec.name, **strategy.get_params())
    return strategy if isinstance(strategy, StrategyOptions) else StrategyOptions(strategy)


def _refuse_failures(
    found: Sequence[Asserted], limit: float, *, at_most: bool, strict: bool, most: float = 1.0
) -> None:
    if not 0 <= limit <= most:
        raise GapvizError(
            f"the limit {limit:g} is out of range", hint=f"choose one from 0 to {most:g}"
        )
    told = [one.failure(limit, at_most=at_most, strict=strict) for one in found]
    failures = [one for one in told if one is not None]
    if failures:
        raise AssertionError(" ".join(failures))


def _parted(given: Sequence[Any]) -> tuple[Source | None, list[str]]:
    """A source, where one is given first, and the conditions."""
    if not given or (isinstance(given[0], str) and _is_condition(given[0])):
        return None, list(given)
    return given[0], list(given[1:])


def _is_condition(text: str) -> bool:
    try:
        parse_condition(text)
    except GapvizError:
        return False
    return True


def _unmet(condition: Condition, figures: Mapping[str, Any]) -> list[str]:
    against = replace(condition, sign=OPPOSITE[condition.sign])
    return [one.rsplit(f" {against.sign} ", 1)[0] for one in against.broken(figures)]


@contextmanager
def _said_by_check() -> Iterator[None]:
    """Errors of conditions name `--fail-if`, which is not what was written here."""
    try:
        yield
    except GapvizError as error:
        raise GapvizError(error.what, where="gapviz.check", hint=error.hint) from None
