"""README.md of an export: what it is, what it did, and what to know before running it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gapviz.core.foreign import in_markdown
from gapviz.export.card import ExportCard
from gapviz.export.snippets.base import Snippet

_FIGURES = (
    ("bias rate", "bias_at_10"),
    ("NDCG@10", "mixed_ndcg_at_10"),
    ("recall@10", "mixed_recall_at_10"),
)


def readme_of(card: ExportCard, snippets: Sequence[Snippet]) -> str:
    """The file as Markdown; nothing in it that the card does not hold."""
    fitted = (
        f"fitted on {card.fitted_items:,} items of {in_markdown(card.collection)} "
        f"(split: {card.fitted_split})"
        if card.fitted_items
        else "nothing is fitted"
    )
    lines = [
        f"# {in_markdown(card.label)}",
        "",
        f"`{card.formula}`, {fitted}, for vectors of {in_markdown(card.encoder)}. Measured on "
        f"{card.measured_items:,} items; `card.json` holds all figures with their intervals.",
        "",
        "| | raw cosine | this strategy |",
        "|---|---|---|",
        f"| gap | {_told(card.figures_before['gap'])} | {_told(card.figures_after['gap'])} |",
    ]
    for name in card.modalities:
        for title, key in _FIGURES:
            before, after = (
                _told(figures[key].get(name))
                for figures in (card.figures_before, card.figures_after)
            )
            lines.append(f"| {title}, {in_markdown(name)} queries | {before} | {after} |")
    if card.warnings:
        lines += ["", "## Warnings", "", *(f"- {in_markdown(one)}" for one in card.warnings)]
    lines += ["", "## What to know where it runs", ""]
    files = {one.target: f" (`{one.file}`)" for one in snippets if one.code}
    for target, note in card.notes.items():
        lines += [f"- **{in_markdown(target)}**{files.get(target, '')}", f"  {note}"]
    return "\n".join(lines) + "\n"


def _told(figure: dict[str, Any] | None) -> str:
    if figure is None or figure.get("value") is None:
        return "none"
    low, high = figure.get("low"), figure.get("high")
    interval = "" if low is None or high is None else f" [{low:.3f}, {high:.3f}]"
    return f"{figure['value']:.3f}{interval}"
