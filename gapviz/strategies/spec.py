"""What a strategy says of itself: names, words, parameters, and when it is advised."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from gapviz.core.errors import GapvizError
from gapviz.core.nearest import choose
from gapviz.core.parameter import Parameter

ActsOn = Literal["nothing", "vectors", "scores", "lists", "items"]
"""What a strategy changes: where rows lie, how pairs score, how the lists of the modalities
are fused, or what is ranked."""

Task = Literal["one-way", "mixed", "within", "scores"]
"""What is searched for, in the order of the decision table."""
Changeable = Literal["neither", "index", "model"]
"""What can be changed; each includes the one before it."""
Expectation = Literal["helps", "hurts", "no change", "depends"]


@dataclass(frozen=True, slots=True)
class AdviceRule:
    """The usual advice on a strategy for one task."""

    task: Task
    needs: Changeable
    """The least that must be changeable."""
    expects: Expectation
    """What the usual advice says of the deciding figure of the task."""
    usual: str
    """The usual advice, in one sentence."""
    wrong_when: str
    """When to leave it, in one sentence."""


@dataclass(frozen=True, slots=True)
class StrategySpec:
    """What a strategy is, in words for the screen and the help text."""

    name: str
    """Stable name, as it stands in links and on the command line."""
    title: str
    formula: str
    known: str
    """One sentence on what is known of it; never hidden."""
    acts_on: ActsOn
    """What it changes, the last of it where that is several things."""
    stores: str
    """What must be kept beside the vectors, in words."""
    query_cost: str
    """What a query costs beside its N·d multiply-adds with the index, in words."""
    parameters: tuple[Parameter, ...] = ()
    needs_pairs: bool = False
    """True where it cannot be fitted without matched pairs."""
    across_modalities: bool = False
    """True where how it moves one modality is learned of the others too, with or without pairs."""
    transductive: bool = False
    """True where the answer to one query depends on the other queries."""
    by_dimension: bool = False
    """True where it treats every dimension by itself, so that a rotation of the space changes what
    it does."""
    by_role: bool = False
    """True where a row that asks is moved elsewhere than the same row in the index."""
    aliases: tuple[str, ...] = ()
    """Other names that people use."""
    advice: tuple[AdviceRule, ...] = ()
    also: tuple[ActsOn, ...] = ()
    """What it changes before that."""
    of_values: Callable[[Mapping[str, Any]], StrategySpec] | None = None
    """What it is by the values of its parameters, where that depends on them."""
    fitted_anyway: bool = False
    """True where something is fitted though no vector moves and it is transductive."""
    usual: bool = True
    """Whether it is compared where no strategies are named."""
    place: float = 1_000
    """Place in lists of strategies; those of one place stand by name."""

    @property
    def routed(self) -> bool:
        """True where each modality is searched on its own and the lists are fused."""
        return self.acts_on == "lists"

    @property
    def ranks_items(self) -> bool:
        """True where items are ranked, not rows: another protocol."""
        return self.acts_on == "items"

    @property
    def moves_vectors(self) -> bool:
        """True where rows lie elsewhere afterwards."""
        return "vectors" in (self.acts_on, *self.also)

    @property
    def adjusts_scores(self) -> bool:
        """True where cosines are adjusted before they are ranked."""
        return "scores" in (self.acts_on, *self.also)

    @property
    def learns(self) -> bool:
        """True where something is fitted on the calibrate split."""
        inductive = self.adjusts_scores and not self.transductive
        return self.moves_vectors or inductive or self.fitted_anyway

    def has(self, parameter: str) -> bool:
        """Whether it has a parameter of that name."""
        return any(one.name == parameter for one in self.parameters)

    def parameter(self, name: str) -> Parameter:
        """The parameter of that name.

        Raises:
            GapvizError: it has none of that name.
        """
        for one in self.parameters:
            if one.name == name:
                return one
        known = ", ".join(one.name for one in self.parameters) or "none at all"
        raise GapvizError(
            f"{self.title} has no parameter {name!r}", hint=f"its parameters: {known}"
        )


STRATEGIES: dict[str, StrategySpec] = {}
"""Every strategy by name, in the order of lists; `gapviz.strategies.registry` fills it."""


def strategy_spec(name: str) -> StrategySpec:
    """The spec of a strategy, by its name or an alias.

    Raises:
        GapvizError: no strategy of that name.

    >>> strategy_spec("gr-clip").title
    'Centre both'
    """
    plain = name.strip().lower().replace("_", "-").replace(" ", "-")
    found = STRATEGIES.get(plain)
    if found is None:
        found = next((spec for spec in STRATEGIES.values() if plain in spec.aliases), None)
    if found is None:
        raise GapvizError(f"there is no strategy {name!r}", hint=choose(name, STRATEGIES))
    return found
