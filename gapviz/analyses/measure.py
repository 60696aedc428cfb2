"""Measure: the gap and what a strategy does about it, in figures and in plain sentences."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import isnan

from gapviz.analyses.analysis import Analysis, Finding, Request
from gapviz.analyses.by_judgments import by_judgments
from gapviz.analyses.domain import domain_reading
from gapviz.analyses.figure_words import bias_reading, found_change, found_reading, own_change
from gapviz.analyses.judged import protocol_words
from gapviz.analyses.listed import LISTED
from gapviz.analyses.live import live_part
from gapviz.core.pairing import guesses
from gapviz.core.parameter import Parameter
from gapviz.core.progress import Progress
from gapviz.core.table import Cell, Column, Marked, Table
from gapviz.core.wording import FEWEST_ITEMS, counted, figure, too_few
from gapviz.measures.diagnostics import DIAGNOSTICS
from gapviz.measures.diagnostics.diagnostic import Diagnostic
from gapviz.measures.experiment import measure
from gapviz.measures.measurement import Measurement
from gapviz.measures.retrieval.cross import RECALL_DEPTHS
from gapviz.measures.retrieval.intervals import INTERVAL_RULES
from gapviz.measures.retrieval.outcomes import DEPTH, Figure
from gapviz.sources.source import is_store
from gapviz.strategies.fusion.ties import TIE_RULE

TIES_CARRY = 0.01
"""Of a figure, what equal scores may move without a word."""

TIES_MARK = "ties"
"""Beside a figure that equal scores carry."""

NO_CONTENT = (
    "No match is found better than by chance, in either direction: these vectors share no content "
    "that a search could use, and no way of searching them is better than another."
)

NO_GAP = "The interval reaches 0: these items show no gap."

ITEM_PROTOCOL = (
    "It ranks items, not vectors: its bias and rank of the match are of another protocol and "
    "cannot be held against those of raw cosine."
)
"""Of a strategy that fuses the vectors of an item."""


def gap_reading(measurement: Measurement) -> str:
    """Whether there is a gap, and whether it rules the scores."""
    gap = measurement.geometry.gap
    n_items = measurement.collection.n_items
    if n_items < FEWEST_ITEMS:
        return (
            f"The gap of {counted(n_items, 'held-out item')} is {figure(gap.gap)}: too few to tell "
            "it from noise."
        )
    if isnan(gap.low):
        in_sample = isnan(measurement.fit_noise)
        reason = (
            "what was subtracted was learned from these very items"
            if in_sample
            else "one modality has a single item here"
        )
        return (
            f"The gap is {figure(gap.gap)}, and whether that is more than noise is unknown: "
            f"{reason}."
        )
    if gap.none:
        return f"The gap is {figure(gap.gap)}. {NO_GAP}"
    if isnan(gap.separation):
        return f"The gap is {figure(gap.gap)}, between two clouds without any spread."
    words = "the clouds overlap more than they stand apart"
    if gap.separation >= 1:
        words = "raw cross-modal scores are dominated by it"
    elif gap.separation >= 0.5:
        words = "clearly visible, a little smaller than the clouds are wide"
    return f"The gap is {gap.separation:.1f} times the spread inside a cloud: {words}."


def plain_reading(measurement: Measurement) -> str:
    """Gap, bias and what is found, in plain words: what is said first of every measurement."""
    readings = (gap_reading, bias_reading, found_reading)
    return " ".join(filter(None, (reading(measurement) for reading in readings)))


def change_reading(before: Measurement, after: Measurement) -> str:
    """What a strategy did to gap, bias and what is found: in plain words, then in figures."""
    n_items = after.collection.n_items
    if n_items < FEWEST_ITEMS:
        held_out = counted(n_items, "held-out item")
        return f"What it changes cannot be said from {held_out}."
    parts = [
        _moved(f"bias rate of {name} queries", bias.value, after.bias[name].value)
        for name, bias in before.bias.items()
    ]
    unpaired = all(isnan(by_depth[DEPTH].value) for by_depth in before.recall.values())
    if unpaired:
        parts.append("mixed NDCG@10 unknown, cross-modal R@10 unknown")
    else:
        parts += [
            _moved(f"NDCG@10 of {name} queries", ndcg.value, after.ndcg[name].value)
            for name, ndcg in before.ndcg.items()
        ]
        parts += [
            _moved(f"R@10 {a} → {b}", by_depth[DEPTH].value, after.recall[a, b][DEPTH].value)
            for (a, b), by_depth in before.recall.items()
        ]
    sentence = f"{plain_change(before, after)} In figures: {', '.join(parts)}."
    if after.strategy.spec.ranks_items:
        sentence += f" {ITEM_PROTOCOL}"
    if unpaired:
        return f"{sentence} No pair matches here, so there is no recall to lose."
    worse = worse_directions(before, after)
    if worse:
        return f"{sentence} Recall {' and '.join(worse)} got worse by more than chance."
    return f"{sentence} No recall got worse by more than chance (95 %)."


def plain_change(before: Measurement, after: Measurement) -> str:
    """What a strategy did to gap, bias and what is found, in plain words alone."""
    words = [f"{_gap_change(before, after)}.", own_change(before, after)]
    return " ".join(filter(None, [*words, found_change(before, after)]))


def worse_directions(before: Measurement, after: Measurement) -> list[str]:
    """Directions whose R@10 fell: the 95 % interval of the change is below 0.

    Both measurements must be of the same queries.
    """
    return [
        f"{source} → {target}"
        for source, target in after.cross
        if after.change(before, f"recall@{DEPTH}", source, target).high < 0
    ]


def content_reading(measurement: Measurement) -> str | None:
    """What is to be said where no match is found better than by chance; None where one is."""
    if measurement.has_content is not False or measurement.collection.n_items < FEWEST_ITEMS:
        return None
    return NO_CONTENT


def ties_of(measurement: Measurement, *key: str) -> str:
    """What equal scores may do to a figure, in a sentence; empty where they do nothing."""
    if key not in measurement.carried_by_ties:
        return ""
    lost, won = (figure(end) for end in measurement.tie_ends[key])
    return (
        f"Equal scores carry part of it: {lost} with every tie lost, {won} with every tie won; "
        "shown is the mean over all orders."
    )


def marked(measurement: Measurement, *key: str) -> Cell:
    """A figure of retrieval with its interval, and a mark where equal scores carry part of it.

    Raises:
        KeyError: no such figure.
    """
    why, found = ties_of(measurement, *key), measurement.estimate(*key)
    return Marked(found, TIES_MARK, why) if why else found


def tie_reading(measurement: Measurement) -> str | None:
    """Which figures equal scores move, and how far; None where they move none by much."""
    ends = measurement.tie_ends
    moved = [
        f"{_figure_title(key)} {figure(lost)} to {figure(won)}"
        for key, (lost, won) in ends.items()
        if won - lost > TIES_CARRY
    ]
    if not moved:
        return None
    return (
        "Equal scores carry part of some figures, each shown as the mean over all orders of the "
        f"equals; from every tie lost to every tie won: {'; '.join(moved)}."
    )


def _figure_title(key: Figure) -> str:
    name = {"ndcg": "NDCG@10", "mrr": "MRR", "recall": "R@10"}.get(key[0])
    title = name or key[0].replace("recall", "R")
    if len(key) == 2:
        return f"{title} of {key[1]} queries in the mixed index"
    return f"{title} {key[1]} → {key[2]}"


def _gap_change(before: Measurement, after: Measurement) -> str:
    if not after.strategy.spec.moves_vectors:
        return "No vector moves, so the gap stays"
    was, now = before.geometry.gap, after.geometry.gap
    words = f"The gap goes from {figure(was.gap, 2)} to {figure(now.gap, 2)}"
    change = now.change_from(was)
    if not isnan(change.low):
        words += f", a change of {change} without noise"
    if now.none and not was.none:
        words += "; the interval now reaches 0: closed as far as these items can tell"
    return words


def _moved(title: str, before: float, after: float) -> str:
    if isnan(before) or isnan(after):
        return f"{title} unknown"
    return f"{title} from {figure(before, 2)} to {figure(after, 2)}"


def diagnostics_table(measurement: Measurement) -> Table:
    """Every diagnostic that is one number, with how to read it."""
    found = [one for one in DIAGNOSTICS.values() if not one.by_modality]
    return Table(
        "",
        [
            Column("figure", f"{'–'.join(measurement.pair)}", text=True),
            Column("value", "value", decimals=4),
            Column("reading", "how to read it", text=True),
        ],
        [[one.title, one.read(measurement), one.short] for one in found if one.brief],
    )


def all_diagnostics(measurements: Mapping[str, Measurement]) -> Table:
    """Every figure of some measurements side by side, with its reading.

    Args:
        measurements: by the title of their column; all of the same pair of modalities.
    """
    any_one = next(iter(measurements.values()))
    (first, second), queries = any_one.pair, list(any_one.mixed)
    left_out = any_one.left_out
    return Table(
        "",
        [
            Column("figure", "figure", text=True),
            *(Column(f"column {n}", title) for n, title in enumerate(measurements)),
            Column("better", "better is", text=True),
            Column("reading", "how to read it", text=True),
        ],
        [
            [
                one.title.replace("the first modality", first).replace(
                    "the second modality", second
                )
                + (f", {name} queries" if name else ""),
                *(_diagnosed(measurement, one, name) for measurement in measurements.values()),
                one.better or "neither",
                f"Left out: {left_out[one.name]}."
                if one.name in left_out
                else one.reading + _by_chance(one, measurements.values()),
            ]
            for one in DIAGNOSTICS.values()
            # A mean over query modalities would hide opposite figures.
            for name in (queries if one.by_modality else [""])
        ],
    )


def _by_chance(one: Diagnostic, measurements: Iterable[Measurement]) -> str:
    """What a figure is by chance, a sentence with a number for each measurement; often empty."""
    if one.chance is None:
        return ""
    found = [one.chance(measurement) for measurement in measurements]
    return "" if all(map(isnan, found)) else f" By chance: {', '.join(map(figure, found))}."


def _diagnosed(measurement: Measurement, one: Diagnostic, modality: str) -> Cell:
    if (one.name, modality) in measurement.carried_by_ties:
        return marked(measurement, one.name, modality)
    found = one.read(measurement)
    cell: Cell = found[modality] if modality else found
    return cell


def mixed_table(measurement: Measurement) -> Table:
    """Bias and rank of the match in the mixed index, a row a query modality."""
    found = [one for one in DIAGNOSTICS.values() if one.by_modality and one.brief]
    columns = [Column(one.name, one.short or one.title, better=one.better) for one in found]
    chance = Column("chance", "NDCG@10 by chance")
    return Table(
        "",
        [Column("modality", "per query modality", text=True), *columns, chance],
        [
            [
                name,
                *(_diagnosed(measurement, one, name) for one in found),
                measurement.chance["ndcg", name],
            ]
            for name in measurement.mixed
        ],
    )


def recall_table(measurement: Measurement) -> Table:
    """Recall over an index of the other modality alone, a row a direction."""
    depths = [Column(f"r{k}", f"R@{k}", better="higher") for k in RECALL_DEPTHS]
    return Table(
        "",
        [
            Column("direction", "cross-modal recall", text=True),
            *depths,
            Column("chance", f"R@{DEPTH} by chance"),
        ],
        [
            [
                f"{a} → {b}",
                *(marked(measurement, f"recall@{k}", a, b) for k in RECALL_DEPTHS),
                measurement.chance[f"recall@{DEPTH}", a, b],
            ]
            for a, b in measurement.recall
        ],
    )


def find_measurement(request: Request, progress: Progress) -> Finding:
    """The figures of a collection under one strategy."""
    measurement = measure(
        request.collection,
        request.strategy,
        fit=request.fit,
        pair=request.asked_pair,
        seed=request.seed,
        intervals=request["intervals"],
    )
    collection, strategy = measurement.collection, measurement.strategy
    fitted = "the calibrate split"
    if not strategy.spec.learns:
        fitted = "nothing"
    elif measurement.fit == "all":
        fitted = "the same items (in-sample)"
    judged = by_judgments(request, progress)
    live = live_part(request, progress) if is_store(request.source) else {}
    paired = f"All but what is by judgments: {protocol_words('paired')}. " * bool(judged)
    return Finding(
        figures=measurement.to_json(),
        title=f"{collection.name}: {counted(collection.n_items, 'item')}, {collection.dim} "
        f"dimensions, encoder {collection.encoder}: {strategy.label}, fitted on {fitted}",
        warnings=[
            *filter(None, [too_few(collection.n_items), domain_reading(request.collection)]),
            *guesses(request.collection),
            *measurement.warnings,
        ],
        readings=[
            plain_reading(measurement),
            *filter(None, [content_reading(measurement), tie_reading(measurement)]),
        ],
        tables=[
            diagnostics_table(measurement),
            mixed_table(measurement),
            recall_table(measurement),
        ],
        parts=judged | live,
        protocol=f"{paired}Intervals: {INTERVAL_RULES[measurement.intervals]}. Ties: {TIE_RULE}.",
        result=measurement,
    )


PARAMETERS = (
    Parameter(
        "intervals",
        "Intervals",
        "choice",
        "all",
        "what varies in 95 % intervals: queries, gallery and fit; or queries alone, as in most "
        "published tables, which is too narrow for other items",
        choices={"all": "queries, gallery and fit", "queries": "queries alone"},
    ),
)

ANALYSIS = Analysis(
    "measure",
    LISTED["measure"].help,
    "Measure the modality gap of a collection and what a strategy does about it.",
    find_measurement,
    parameters=PARAMETERS,
    shared=("strategy", "fit", "pair", "seed"),
)
