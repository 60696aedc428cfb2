"""Both clouds, the gap between them in figures, and what a strategy does to it."""

import streamlit as st

from gapviz.analyses.measure import (
    all_diagnostics,
    bias_reading,
    change_reading,
    gap_reading,
    tie_reading,
)
from gapviz.core.foreign import in_markdown
from gapviz.dashboard.caches import measured, undefined
from gapviz.dashboard.cards import (
    cloud_cards,
    cloud_words,
    gap_cards,
    headline_notes,
    quality_cards,
    show_measured,
)
from gapviz.dashboard.catalogue import encoder_title
from gapviz.dashboard.cones import cones_section
from gapviz.dashboard.judged import judged_section, paired_note
from gapviz.dashboard.page_head import lacks_second_modality, page_head, show_doubts, ways_on
from gapviz.dashboard.settings import RAW, settings
from gapviz.strategies import STRATEGIES

chosen = settings()

if chosen.has_one_modality:
    page_head("Cones: one cloud, no gap yet", chosen)
    lacks_second_modality(
        chosen,
        "The gap is the distance between two cones: it, the bias of a mixed index and what a "
        "strategy does about them need a second modality.",
    )
    show_doubts(chosen)
    cloud_cards(chosen)
    cones_section(chosen, [cloud_words(chosen)])
    st.stop()

page_head("Cones: two clouds, one gap", chosen)
st.markdown(
    f"Each dot is one {in_markdown(' or one '.join(chosen.modalities))}, drawn flat. Each "
    "kind crowds into a narrow cone; the distance between their centres is the **gap**."
)
show_doubts(chosen)
columns = {}
readings = []
notes = []
warnings = []
moved = []
for view in chosen.views:
    title = f"{encoder_title(view)}: " if chosen.compare else ""
    head = f"{in_markdown(title)} " if title else ""
    before = measured(view, chosen.raw, chosen.seed, chosen.pair)
    after = None
    if chosen.strategy != RAW and not undefined(view, chosen.options()):
        after = measured(view, chosen.options(), chosen.seed, chosen.pair)
    why = undefined(view, chosen.options(), everywhere=True)
    if why:
        warnings.append(
            f"{head}{STRATEGIES[chosen.strategy].title} is not drawn. {in_markdown(why)}"
        )
    if chosen.compare:
        st.subheader(in_markdown(encoder_title(view)), anchor=False)
    gap_cards(before, after)
    moved.append((view, before, after))
    notes += [f"{head}{note}" for note in headline_notes(before, after)]
    readings.append(in_markdown(f"{title}{gap_reading(before)} {bias_reading(before)}"))
    columns[f"{title}raw"] = before
    ties = {"raw": tie_reading(before)}
    if after is not None:
        label = after.strategy.label
        readings.append(f"**{in_markdown(label)}.** {in_markdown(change_reading(before, after))}")
        ties[label] = tie_reading(after)
        columns[f"{title}{label}"] = after
        warnings += [f"{head}{in_markdown(warning)}" for warning in after.strategy.warnings]
    notes += [f"{head}{in_markdown(f'{label}: {words}')}" for label, words in ties.items() if words]
for warning in warnings:
    st.warning(warning, icon=":material/warning:")

cones_section(chosen, readings, notes)
st.subheader("What a search finds", anchor=False)
for view, before, after in moved:
    if chosen.compare:
        st.caption(in_markdown(encoder_title(view)))
    quality_cards(before, after)
note = paired_note(chosen)
if note:
    st.caption(note)
judged_section(chosen)

with st.expander("All diagnostics", icon=":material/table_chart:", on_change="rerun") as table:
    if table.open:
        show_measured(all_diagnostics(columns), columns)
ways_on(
    {
        "search": "Search this collection and see what the gap does to answers",
        "decide": "Decide what to do about it",
        "data": "Bring your own data",
    }
)
