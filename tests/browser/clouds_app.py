"""A page that draws as many made points as its address asks for, served as the dashboard is.

`/?n=200000` shows two clouds before and after they are drawn together, and says what is selected;
with `&clouds=moved` the latter alone.
"""

from functools import lru_cache

import numpy as np
import streamlit as st
from made_clouds import MODALITIES, cloud

from gapviz.core.collection import Collection
from gapviz.core.item import Item
from gapviz.dashboard import routes
from gapviz.dashboard.canvas.component import CloudView, point_canvas
from gapviz.dashboard.canvas.served import ServedCloud
from gapviz.dashboard.guard import guards


@lru_cache(maxsize=8)
def items_of(name: str) -> Collection:
    """The items of `cloud(int(name), …)`."""
    items = tuple(
        Item(str(k), captions=(f"caption {k}",), image="openmoji:1F431")
        for k in range(int(name) // 2)
    )
    return Collection(name, items, {})


def page() -> None:
    n = int(st.query_params.get("n", 2_000))
    st.title(f"{n:,} points")
    apart = 0.5 if st.toggle("Nearer", key="nearer") else 0.0
    views = [
        CloudView(title, ServedCloud(cloud(n, distance), str(n), MODALITIES))
        for title, distance in (("Raw", 3.0), ("Moved", apart))
    ]
    picked = st.session_state.setdefault("picked", np.zeros(0, dtype=np.int64))
    point_canvas(
        views,
        "clouds",
        scene=str(n),
        selected=picked,
        on_pick=lambda pick: st.session_state.update(picked=pick.items),
        shown=st.session_state.setdefault("shown", st.query_params.get("clouds", "both")),
        on_look=lambda look: st.session_state.update(shown=look.shown),
        lines="lines" in st.query_params,
    )
    st.markdown(f"selected: {picked.size}, {int(picked.sum())}")


if __name__ == "__main__":
    page()
else:
    routes.items_of = items_of
    app = st.App(__file__, routes=routes.ROUTES, middleware=guards(["localhost", "127.0.0.1"]))
