"""The parameters of the strategies, as the sidebar and links choose them."""

from __future__ import annotations

from gapviz.core.parameter import Parameter
from gapviz.strategies import StrategySpec
from gapviz.strategies.alignment import MAX_STRENGTH

_FUSION = ("rrf_k", "weights", "ties")

_PARAMETERS = {
    one.name: one
    for one in (
        Parameter(
            "strength",
            "Strength",
            "number",
            1.0,
            "How much of the offset is subtracted: 0 = nothing (raw), 1 = all of it, above 1 = "
            "past it.",
            symbol="λ",
            low=0.0,
            high=MAX_STRENGTH,
            step=0.05,
        ),
        Parameter("moves", "Modality that moves", "modality", None, "The other stays where it is."),
        Parameter(
            "anchor",
            "Mapped onto",
            "modality",
            None,
            "The modality that stays; the others are mapped onto it.",
            place=-1,
        ),
        Parameter(
            "ridge",
            "Pull towards the identity",
            "number",
            30.0,
            "Small learns a freer map, and overfits sooner; large stays near centring both.",
            symbol="λ",
            low=0.1,
            high=300.0,
        ),
        Parameter(
            "alpha",
            "Share of the reference scores",
            "number",
            1.0,
            "How much of a row's mean score with its nearest reference queries is subtracted.",
            symbol="α",
            low=0.0,
            high=2.0,
            step=0.05,
        ),
        Parameter(
            "neighbours",
            "Neighbours",
            "count",
            10,
            "How many best scores the mean is taken of.",
            low=1,
            high=1_000,
        ),
        Parameter(
            "rrf_k",
            "k of rank fusion",
            "count",
            60,
            "weight / (k + rank), ranks from 1. Over disjoint lists with equal weights k changes "
            "nothing.",
            symbol="k",
            low=1,
            high=1_000,
        ),
        Parameter("weights", "Weight", "weights", (), "", low=0.0, high=2.0, step=0.1),
        Parameter(
            "ties",
            "Equal scores",
            "choice",
            "own-first",
            "Fused lists tie: of equal weights at every rank, by min-max at the top, by DBSF "
            "beyond 3σ. This decides who stands first, and with it the match's rank.",
            choices={
                "own-first": "the query's modality first",
                "other-first": "the other modality first",
            },
        ),
    )
}


def strategy_parameters() -> tuple[Parameter, ...]:
    """Every parameter of any strategy, each once."""
    return tuple(_PARAMETERS.values())


def strategy_parameter(name: str) -> Parameter:
    """The parameter of that name."""
    return _PARAMETERS[name]


def parameters_of(spec: StrategySpec) -> tuple[Parameter, ...]:
    """Those of one strategy."""
    names = [name for one in spec.parameters for name in (_FUSION if one == "fusion" else (one,))]
    return tuple(_PARAMETERS[name] for name in names)
