"""The scoreboard page: which models, the wait, the Pareto plot, the table, the protocol."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from gapviz.analyses.judged import has_judgments, protocol_words
from gapviz.analyses.scoreboard.analysis import most_by_chance
from gapviz.analyses.scoreboard.ranking import Ranking
from gapviz.analyses.scoreboard.rows import Scoreboard
from gapviz.analyses.scoreboard.scoreboard import ScoreboardRequest
from gapviz.core.foreign import in_html, in_markdown
from gapviz.core.wording import counted, figure
from gapviz.dashboard.caches import studied
from gapviz.dashboard.catalogue import View, catalogue
from gapviz.dashboard.charts import show_chart
from gapviz.dashboard.given_runs import given_runs
from gapviz.dashboard.guard import FOLLOW_LINK, FOLLOWED
from gapviz.dashboard.judged import protocol_of
from gapviz.dashboard.scoreboard_table import (
    MODELS,
    figure_choice,
    search_address,
    show_left_out,
    show_ranking,
    task_choice,
)
from gapviz.dashboard.sections import say_sample
from gapviz.dashboard.settings import Settings
from gapviz.dashboard.waiting import Wait, result_of
from gapviz.dashboard.widgets import segments_of
from gapviz.figures.pareto import pareto_alt_text, pareto_figure, selected_row
from gapviz.measures.diagnostics.groups import MADE, NO_LABELS, RULES
from gapviz.measures.retrieval.intervals import VARIED
from gapviz.strategies import usual_strategies


def scoreboard_section(chosen: Settings) -> None:
    """Everything below the title.

    Raises:
        GapvizError: vectors that cannot be read.
    """
    results = st.container()
    # A mixed index needs two modalities, and the columns are those of the chosen ones.
    titles = catalogue()[chosen.collection].encoders_of(chosen.modalities)
    with st.container(horizontal=True, vertical_alignment="bottom", key="board_choices"):
        task, pair = task_choice(chosen)
        if len(titles) > 1 and segments_of(MODELS) == "one":
            titles = {chosen.encoder: titles[chosen.encoder]}
        protocol = protocol_of(chosen)
        groups = figure_choice(protocol, chosen.modalities)
    collections = {model: studied(View(chosen.collection, model)) for model in titles}
    if protocol == "judged":
        collections = {model: one for model, one in collections.items() if has_judgments(one)}
    first = next(iter(collections.values()))
    runs, waiting = given_runs(first, protocol, chosen.seed)
    if waiting:
        return
    request = ScoreboardRequest(
        collections,
        [chosen.options(name) for name in dict.fromkeys([*usual_strategies(), chosen.strategy])],
        chosen.seed,
        protocol,
        runs,
        titles,
    )

    def read(board: Scoreboard) -> Ranking:
        return Ranking(board, task, pair, titles)

    def show_so_far() -> None:
        known = request.so_far()
        if known is not None:
            show_ranking(read(known), groups, key="board_so_far")

    with results:
        say_sample(chosen.view)
        doing = f"Measuring {request.n_rows} rows, once"
        kept = "What had been measured is kept."
        board = result_of(request, Wait(doing, cancelled=kept, so_far=show_so_far))
        if board is None:
            return
        _doubts(board, titles)
        show_ranking(read(board), groups)
        show_left_out(board, titles)
    _pareto(board, titles)
    # The warnings of single strategies, by the numbers that their rows show.
    for number, (warning, rows) in enumerate(board.own_warnings.items(), start=1):
        named = [f"{row.title}{f' ({titles[row.model]})' * (len(titles) > 1)}" for row in rows]
        words = f"**{number}. {in_markdown(', '.join(named))}.** {in_markdown(warning)}"
        st.warning(words, icon=":material/warning:")
    _protocol(chosen, board)


def _doubts(board: Scoreboard, titles: Mapping[str, str]) -> None:
    """Above all figures: what concerns the judgments, or every row that moves vectors."""
    notes = [note for one in board.judging.values() for note in one.notes]
    for doubt in dict.fromkeys(filter(None, [board.unjudged_doubt, *notes])):
        st.warning(in_markdown(doubt), icon=":material/rule:")
    for model, warnings in board.split_warnings.items():
        of_model = f"**{in_markdown(titles[model])}.** " * (len(titles) > 1)
        for warning in warnings:
            st.warning(f"{of_model}{in_markdown(warning)}", icon=":material/warning:")


def _pareto(board: Scoreboard, titles: Mapping[str, str]) -> None:
    st.subheader("Bias against quality", anchor=False)
    st.caption(
        "Left is fairer, up is better: at 0 no modality is favoured, whichever asks. The dotted "
        "line joins what nothing beats in both; bars are 95 % intervals. Click a point to search "
        "with its model and strategy."
    )
    event = show_chart(
        pareto_figure(board, titles),
        "pareto_chart",
        pareto_alt_text(board, titles),
        without=["toImage", "select2d", "lasso2d"],
        on_select="rerun",
        selection_mode="points",
    )
    place = selected_row(event["selection"]["points"])
    if place is None:
        return
    row = board.rows[place]
    address = search_address(row)
    if address is None:
        return
    # By the browser: Streamlit's own way to another page cannot keep what is bound to the URL.
    words = f"Search with {row.title}, {titles[row.model]} →"
    st.html(
        f'<a id="{FOLLOWED}" href="{in_html(address)}" target="_self">{in_html(words)}</a>'
        f"<script>{FOLLOW_LINK}</script>",
        unsafe_allow_javascript=True,
    )


def _protocol(chosen: Settings, board: Scoreboard) -> None:
    if board.protocol == "judged":
        _judged_protocol(chosen, board)
        return
    n_items = max(board.n_items.values())
    most = most_by_chance(board)
    by_chance = ", ".join(f"{figure(value)} to {name}" for name, value in most.items())
    chance = f"By chance: up to {by_chance}." + f" {NO_LABELS}" * ("labels" not in most)
    fitted = studied(View(chosen.collection, next(iter(board.n_items))))
    with st.container(border=True):
        st.markdown(
            f"""
**Protocol**

- **Figures by pairs:** {protocol_words("paired")}.
- **Indexed:** the {in_markdown(", ".join(chosen.modalities))} vectors of the
  {counted(n_items, "item")} of the evaluate split; of several captions the first, unless
  all were indexed.
- **Asking:** each modality's query rows: captions after the first where an item has them,
  else its indexed rows.
- **Left out:** the rows of the query's own item in its own modality, by item id.
- **Relevant:** the rows of the query's own item in other modalities; within a modality (mAP),
  the other items of its label.
- **Lift:** share of the query's modality among the top 10 ÷ its share of the index. 1 is neutral.
- **Imbalance:** mean over the query modalities of |lift − 1|, so that opposite biases do not
  cancel. 0 is neutral.
- **Groups:** {MADE}
  of all rows, one an item and modality: V-measure to labels with as many clusters as labels
  (Grassucci et al. 2026; higher is better), and to modality with as many as modalities (lower is
  better). {chance} Where no vector moves, that of raw cosine. {RULES.interval}
- **Recall across** searches the other modality alone, so fusing lists changes nothing there.
- **Ties:** every order of equal scores counts alike, so that a figure is its mean over all of
  them; of fused lists as set under Routing.
- **Fitted** on the {counted(len(fitted.splits["calibrate"]), "item")} of the calibrate split alone,
  of the strategies set in the sidebar; transductive ones also read the queries, all of them.
- **Strategies that rank items** are measured by another protocol: a query's rivals are items, not
  rows, and its own item keeps its other rows; where that leaves it one list against two of every
  other, NDCG is not measurable. Their bias and NDCG stand apart from the others', hollow in the
  plot and off the front.
- **Intervals:** {VARIED}; within a modality (mAP) the queries alone. Seed {board.seed}.
- **The front** has its uncertainty: in how many samples like this one a row would be on it.
- **Cost:** float32 bytes kept for one item with its share of everything else; multiply-adds of
  one query by exact search: counts, not times.
"""
        )


def _judged_protocol(chosen: Settings, board: Scoreboard) -> None:
    model, judging = next(iter(board.judging.items()))
    fitted = studied(View(chosen.collection, model))
    with st.container(border=True):
        st.markdown(
            f"""
**Protocol**

- **Figures by judgments:** {protocol_words("judged", judging.n_queries)}
  ({judging.words}).
- **Indexed:** the whole collection, {counted(board.n_items[model], "item")}.
- **NDCG@10** has the grades as gains; **recall** is the share of the items that answer which stand
  in the first 10 or 100; **MRR** and **MAP** read lists to {judging.depth}.
- **What nobody judged** counts as wrong; **unjudged@10** is its share of the first 10.
- **Bias rate** is the share of the query's modality among the first 10, **lift** that ÷ its share
  of the index: 1 is neutral. **Imbalance:** mean over the query modalities of |lift − 1|.
- **Asked modality@10**, where queries ask for one: the share of the first 10 that has it.
- **Ties:** every order of equal scores counts alike, so that a figure is its mean over all of them.
- **Fitted** on the {counted(len(fitted.splits["calibrate"]), "item")} and the queries that
  calibrate, which no measured query has as an answer; CSLS also reads the rows of the index
  (transductive).
- **Runs** of other systems are read from files: scores order, equal scores tie, what is no item of
  the collection keeps its place. A row of theirs has no cost, which nobody can see.
- **Intervals:** {VARIED}: a query goes with the first item that answers it. Seed {board.seed}.
- **The front** has its uncertainty: in how many samples like this one a row would be on it.
- **Cost:** float32 bytes kept for one item with its share of everything else; multiply-adds of
  one query by exact search: counts, not times.
"""
        )
