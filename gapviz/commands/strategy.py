"""What several commands share: the strategy, what it is fitted on, and the pair measured."""

from __future__ import annotations

import argparse

from gapviz.commands.source import read_and_tell
from gapviz.core.collection import Collection
from gapviz.core.errors import GapvizError
from gapviz.sources.files.reading import Reading
from gapviz.strategies import STRATEGIES, StrategyOptions, strategy_spec
from gapviz.strategies.alignment import MAX_STRENGTH
from gapviz.strategies.fusion import RankFusion


def add_strategy(command: argparse.ArgumentParser, default: str = "raw") -> None:
    """The options of `chosen_strategy`."""
    command.add_argument(
        "--strategy",
        default=default,
        metavar="NAME",
        help=f"one of {', '.join(STRATEGIES)} (default: {default})",
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
        "--rrf-k",
        type=float,
        default=60.0,
        metavar="K",
        help="constant of rank fusion: a list gives 1 / (K + rank) (default: 60)",
    )
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


def add_fit(command: argparse.ArgumentParser) -> None:
    """`--fit`, where a figure can be had in-sample as well."""
    command.add_argument(
        "--fit",
        choices=("split", "all"),
        default="split",
        help="'split': fit on the calibrate split (even rows, unless the source says "
        "otherwise) and measure on the evaluate split; 'all': both on all rows, in-sample, as "
        "published tables do (default: split)",
    )


def add_pair(command: argparse.ArgumentParser) -> None:
    """The option of `chosen_pair`."""
    command.add_argument(
        "--pair",
        metavar="A,B",
        help="the two modalities whose gap to measure (default: image,text or the first two)",
    )


def chosen_strategy(options: argparse.Namespace) -> StrategyOptions:
    """The strategy that the options name.

    Raises:
        GapvizError: an unknown name, or a number out of range.
    """
    return StrategyOptions(
        name=strategy_spec(options.strategy).name,
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


def chosen_collection(options: argparse.Namespace, strategy: StrategyOptions) -> Collection:
    """The source with its vectors, which must hold every modality that the strategy names.

    Raises:
        GapvizError: bad input, or a modality that is not there.
    """
    return checked_collection(read_and_tell(options), options, strategy)


def checked_collection(
    reading: Reading, options: argparse.Namespace, strategy: StrategyOptions
) -> Collection:
    """The same of a source that was read.

    Raises:
        GapvizError: no vectors by the encoder asked for, or a modality that is not there.
    """
    collection = reading.encoded_by(options.encoder)
    for name in [*filter(None, [strategy.moves, strategy.anchor]), *dict(strategy.fusion.weights)]:
        collection.modality(name)
    return collection


def chosen_pair(options: argparse.Namespace) -> tuple[str, str] | None:
    """The two modalities whose gap to measure, or None for the usual ones.

    Raises:
        GapvizError: not two names.
    """
    text = options.pair
    if text is None:
        return None
    parts = [part.strip() for part in text.split(",")]
    if len(parts) != 2 or not all(parts) or parts[0] == parts[1]:
        raise GapvizError(
            f"--pair {text!r} does not name two modalities", hint="write for instance image,text"
        )
    return parts[0], parts[1]


def _weight(text: str) -> tuple[str, float]:
    modality, _, number = text.partition("=")
    try:
        return modality, float(number)
    except ValueError:
        raise GapvizError(
            f"--weight {text!r} is not MODALITY=NUMBER", hint="write for instance image=1.5"
        ) from None
