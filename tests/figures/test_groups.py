"""Bars of matched pairs and of clusters: what is stacked, and where chance is marked."""

import pytest

from gapviz.analyses.anatomy.groups import cached_groups
from gapviz.analyses.anatomy.matched import cached_matched
from gapviz.figures.groups import groups_panels, matched_panels
from gapviz.strategies import StrategyOptions

BOTH = (StrategyOptions("raw"), StrategyOptions("centre"))


def test_the_bars_of_a_pair_are_stacked_to_its_alignment(make_labelled_world):
    found = cached_matched(make_labelled_world(), BOTH, ("image", "text"), seed=0).compute()
    bars, spectra = (panel.figure for panel in matched_panels(found))
    heights = [sum(parts) for parts in zip(*(one.y for one in bars.data), strict=True)]
    assert bars.layout.barmode == "stack"
    assert heights == pytest.approx([one.alignment for one in found.by_strategy.values()])
    assert [one.name for one in spectra.data] == list(found.by_strategy)


def test_every_bar_of_clusters_has_its_interval_and_its_chance(make_labelled_world):
    found = cached_groups(make_labelled_world(), BOTH, seed=0).compute()
    (panel,) = groups_panels(found)
    raw, chance, centred, further = panel.figure.data
    one = found.by_strategy["Raw cosine"]
    assert raw.y[0] - raw.error_y.arrayminus[0] == pytest.approx(one.labels.v.estimate.low)
    assert raw.y[1] == one.purity.homogeneity.value > centred.y[1]
    assert chance.y[0] == one.labels.chance.v
    assert (chance.showlegend, further.showlegend) == (True, False)
    assert "with chance: Raw cosine, Centre both" in panel.alt
