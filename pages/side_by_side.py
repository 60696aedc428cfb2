"""One query, answered side by side by raw cosine, an offset and routing."""

import streamlit as st

from gapviz.dashboard import answers, query
from gapviz.dashboard.caches import warm_encoder
from gapviz.dashboard.settings import settings, show_error
from gapviz.errors import GapvizError

chosen = settings()

st.title("One query, three indexes")
st.caption(
    "A mixed index holds one entry for the image and one for the text of every item. Does it "
    "answer by meaning, or by modality?"
)
try:
    asked = query.ask(chosen)
except GapvizError as error:
    show_error(error)
    asked = None
if asked is not None:
    answers.answer_columns(chosen, asked)
answers.whole_split_table(chosen)
warm_encoder(chosen.encoder)
