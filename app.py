"""gapviz's dashboard: the list of pages, and the sidebar that every page shares."""

from types import ModuleType

import streamlit as st
from streamlit.navigation.page import StreamlitPage
from streamlit.runtime.pages_manager import PagesManager

from gapviz.dashboard import (
    FAVICON,
    anatomy,
    approximate,
    cones,
    curves,
    data,
    decide,
    directions,
    export,
    findings,
    keeping,
    protocol,
    scoreboard,
    scores,
    search,
    story,
    tour,
    why,
    within,
)
from gapviz.dashboard.errors import errors_shown
from gapviz.dashboard.guard import guards
from gapviz.dashboard.routes import routes
from gapviz.dashboard.server import import_ahead
from gapviz.dashboard.settings import SidebarPart, show_sidebar
from gapviz.dashboard.words import show_words
from gapviz.storage.configuration import THIS_MACHINE
from gapviz.storage.leftovers import sweep_at_start

# Until st.navigation has been called once in a process, Streamlit takes the folder pages/
# for its older kind of multipage app: a deep link would come without the sidebar, and
# widgets would change their identity between the first run and the second.
PagesManager.uses_pages_directory = False


# What of the sidebar changes nothing on a page, and is not shown there. (Streamlit would draw a
# text that stands here by itself.)
IDLE: dict[ModuleType, tuple[SidebarPart, ...]] = {
    story: ("compare",),
    within: ("strategy", "compare"),
    why: ("strategy", "compare"),
    tour: ("strategy", "compare"),
    scoreboard: ("compare",),
    protocol: ("strategy", "compare"),
    decide: ("strategy",),
    export: ("compare",),
    findings: ("strategy",),
    data: ("strategy", "compare", "seed"),
}


def _name(module: ModuleType) -> str:
    return module.__name__.rpartition(".")[2]


def _page(module: ModuleType, title: str, icon: str, *, default: bool = False) -> StreamlitPage:
    """A page, whose file and address have the name of the module that draws it."""
    name = _name(module)
    return st.Page(
        f"pages/{name}.py",
        title=title,
        icon=f":material/{icon}:",
        url_path=name,
        default=default,
    )


if __name__ == "__main__":
    st.set_page_config(
        page_title="gapviz",
        page_icon=str(FAVICON),
        layout="wide",
        initial_sidebar_state="collapsed" if keeping.is_presented() else "auto",
    )
    page = st.navigation(
        {
            "See": [
                _page(story, "Start", "home", default=True),
                _page(cones, "Cones", "scatter_plot"),
                _page(search, "Search", "search"),
                _page(within, "Within a modality", "join_inner"),
                _page(why, "Why a gap", "school"),
                _page(tour, "Tour", "slideshow"),
            ],
            "Compare": [
                _page(scoreboard, "Scoreboard", "leaderboard"),
                _page(directions, "Directions", "grid_on"),
                _page(curves, "Curves", "show_chart"),
                _page(scores, "Scores", "bar_chart"),
                _page(anatomy, "Anatomy of the gap", "biotech"),
                _page(approximate, "Approximate index", "speed"),
                _page(protocol, "Protocol", "fact_check"),
            ],
            "Act": [
                _page(decide, "Decide", "alt_route"),
                _page(export, "Take it home", "download"),
                _page(findings, "Findings", "bookmarks"),
                _page(data, "Data", "folder_open"),
            ],
        },
        # Else Streamlit hides the last of so many.
        expanded=True,
    )
    # The name of the page beside the favicon, in the history and among bookmarks.
    st.set_page_config(page_title=f"{page.title} · gapviz")
    if page.url_path == _name(data):
        data.library.open_linked()
    idle = {_name(module): parts for module, parts in IDLE.items()}
    show_sidebar(idle.get(page.url_path or _name(story), ()))
    with st.container(key="page_bar", horizontal=True):
        show_words(page.url_path)
        keeping.keep_control(page.url_path, page.title)
    keeping.show_linked(page.url_path)
    with errors_shown():
        page.run()
else:
    # `streamlit run app.py` imports this file once as a module for the server, and runs it
    # as a script for every visitor.
    import_ahead()
    hosts = st.get_option("server.allowedHosts") or THIS_MACHINE
    sweep_at_start()
    app = st.App(__file__, routes=routes(), middleware=guards(hosts))
