"""The decision table: what is usually advised for each task, what it needs, where it fails.

The advice is only the starting point: each rule is held against figures measured on the
collection at hand, and the ranking follows the figures.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from gapviz.core.errors import GapvizError

Task = Literal["one-way", "mixed", "within", "scores"]
Changeable = Literal["neither", "index", "model"]
Kind = Literal["nothing", "strategy", "model", "dedicated", "thresholds"]
Expectation = Literal["helps", "hurts", "no change", "depends"]

TASKS: dict[Task, str] = {
    "one-way": "One modality finds another",
    "mixed": "One index of all modalities",
    "within": "Like finds like",
    "scores": "A threshold or fused scores",
}
"""What is searched with and over, by title."""

CHANGES: dict[Changeable, str] = {
    "neither": "Neither",
    "index": "The index",
    "model": "Index and model",
}
"""What can be changed; each includes the one before it."""


@dataclass(frozen=True, slots=True)
class Situation:
    """What a person searches, and what they can change.

    Raises:
        GapvizError: no such task, or nothing that can be changed in that way.
    """

    task: Task = "mixed"
    changeable: Changeable = "index"
    found: str = "image"
    """The modality that is found: the target of `one-way`, the only one of `within`."""

    def __post_init__(self) -> None:
        for name, value, known in (
            ("task", self.task, get_args(Task)),
            ("change", self.changeable, get_args(Changeable)),
        ):
            if value not in known:
                raise GapvizError(
                    f"there is no {name} {value!r}", hint=f"choose one of {', '.join(known)}"
                )


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of the decision table."""

    name: str
    task: Task
    kind: Kind
    needs: Changeable
    """The least that must be changeable."""
    expects: Expectation
    """What the usual advice says of the deciding figure of the task."""
    usual: str
    """The usual advice, in one sentence."""
    wrong_when: str
    """When to leave it, in one sentence."""
    strategy: str | None = None
    """Of `kind` strategy, its name."""


def _strategy(
    task: Task, name: str, needs: Changeable, expects: Expectation, usual: str, wrong_when: str
) -> Rule:
    return Rule(f"{task}/{name}", task, "strategy", needs, expects, usual, wrong_when, name)


_ONE_WAY = (
    Rule(
        "one-way/nothing",
        "one-way",
        "nothing",
        "neither",
        "no change",
        "The offset is common to all candidates, q·(x − Δ) = q·x − q·Δ, so no rank depends on it.",
        "Wrong as soon as a second modality joins the index, or a score is compared with a "
        "threshold that was set elsewhere.",
    ),
    _strategy(
        "one-way", "offset", "index", "hurts",
        "Renormalising after a one-sided shift lowers cross-modal recall.",
        "Wrong where recall matters: shifted candidates change rank only by being renormalised, "
        "but a shifted query ranks anew.",
    ),
    _strategy(
        "one-way", "centre", "index", "no change",
        "Centring both keeps cross-modal recall, and has nothing to fix here.",
        "Wrong where new items drift away from the centroids that were fitted.",
    ),
    _strategy(
        "one-way", "zscore", "index", "no change",
        "Rescaling each dimension keeps cross-modal recall, and has nothing to fix here.",
        "Wrong where few items were there to fit a spread for every dimension.",
    ),
    _strategy(
        "one-way", "ridge", "index", "no change",
        "A map held near the identity keeps cross-modal recall.",
        "Wrong where few pairs were there to fit on, or they are unlike the queries to come.",
    ),
    _strategy(
        "one-way", "procrustes", "index", "hurts",
        "A freely learned rotation overfits and loses held-out recall.",
        "Wrong unless there are many more pairs than dimensions.",
    ),
    _strategy(
        "one-way", "nnn", "neither", "helps",
        "Subtracting each candidate's score with reference queries takes down candidates that "
        "answer everything.",
        "Wrong where the reference queries are unlike those to come.",
    ),
    Rule(
        "one-way/model",
        "one-way",
        "model",
        "model",
        "depends",
        "A model with a smaller gap need not find better: choose it by recall.",
        "Wrong where the other model was compared on other items, or trained on these.",
    ),
)  # fmt: skip

_MIXED = (
    Rule(
        "mixed/nothing",
        "mixed",
        "nothing",
        "neither",
        "no change",
        "A mixed index left as it is sorts by modality before it sorts by meaning.",
        "Right only where bias lift is near 1 already, or one modality is never searched for.",
    ),
    _strategy(
        "mixed", "znorm", "neither", "helps",
        "Normalising scores by pair of modalities brings the lists to one scale and keeps the "
        "order within each.",
        "Wrong where the mix of queries or items moves away from the calibration items.",
    ),
    _strategy(
        "mixed", "nnn", "neither", "helps",
        "Subtracting each row's score with reference queries takes the offset out of the scores.",
        "Wrong where the reference queries are unlike those to come.",
    ),
    _strategy(
        "mixed", "route", "neither", "helps",
        "One filtered query a modality, fused by rank, cannot sort by modality.",
        "Wrong where one modality holds most of the answers: each gets the same share of the "
        "list, whatever was asked.",
    ),
    _strategy(
        "mixed", "minmax", "neither", "helps",
        "One filtered query a modality, merged by rescaled score.",
        "Wrong where a list has no good answer: its best still gets the full score, and those "
        "bests tie.",
    ),
    _strategy(
        "mixed", "route-zscore", "neither", "helps",
        "One filtered query a modality, merged by how far a score stands out of its list.",
        "Wrong where the engine returns the top of a list only: it needs the whole list's scores.",
    ),
    _strategy(
        "mixed", "centre", "index", "helps",
        "Centring both closes the gap at the price of one vector a modality.",
        "Wrong where it is taken for a cure: a gap near zero is not bias zero.",
    ),
    _strategy(
        "mixed", "offset", "index", "helps",
        "Subtracting the offset from one modality closes the gap.",
        "Wrong where cross-modal recall matters: renormalising afterwards lowers it.",
    ),
    _strategy(
        "mixed", "zscore", "index", "helps",
        "Rescaling each dimension closes the gap and evens the spread.",
        "Wrong where few items were there to fit a spread for every dimension.",
    ),
    _strategy(
        "mixed", "ridge", "index", "helps",
        "A map held near the identity closes more of the gap than an offset.",
        "Wrong where few pairs were there to fit on.",
    ),
    _strategy(
        "mixed", "procrustes", "index", "helps",
        "A freely learned rotation lays one cloud on the other, but overfits and loses recall.",
        "Wrong unless there are many more pairs than dimensions.",
    ),
    _strategy(
        "mixed", "items-rrf", "index", "helps",
        "Where an item has several vectors, list the item once and fuse its lists by rank.",
        "Wrong where most items have one vector: those that have several outvote them.",
    ),
    Rule(
        "mixed/model",
        "mixed",
        "model",
        "model",
        "depends",
        "A model trained against the gap mends the mixed index at its root; any other may not.",
        "Wrong where every item has to be encoded anew for a gain that the index gives for less.",
    ),
)  # fmt: skip

_WITHIN = (
    Rule(
        "within/nothing",
        "within",
        "nothing",
        "neither",
        "no change",
        "Query and candidates lie in one cone: there is no gap between them to close.",
        "Wrong where a dedicated encoder finds more: then the tower is the loss, not the gap.",
    ),
    _strategy(
        "within", "centre", "index", "no change",
        "Centring moves query and candidates alike, and changes little within one modality.",
        "Wrong where it is done for the gap: here there is none.",
    ),
    Rule(
        "within/dedicated",
        "within",
        "dedicated",
        "model",
        "helps",
        "An encoder made for one modality finds likeness better than a joint model's tower.",
        "Wrong where the same vectors must also be found from another modality.",
    ),
    Rule(
        "within/model",
        "within",
        "model",
        "model",
        "depends",
        "A joint model trained with intra-modal terms keeps each modality's own neighbourhoods; "
        "any other may not.",
        "Wrong where the other model was trained on these items.",
    ),
)  # fmt: skip

_SCORES = (
    Rule(
        "scores/nothing",
        "scores",
        "nothing",
        "neither",
        "no change",
        "One threshold set on matched pairs lets most unrelated pairs within a modality pass.",
        "Right only where scores of one pair of modalities alone are ever compared.",
    ),
    Rule(
        "scores/thresholds",
        "scores",
        "thresholds",
        "neither",
        "helps",
        "One threshold for each pair of modalities, each set on pairs of that kind.",
        "Wrong where items drift: every threshold has to be calibrated again.",
    ),
    _strategy(
        "scores", "znorm", "neither", "helps",
        "Scores normalised by pair of modalities share one scale, so one threshold serves all.",
        "Wrong in the tails: mean and spread are matched, the shape of the scores is not.",
    ),
    _strategy(
        "scores", "route", "neither", "helps",
        "Fuse ranks, not cosines: a rank has no offset.",
        "Wrong where a score must say that nothing fits: ranks always have a best.",
    ),
    _strategy(
        "scores", "centre", "index", "helps",
        "Centring both brings the scores of all pairs nearer to one scale.",
        "Wrong where it is taken for a cure: pairs within a modality still spread wider.",
    ),
)  # fmt: skip

RULES: tuple[Rule, ...] = (*_ONE_WAY, *_MIXED, *_WITHIN, *_SCORES)


_BY_NAME = {rule.name: rule for rule in RULES}


def rule_named(name: str) -> Rule:
    """The rule of that name.

    Raises:
        KeyError: there is none.
    """
    return _BY_NAME[name]


def applicable(situation: Situation) -> tuple[tuple[Rule, ...], tuple[Rule, ...]]:
    """The rules of a task: those open to what can be changed, and those that need more."""
    order = get_args(Changeable)
    limit = order.index(situation.changeable)
    rules = [rule for rule in RULES if rule.task == situation.task]
    return (
        tuple(rule for rule in rules if order.index(rule.needs) <= limit),
        tuple(rule for rule in rules if order.index(rule.needs) > limit),
    )
