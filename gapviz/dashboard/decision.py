"""Decide's answer as a card: what to do, why, what it gains, what it costs, and the way to it."""

from __future__ import annotations

import streamlit as st

from gapviz.analyses.advice.decision import Decision, PlainChange
from gapviz.core.change import change_look
from gapviz.core.foreign import in_html
from gapviz.dashboard.page_head import address_of

OF_THE_DATA = ("collection", "encoder", "pair", "seed")
"""Parameters of the URL that say what was measured."""

_LOOKS = {"green": "gv-yes", "red": "gv-no", "grey": ""}


def show_decision(decision: Decision, *, links: bool = True) -> None:
    """The card; with `links` to the page that exports exactly what it says, and to Search."""
    gains = "".join(map(change_item, decision.gains)) or "<li>Nothing by more than chance.</li>"
    losses = "".join(map(change_item, decision.losses))
    costs = "".join(f"<li>{in_html(words)}</li>" for words in decision.costs)
    if decision.strategy is not None and not losses:
        costs += "<li>No figure measured here gets worse by more than chance.</li>"
    st.html(
        '<section class="gv-decision" aria-label="the recommendation">'
        f'<p class="gv-eyebrow">Recommended here</p><h2>{in_html(decision.title)}</h2>'
        f"<p>{in_html(decision.reason)}</p>"
        f'<div class="gv-sides"><div><h3>What it gains</h3><ul>{gains}</ul></div>'
        f"<div><h3>What it costs</h3><ul>{losses}{costs}</ul></div></div>"
        f"{_ways_on(decision) * links}</section>"
    )


def change_item(one: PlainChange) -> str:
    """An item of a list, in HTML: before and after, and what is counted."""
    look = change_look(1 if one.rises else -1, one.change)
    unit = f" <small>{in_html(one.unit)}</small>" if one.unit else ""
    aim = f" <small>({in_html(one.aim)} would be even)</small>" if one.aim else ""
    return (
        f'<li><span class="gv-change"><span class="{_LOOKS[look.color]}" title="{look.words}">'
        f"{look.arrow}</span> "
        f"<b>{in_html(one.before)} → {in_html(one.after)}</b>{unit}</span> "
        f"{in_html(one.words)}{aim}</li>"
    )


def _ways_on(decision: Decision) -> str:
    """The links keep the parameters that were judged, not those of the sidebar."""
    if decision.strategy is None:
        return ""
    lost = set(st.query_params) - set(OF_THE_DATA)
    addresses = [
        in_html(address_of(page, without=lost, strategy=decision.strategy.name))
        for page in ("export", "search")
    ]
    return (
        '<nav aria-label="next steps" class="gv-links">'
        f'<a class="gv-button" href="{addresses[0]}" target="_self">Take it home</a>'
        f'<a href="{addresses[1]}" target="_self">Search with it →</a></nav>'
    )
