"""What a rehearsed swap of the encoder says, in words and tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gapviz.analyses.advice.recommended import recommended
from gapviz.analyses.analysis import Finding
from gapviz.analyses.changes import changed, neutral_share
from gapviz.core.errors import GapvizError
from gapviz.core.estimate import Estimate
from gapviz.core.progress import Progress, no_progress, share_of
from gapviz.core.table import Changed, Column, Table
from gapviz.core.wording import counted, figure, too_few
from gapviz.measures.measurement import Measurement
from gapviz.measures.rehearsal import Rehearsal, VersionBias
from gapviz.strategies import StrategyOptions

CAVEAT = (
    "The recommendation is the best of many on the same items, so that a near second may win on "
    "others: a change of it is a reason to look, not a finding."
)

_FIGURES = (
    Column("figure", "figure", text=True),
    Column("old", "old encoder"),
    Column("kept", "new, old fit", missing="none"),
    Column("refitted", "new, refitted"),
    Column("gain", "refitted − kept", signed=True, missing="none"),
)


def rehearsal_finding(
    rehearsal: Rehearsal, *, decide: bool = True, progress: Progress = no_progress
) -> Finding:
    """Everything that a swap of the encoder does to a strategy.

    Args:
        rehearsal: the same items by two encoders, and the strategy.
        decide: whether to ask what is recommended under each, which takes longest.
        progress: told how far it is.

    Raises:
        GapvizError: fewer than two modalities, or a strategy that cannot be fitted.
    """
    progress(0.0, "the strategy under both encoders")
    table, figures, lost = _figures(rehearsal)
    progress(0.3, "thresholds")
    parts = {"thresholds": _thresholds(rehearsal)}
    progress(0.4, "lists of both versions")
    parts["overlap"] = _overlap(rehearsal)
    progress(0.5, "the index half migrated")
    parts["migration"] = _migration(rehearsal)
    if decide:
        parts["decide"] = _decided(rehearsal, share_of(progress, 3, 4))
    n = rehearsal.after.measurement.collection.n_items
    old, new = rehearsal.old, rehearsal.new
    todo = _todo(rehearsal, lost)
    return Finding(
        figures={
            "old": {"encoder": old.encoder, "dim": old.dim},
            "new": {"encoder": new.encoder, "dim": new.dim},
            "strategy": rehearsal.options.name,
            "n_items": n,
            "items_in_both": old.n_items,
            **figures,
            "what_to_do": todo,
        },
        title=f"{rehearsal.before.strategy.label}: {old.encoder} ({old.dim} dimensions) → "
        f"{new.encoder} ({new.dim} dimensions), {counted(n, 'held-out item')} that both have",
        warnings=[one for one in [too_few(n)] if one],
        so_what=todo[0],
        readings=todo[1:],
        tables=[table],
        parts=parts,
        result=rehearsal,
    )


def _figures(rehearsal: Rehearsal) -> tuple[Table, dict[str, Any], list[str]]:
    """The figures under the old fit and a new one, and which of them the old fit spoils."""
    before, after, kept = (
        rehearsal.before.measurement,
        rehearsal.after.measurement,
        rehearsal.kept,
    )
    gaps = [one and one.geometry.gap.estimate for one in (before, kept, after)]
    rows: list[list[Any]] = [["gap", *gaps, None]]
    told: dict[str, Any] = {"gap": dict(zip(("old", "kept", "refitted"), gaps, strict=True))}
    lost = []
    for key, (title, name) in _keys(after).items():
        estimates = [one.estimate(*key) if one else None for one in (before, kept, after)]
        gain: Estimate | None = after.change(kept, *key) if kept else None
        cell: Any = gain
        if gain is not None:
            cell = changed(gain) if key[0] != "bias" else _nearer(kept, after, key, gain)
            if cell.change == "better":
                lost.append(title)
        rows.append([title, *estimates, cell])
        told.setdefault(name, {})[" ".join(key[1:]).replace(" ", "->")] = dict(
            zip(("old", "kept", "refitted", "gain"), [*estimates, gain], strict=True)
        )
    note = "Refitted − kept: of the same items, with the interval of the difference."
    return Table("What the old fit does on the new vectors", _FIGURES, rows, note), told, lost


def _keys(measured: Measurement) -> dict[tuple[str, ...], tuple[str, str]]:
    keys: dict[tuple[str, ...], tuple[str, str]] = {}
    for name in measured.mixed:
        keys["bias", name] = (f"bias rate, {name} queries", "bias_at_10")
    for name in measured.mixed:
        keys["ndcg", name] = (f"NDCG@10, {name} queries", "mixed_ndcg_at_10")
    for a, b in measured.cross:
        keys["recall@10", a, b] = (f"R@10 {a} → {b}", "recall_at_10")
    return keys


def _nearer(
    kept: Measurement | None, after: Measurement, key: tuple[str, ...], gain: Estimate
) -> Changed:
    """A change of the bias rate, better where it is nearer to the share of the index."""
    assert kept is not None
    aim = neutral_share(after, key[1])
    old, new = (one.replicates[key].distance_to(aim) for one in (kept, after))
    return Changed(gain, changed((old - new).estimate).change)


def _todo(rehearsal: Rehearsal, lost: list[str]) -> list[str]:
    """What must be done, most urgent first."""
    old, new = rehearsal.old, rehearsal.new
    learns = rehearsal.options.spec.learns
    if not rehearsal.same_dim:
        first = (
            f"Encode everything again and fit anew: {old.dim} dimensions and {new.dim} cannot "
            "stand in one index, and the old fit does not apply."
        )
        return [first, "Both versions need an index of their own until all is encoded."]
    said = []
    if not learns:
        said.append("Nothing is fitted, so that nothing of the strategy is lost.")
    elif lost:
        said.append(
            f"Refit on the new vectors before they are served: the old fit is worse on them "
            f"({', '.join(lost)})."
        )
    else:
        said.append(
            "Refit on the new vectors: on these items the old fit is not worse beyond chance, "
            "which does not say that it is as good."
        )
    least = min(rehearsal.overlap.values(), key=lambda one: one.value)
    said.append(
        f"Encode everything again: the two versions agree on {figure(10 * least.value, 1)} of the "
        f"first 10 results. {_mixing(rehearsal)}"
    )
    return said


def _mixing(rehearsal: Rehearsal) -> str:
    """Whether rows of both versions may stand in one index meanwhile."""
    known = [one for one in rehearsal.version_recall if one.of_old.value == one.of_old.value]
    if not known:
        return ""
    worst = min(known, key=lambda one: one.of_old.value - one.of_new.value)
    way = " → ".join(worst.way)
    found = (
        f"While half is old, new queries find {way} {figure(100 * worst.of_old.value, 0)} of 100 "
        f"matches that are still old and {figure(100 * worst.of_new.value, 0)} of 100 that are new"
    )
    if worst.of_old.high < worst.of_new.low:
        return f"{found}: keep the versions in two indexes until all is encoded."
    return f"{found}."


def _thresholds(rehearsal: Rehearsal) -> Finding:
    columns = (
        Column("pair", "pair type", text=True),
        Column("old", "old threshold"),
        Column("new", "new threshold"),
        Column("kept_true", "matches that pass", "old kept", percent=True, decimals=1),
        Column("new_true", "matches that pass", "new", percent=True, decimals=1),
        Column("kept_false", "others that pass", "old kept", percent=True, decimals=1),
        Column("new_false", "others that pass", "new", percent=True, decimals=1),
    )
    found = rehearsal.thresholds
    rows: list[list[Any]] = [
        [" – ".join(dict.fromkeys(one.pair)) if one.pair[0] != one.pair[1]
         else f"within {one.pair[0]}",
         one.old, one.new, one.kept_true, one.new_true, one.kept_false, one.new_false]
        for one in found
    ]  # fmt: skip
    return Finding(
        figures={"->".join(one.pair): one for one in found},
        title="Thresholds that 95 % of the matching calibration pairs reach, read on held-out "
        "pairs of the new encoder after a refit",
        tables=[Table("", columns, rows)],
    )


def _overlap(rehearsal: Rehearsal) -> Finding:
    columns = (
        Column("modality", "queries", text=True),
        Column("overlap", "first 10 in common", percent=True, decimals=0),
    )
    return Finding(
        figures=rehearsal.overlap,
        title="How much of the first 10 results stays, each version with its own index and fit",
        tables=[Table("", columns, [[name, one] for name, one in rehearsal.overlap.items()])],
    )


def _migration(rehearsal: Rehearsal) -> Finding:
    title = "While half of the items are old, and new queries ask"
    if not rehearsal.same_dim:
        words = "One index cannot hold both: their dimensions differ."
        return Finding(figures={"not_possible": words}, title=title, readings=[words])
    said, told = [], {"raw": rehearsal.version_bias(StrategyOptions())}
    if rehearsal.options.name != "raw":
        try:
            told[rehearsal.options.name] = rehearsal.version_bias(rehearsal.options)
        except GapvizError as error:
            said.append(f"{rehearsal.options.spec.title} by version: {error.sentence}")
    bias_columns = (
        Column("strategy", "strategy", text=True),
        Column("modality", "queries", text=True),
        Column("new_share", "new among the first 10", percent=True, decimals=0),
        Column("expected", "by chance", percent=True, decimals=0),
    )
    rows: list[list[Any]] = [
        [name, one.query_modality, one.new_share, one.expected]
        for name, found in told.items()
        for one in found
    ]
    recall_columns = (
        Column("way", "R@10", text=True),
        Column("of_old", "match still old", better="higher"),
        Column("of_new", "match new already", better="higher"),
        Column("all_new", "all new", better="higher"),
    )
    recalls: list[list[Any]] = [
        [" → ".join(one.way), one.of_old, one.of_new, one.all_new]
        for one in rehearsal.version_recall
    ]
    return Finding(
        figures={
            "new_share": {
                name: {one.query_modality: _bias_json(one) for one in found}
                for name, found in told.items()
            },
            "recall_at_10": {one.way: one for one in rehearsal.version_recall},
        },
        title=title,
        readings=said,
        tables=[
            Table("Bias by version, over all modalities", bias_columns, rows),
            Table("Matches by version, over an index of one modality", recall_columns, recalls),
        ],
    )


def _bias_json(one: VersionBias) -> Mapping[str, Any]:
    return {"value": one.new_share, "by_chance": one.expected}


def _decided(rehearsal: Rehearsal, progress: Progress) -> Finding:
    title = "What Decide recommends for a mixed index"
    names = []
    for place, one in enumerate((rehearsal.old, rehearsal.new)):
        try:
            told = share_of(progress, place, 2)
            names.append(recommended(one, rehearsal.seed, told).spec.title)
        except GapvizError as error:
            return Finding(
                figures={"not_measured": error.sentence}, title=title, readings=[error.sentence]
            )
    same = names[0] == names[1]
    words = f"Under both: {names[0]}." if same else f"{names[0]} → {names[1]}."
    return Finding(
        figures={"old": names[0], "new": names[1], "changes": not same},
        title=title,
        readings=[words] if same else [words, CAVEAT],
    )
