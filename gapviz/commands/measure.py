"""`gapviz measure`: the modality gap and what a strategy does about it."""

from __future__ import annotations

import argparse
import json

from gapviz.alignment import MAX_STRENGTH
from gapviz.commands.source import Commands, add_source, read
from gapviz.errors import GapvizError
from gapviz.measure import Measurement, measure
from gapviz.retrieval.fusion import RankFusion
from gapviz.strategies import STRATEGIES, StrategyOptions, strategy_card


def add_to(commands: Commands) -> None:
    """Add the command with its options."""
    command = commands.add_parser(
        "measure",
        help="measure the modality gap and what a strategy does about it",
        description="Measure the modality gap of a collection and what a strategy does about it.",
    )
    add_source(command)
    command.add_argument(
        "--strategy",
        default="raw",
        metavar="NAME",
        help=f"one of {', '.join(STRATEGIES)} (default: raw)",
    )
    command.add_argument(
        "--strength",
        type=float,
        default=1.0,
        metavar="λ",
        help=f"how much of the offset to subtract, 0 to {MAX_STRENGTH:g} (default: 1)",
    )
    command.add_argument(
        "--moves", metavar="MODALITY", help="the modality that --strategy offset moves"
    )
    command.add_argument(
        "--anchor", metavar="MODALITY", help="the modality that a learned map maps the others onto"
    )
    command.add_argument(
        "--ridge",
        type=float,
        default=30.0,
        metavar="λ",
        help="pull of --strategy ridge towards the identity (default: 30)",
    )
    command.add_argument(
        "--alpha",
        type=float,
        default=1.0,
        metavar="α",
        help="share of the reference scores that --strategy nnn subtracts (default: 1)",
    )
    command.add_argument(
        "--neighbours",
        type=int,
        default=10,
        metavar="K",
        help="best scores that --strategy nnn and csls take the mean of (default: 10)",
    )
    command.add_argument(
        "--fit",
        choices=("all", "split"),
        help="'split': fit on the calibrate split (even rows) and measure on the evaluate "
        "split (odd rows); 'all': both on all rows, in-sample. Default: split for a strategy "
        "that learns something, all for one that does not",
    )
    command.add_argument(
        "--pair",
        metavar="A,B",
        help="the two modalities whose gap to measure (default: image,text or the first two)",
    )
    command.add_argument("--rrf-k", type=float, default=60.0, metavar="K", help="(default: 60)")
    command.add_argument(
        "--rank-base", type=int, default=1, metavar="0|1", help="rank of the best (default: 1)"
    )
    command.add_argument(
        "--ties",
        default="own-first",
        metavar="ORDER",
        help="which list wins equal fused scores: own-first or other-first (default: own-first)",
    )
    command.add_argument(
        "--weight",
        action="append",
        default=[],
        metavar="MODALITY=W",
        help="weight of a modality's list in rank fusion (default: 1)",
    )
    command.add_argument(
        "--seed", type=int, default=0, metavar="N", help="of bootstrap and samples (default: 0)"
    )
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> str:
    """What to print.

    Raises:
        GapvizError: bad input.
    """
    result = _measure(options)
    # A measurement computes what is asked of it, so that telling it can fail as well.
    if options.json:
        return json.dumps(result.to_json(), indent=2, allow_nan=False)
    return _summary(result)


def _measure(options: argparse.Namespace) -> Measurement:
    card = strategy_card(options.strategy)
    strategy = StrategyOptions(
        name=card.name,
        strength=options.strength,
        moves=options.moves,
        fusion=RankFusion(
            k=options.rrf_k,
            weights=tuple(_weight(text) for text in options.weight),
            rank_base=options.rank_base,
            ties=options.ties,
        ),
        ridge=options.ridge,
        anchor=options.anchor,
        alpha=options.alpha,
        neighbours=options.neighbours,
    )
    refuse_negative_seed(options.seed)
    collection = read(options).encoded_by(options.encoder)
    for name in [*filter(None, [options.moves, options.anchor]), *dict(strategy.fusion.weights)]:
        collection.modality(name)
    return measure(
        collection,
        strategy,
        fit=options.fit or ("split" if card.learns else "all"),
        pair=_pair(options.pair),
        seed=options.seed,
    )


def refuse_negative_seed(seed: int) -> None:
    """Raise `GapvizError` for a seed below 0."""
    if seed < 0:
        raise GapvizError(f"the seed {seed} is negative", mend="give 0 or more")


def _weight(text: str) -> tuple[str, float]:
    modality, _, number = text.partition("=")
    try:
        return modality, float(number)
    except ValueError:
        raise GapvizError(
            f"--weight {text!r} is not MODALITY=NUMBER", mend="write for instance image=1.5"
        ) from None


def _pair(text: str | None) -> tuple[str, str] | None:
    if text is None:
        return None
    parts = [part.strip() for part in text.split(",")]
    if len(parts) != 2 or not all(parts) or parts[0] == parts[1]:
        raise GapvizError(
            f"--pair {text!r} does not name two modalities", mend="write for instance image,text"
        )
    return parts[0], parts[1]


def _summary(result: Measurement) -> str:
    gap = result.geometry.gap
    first, second = result.pair
    lines = [
        f"{result.collection.name}: {result.collection.n_items} items, "
        f"{result.collection.dim} dimensions, encoder {result.collection.encoder}",
        f"strategy  {result.strategy.label}, fitted on {_split_words(result)}",
        "",
        f"gap {first}–{second}        {gap.gap:.4f}  [{gap.low:.4f}, {gap.high:.4f}]  "
        f"noise floor {gap.noise_floor:.4f}   (0 … 2, lower is closer)",
        f"cloud separation      {gap.separation:.4f}  variant A   (above 1: gap-dominated)",
        f"RMG                   {result.geometry.relative_gap:.4f}  (0 perfect)",
        f"constancy             {result.geometry.constancy.ratio:.4f}  "
        "(1: the gap is one translation)",
        "",
        f"{'per query modality':22}{'bias@10':>22}{'lift':>8}{'NDCG@10':>22}{'MRR':>8}",
    ]
    lines[2:2] = [f"warning   {warning}" for warning in result.strategy.warnings]
    for name in result.mixed:
        bias, ndcg = result.bias[name], result.ndcg[name]
        lines.append(
            f"{name:22}{_with_interval(bias.value, bias.low, bias.high):>22}"
            f"{result.lift[name].value:>8.2f}"
            f"{_with_interval(ndcg.value, ndcg.low, ndcg.high):>22}"
            f"{result.mrr[name].value:>8.3f}"
        )
    lines += ["", f"{'cross-modal recall':22}{'R@1':>22}{'R@5':>22}{'R@10':>22}"]
    for (a, b), by_depth in result.recall.items():
        cells = "".join(f"{_with_interval(e.value, e.low, e.high):>22}" for e in by_depth.values())
        lines.append(f"{a + ' → ' + b:22}{cells}")
    lines += [
        "",
        "[low, high]: 95 % intervals. bias lift 1 is neutral; recall and NDCG: higher is better.",
    ]
    return "\n".join(lines)


def _split_words(result: Measurement) -> str:
    if not result.strategy.card.learns:
        return "nothing"
    return "the same items (in-sample)" if result.fit == "all" else "the calibrate split"


def _with_interval(value: float, low: float, high: float) -> str:
    return f"{value:.3f} [{low:.3f}, {high:.3f}]"
