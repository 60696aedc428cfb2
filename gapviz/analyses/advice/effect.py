"""What a change does to one figure, and whether that is more than chance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import isnan, nan

from gapviz.analyses.measure import TIES_CARRY
from gapviz.core.change import Change
from gapviz.core.estimate import Estimate
from gapviz.core.plain_json import JsonFields
from gapviz.core.table import Changed
from gapviz.core.vectors import Float64, Indices
from gapviz.core.wording import figure as shown
from gapviz.measures.measurement import ROUNDING
from gapviz.measures.retrieval.bootstrap import bootstrap_mean
from gapviz.measures.retrieval.intervals import Gain, Replicates


@dataclass(frozen=True, slots=True)
class Effect(JsonFields):
    """One figure before and after."""

    figure: str
    before: Estimate
    after: Estimate
    change: Estimate
    """After − before, with its own 95 % interval."""
    gain: Estimate
    """The change, above 0 where it is for the better; of a figure with an aim, how much nearer it
    came. Its interval holds for all ways that were tried at once, at 95 %."""
    higher_is_better: bool | None = True
    """None where there is an aim."""
    aim: float | None = None
    """The value to be near, for a figure that can be too low as well as too high."""
    chance: float | None = None
    """The figure where all entries score alike; None where it has no such level."""
    above_chance: Estimate | None = None
    """How far the figure is above that after the change, with an interval as that of `gain`."""
    gain_if_ties_lost: float | None = None
    """The gain where ties count against it; None where none carry the figure."""
    words: str = ""
    """What the figure counts, in plain words; empty where its name says it."""
    out_of: int = 1
    """Of how many it is told in those words: of 100 queries, say."""

    @property
    def better(self) -> bool:
        """It got better by more than chance, by more than ties, and beyond what chance finds."""
        return self._beyond and self.gain.low - self._lost_to_ties > 0

    @property
    def worse(self) -> bool:
        """It got worse by more than chance."""
        return self.gain.high < 0

    @property
    def judged_change(self) -> Changed:
        """The change, and what that is worth."""
        way: Change = "better" if self.better else "worse" if self.worse else "within chance"
        return Changed(self.change, way)

    @property
    def carried_by_ties(self) -> bool:
        """Whether the order of equal scores moves it by more than a trifle."""
        return self._lost_to_ties > TIES_CARRY

    @property
    def decided_by_ties(self) -> bool:
        """Whether it would be better but for the order of equal scores."""
        return self._beyond and self.gain.low > 0 and not self.better

    @property
    def ranked_gain(self) -> float:
        """The gain to rank by: with every tie lost."""
        return self.gain.value - self._lost_to_ties

    @property
    def best(self) -> str:
        """Which way is better, in words."""
        if self.aim is not None:
            return f"near {shown(self.aim, 2)}"
        return "higher" if self.higher_is_better else "lower"

    @property
    def found_by_chance(self) -> bool:
        """Whether the figure after the change is no better than where all entries score alike."""
        return self.above_chance is not None and not self.above_chance.low > ROUNDING

    @property
    def _beyond(self) -> bool:
        return not self.found_by_chance

    @property
    def _lost_to_ties(self) -> float:
        lost = self.gain_if_ties_lost
        return 0.0 if lost is None else max(self.gain.value - lost, 0.0)


@dataclass(frozen=True, eq=False)
class Trial:
    """A figure before and after, before it is known how many ways were tried."""

    figure: str
    before: Estimate
    after: Estimate
    change: Estimate
    gain: Gain
    higher_is_better: bool | None = True
    aim: float | None = None
    chance: float | None = None
    above_chance: Gain | None = None
    gain_if_ties_lost: float | None = None
    halves: tuple[float, float] = (nan, nan)
    """The gain on either half of the items."""
    words: str = ""
    out_of: int = 1

    def in_words(self, words: str, out_of: int = 100) -> Trial:
        """The same, with what it counts in plain words; see `Effect.words`."""
        return replace(self, words=words, out_of=out_of)

    @classmethod
    def of(
        cls,
        figure: str,
        before: Replicates,
        after: Replicates,
        *,
        higher_is_better: bool = True,
        aim: float | None = None,
        chance: float = nan,
        ends: Sequence[tuple[float, float]] = (),
    ) -> Trial:
        """From figures that were measured on the same parts of the data.

        Args:
            figure: its name.
            before: without the change.
            after: with it.
            higher_is_better: which way is better; of no account where there is an aim.
            aim: the value to be near.
            chance: the figure where all entries score alike.
            ends: before and after with every tie lost and with every tie won.
        """
        if aim is not None:
            gain = before.distance_to(aim) - after.distance_to(aim)
        else:
            gain = after - before if higher_is_better else before - after
        lost = None
        if ends:
            (before_lost, before_won), (after_lost, after_won) = ends
            worst = after_lost - before_won if higher_is_better else before_lost - after_won
            lost = float(worst) if gain.value - worst > 1e-9 else None
        return cls(
            figure,
            before.estimate,
            after.estimate,
            (after - before).estimate,
            Gain.of(gain),
            None if aim is not None else higher_is_better,
            aim,
            None if isnan(chance) else chance,
            None if isnan(chance) else replace(Gain.of(after), value=after.value - chance),
            lost,
            gain.halves,
        )

    @classmethod
    def of_queries(
        cls,
        figure: str,
        before: Float64,
        after: Float64,
        items: Indices,
        *,
        seed: int,
        higher_is_better: bool = True,
        aim: float | None = None,
    ) -> Trial:
        """From one value a query `(n,)`, of the items `(n,)`; only the queries vary."""
        old, new, change = (
            bootstrap_mean(values, items, seed=seed) for values in (before, after, after - before)
        )
        value = change.value if higher_is_better else -change.value
        if aim is not None:
            value = abs(old.value - aim) - abs(new.value - aim)
        gain = replace(Gain.of_interval(change), value=value)
        direction = None if aim is not None else higher_is_better
        return cls(figure, old, new, change, gain, direction, aim)

    def effect(self, times: float) -> Effect:
        """What it comes to, with the interval of `times` standard errors; see `simultaneous`."""
        return Effect(
            self.figure,
            self.before,
            self.after,
            self.change,
            self.gain.within(times),
            self.higher_is_better,
            self.aim,
            self.chance,
            None if self.above_chance is None else self.above_chance.within(times),
            self.gain_if_ties_lost,
            self.words,
            self.out_of,
        )
