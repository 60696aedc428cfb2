"""Measure: the gap and what a strategy does about it, in figures and in plain sentences."""

from __future__ import annotations

from collections.abc import Mapping
from math import isnan

from gapviz.analyses.analysis import Analysis, Finding, Request
from gapviz.core.progress import Progress
from gapviz.core.table import Column, Table
from gapviz.core.wording import FEWEST_ITEMS, counted, figure, too_few
from gapviz.measures.diagnostics import DIAGNOSTICS
from gapviz.measures.experiment import measure
from gapviz.measures.measurement import DEPTH, RECALL_DEPTHS, Measurement
from gapviz.measures.retrieval.bootstrap import bootstrap_mean, mean_value
from gapviz.measures.retrieval.mixed import mean_of_known

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
    return _separation_words(gap.separation)


def bias_reading(measurement: Measurement) -> str:
    """What a mixed index gives to a query, in results out of ten."""
    n_items = measurement.collection.n_items
    if n_items < FEWEST_ITEMS:
        held_out = counted(n_items, "held-out item")
        return f"What a mixed index favours cannot be said from {held_out}."
    parts = []
    for name, estimate in measurement.bias.items():
        expected = mean_of_known(measurement.mixed[name].expected_share)
        if isnan(estimate.value) or isnan(expected):
            parts.append(f"what {_article(name)} query gets is unknown: none can be asked here")
            continue
        parts.append(
            f"{_article(name)} query gets {_of_ten(estimate.value, f'{name} result')} in its first "
            f"10 (neutral: {_tenths(expected)})"
        )
    sentence = "; ".join(parts)
    return f"{sentence[0].upper()}{sentence[1:]}."


def change_reading(before: Measurement, after: Measurement) -> str:
    """What a strategy did to gap, bias, match rank and recall, for better and for worse."""
    n_items = after.collection.n_items
    if n_items < FEWEST_ITEMS:
        held_out = counted(n_items, "held-out item")
        return f"What it changes cannot be said from {held_out}."
    parts = [
        _gap_change(before, after),
        _moved("bias@10", mean_value(before.bias), mean_value(after.bias)),
        _moved("mixed NDCG@10", mean_value(before.ndcg), mean_value(after.ndcg)),
        _moved("cross-modal R@10", _mean_recall(before), _mean_recall(after)),
    ]
    sentence = f"{parts[0]}; {', '.join(parts[1:])}."
    if after.strategy.spec.ranks_items:
        sentence += f" {ITEM_PROTOCOL}"
    if isnan(_mean_recall(before)) or isnan(_mean_recall(after)):
        return f"{sentence} No pair matches here, so there is no recall to lose."
    worse = worse_directions(before, after)
    if worse:
        return f"{sentence} Recall {' and '.join(worse)} got worse by more than chance."
    return f"{sentence} No recall got worse by more than chance (95 %)."


def worse_directions(before: Measurement, after: Measurement) -> list[str]:
    """Directions whose R@10 fell: the paired bootstrap interval of the change is below 0.

    Both measurements must be of the same queries.
    """
    worse = []
    for (source, target), outcome in after.cross.items():
        gain = outcome.recall(DEPTH) - before.cross[source, target].recall(DEPTH)
        change = bootstrap_mean(gain, outcome.items, seed=after.seed)
        if change.high < 0:
            worse.append(f"{source} → {target}")
    return worse


def _separation_words(separation: float) -> str:
    times = f"{separation:.1f} times the spread inside a cloud"
    if separation >= 1:
        return f"The gap is {times}: raw cross-modal scores are dominated by it."
    if separation >= 0.5:
        return f"The gap is {times}: clearly visible, a little smaller than the clouds are wide."
    return f"The gap is {times}: the clouds overlap more than they stand apart."


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


def _tenths(share: float) -> str:
    """A share of ten, without a digit that says nothing: `5`, `9.8`."""
    return figure(10 * share, 1).removesuffix(".0")


def _of_ten(share: float, noun: str) -> str:
    number = _tenths(share)
    return f"{number} {noun}{'' if number == '1' else 's'}"


def _moved(title: str, before: float, after: float) -> str:
    if isnan(before) or isnan(after):
        return f"{title} unknown"
    return f"{title} from {figure(before, 2)} to {figure(after, 2)}"


def _mean_recall(measurement: Measurement) -> float:
    values = [by_depth[DEPTH].value for by_depth in measurement.recall.values()]
    return float(sum(values) / len(values))


def _article(noun: str) -> str:
    return f"an {noun}" if noun[0].lower() in "aeiou" else f"a {noun}"


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
    first, second = next(iter(measurements.values())).pair
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
                ),
                *(one.value(measurement) for measurement in measurements.values()),
                one.better or "neither",
                one.reading,
            ]
            for one in DIAGNOSTICS.values()
        ],
    )


def mixed_table(measurement: Measurement) -> Table:
    """Bias and rank of the match in the mixed index, a row a query modality."""
    found = [one for one in DIAGNOSTICS.values() if one.by_modality and one.brief]
    columns = [Column(one.name, one.short or one.title, better=one.better) for one in found]
    figures = [one.read(measurement) for one in found]
    return Table(
        "",
        [Column("modality", "per query modality", text=True), *columns],
        [[name, *(figure[name] for figure in figures)] for name in measurement.mixed],
    )


def recall_table(measurement: Measurement) -> Table:
    """Recall over an index of the other modality alone, a row a direction."""
    depths = [Column(f"r{k}", f"R@{k}", better="higher") for k in RECALL_DEPTHS]
    return Table(
        "",
        [Column("direction", "cross-modal recall", text=True), *depths],
        [
            [f"{a} → {b}", *(by_depth[k] for k in RECALL_DEPTHS)]
            for (a, b), by_depth in measurement.recall.items()
        ],
    )


def measured_finding(measurement: Measurement) -> Finding:
    """Everything of one measurement."""
    collection, strategy = measurement.collection, measurement.strategy
    fitted = "the calibrate split"
    if not strategy.spec.learns:
        fitted = "nothing"
    elif measurement.fit == "all":
        fitted = "the same items (in-sample)"
    return Finding(
        figures=measurement.to_json(),
        title=f"{collection.name}: {counted(collection.n_items, 'item')}, {collection.dim} "
        f"dimensions, encoder {collection.encoder}: {strategy.label}, fitted on {fitted}",
        warnings=[*filter(None, [too_few(collection.n_items)]), *strategy.warnings],
        readings=[f"{gap_reading(measurement)} {bias_reading(measurement)}"],
        tables=[
            diagnostics_table(measurement),
            mixed_table(measurement),
            recall_table(measurement),
        ],
        result=measurement,
    )


def find_measurement(request: Request, progress: Progress) -> Finding:
    """The figures of a collection under one strategy."""
    return measured_finding(
        measure(
            request.collection,
            request.strategy,
            fit=request.fit,
            pair=request.asked_pair,
            seed=request.seed,
        )
    )


ANALYSIS = Analysis(
    "measure",
    "measure the modality gap and what a strategy does about it",
    "Measure the modality gap of a collection and what a strategy does about it.",
    find_measurement,
    shared=("strategy", "fit", "pair", "seed"),
)
