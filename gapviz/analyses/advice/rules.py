"""The decision table: what is usually advised for each task, what it needs, where it fails.

The advice is only the starting point: each rule is held against figures measured on the
collection at hand, and the ranking follows the figures.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Literal, get_args

from gapviz.core.errors import GapvizError
from gapviz.core.nearest import choose
from gapviz.strategies import STRATEGIES
from gapviz.strategies.spec import Changeable, Expectation, Task

Kind = Literal["nothing", "strategy", "model", "dedicated", "thresholds"]

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
                raise GapvizError(f"there is no {name} {value!r}", hint=choose(str(value), known))


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


_KINDS: dict[Kind, tuple[Changeable, Expectation]] = {
    "nothing": ("neither", "no change"),
    "thresholds": ("neither", "helps"),
    "dedicated": ("model", "helps"),
    "model": ("model", "depends"),
}
"""What a way that is no strategy needs, and what is expected of it."""

_OTHERS: dict[tuple[Task, Kind], tuple[str, str]] = {
    ("one-way", "nothing"): (
        "The offset is common to all candidates, q·(x − Δ) = q·x − q·Δ, so no rank depends on it.",
        "Wrong as soon as a second modality joins the index, or a score is compared with a "
        "threshold that was set elsewhere.",
    ),
    ("one-way", "model"): (
        "A model with a smaller gap need not find better: choose it by recall.",
        "Wrong where the other model was compared on other items, or trained on these.",
    ),
    ("mixed", "nothing"): (
        "A mixed index left as it is sorts by modality before it sorts by meaning.",
        "Right only where bias lift is near 1 already, or one modality is never searched for.",
    ),
    ("mixed", "model"): (
        "A model trained against the gap mends the mixed index at its root; any other may not.",
        "Wrong where every item has to be encoded anew for a gain that the index gives for less.",
    ),
    ("within", "nothing"): (
        "Query and candidates lie in one cone: there is no gap between them to close.",
        "Wrong where a dedicated encoder finds more: then the tower is the loss, not the gap.",
    ),
    ("within", "dedicated"): (
        "An encoder made for one modality finds likeness better than a joint model's tower.",
        "Wrong where the same vectors must also be found from another modality.",
    ),
    ("within", "model"): (
        "A joint model trained with intra-modal terms keeps each modality's own neighbourhoods; "
        "any other may not.",
        "Wrong where the other model was trained on these items.",
    ),
    ("scores", "nothing"): (
        "One threshold set on matched pairs lets most unrelated pairs within a modality pass.",
        "Right only where scores of one pair of modalities alone are ever compared.",
    ),
    ("scores", "thresholds"): (
        "One threshold for each pair of modalities, each set on pairs of that kind.",
        "Wrong where items drift: every threshold has to be calibrated again.",
    ),
}
"""Of ways that are no strategy, the usual advice and when to leave it; what is said of strategies
stands in their specs."""


def rules() -> tuple[Rule, ...]:
    """The whole decision table: of each task what leaves all as it is, strategies, the rest."""
    others = [
        Rule(f"{task}/{kind}", task, kind, *_KINDS[kind], *words)
        for (task, kind), words in _OTHERS.items()
    ]
    found = [
        Rule(f"{one.task}/{spec.name}", kind="strategy", strategy=spec.name, **asdict(one))
        for spec in STRATEGIES.values()
        for one in spec.advice
    ]
    order = ("nothing", "thresholds", "strategy", "dedicated", "model")
    return tuple(sorted([*others, *found], key=lambda rule: order.index(rule.kind)))


def applicable(situation: Situation) -> tuple[tuple[Rule, ...], tuple[Rule, ...]]:
    """The rules of a task: those open to what can be changed, and those that need more."""
    order = get_args(Changeable)
    limit = order.index(situation.changeable)
    of_task = [rule for rule in rules() if rule.task == situation.task]
    return (
        tuple(rule for rule in of_task if order.index(rule.needs) <= limit),
        tuple(rule for rule in of_task if order.index(rule.needs) > limit),
    )
