"""gapviz's dashboard: the list of pages, and the sidebar that every page shares."""

import streamlit as st
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from streamlit.navigation.page import StreamlitPage
from streamlit.runtime.pages_manager import PagesManager

from gapviz.dashboard import FAVICON
from gapviz.dashboard.routes import ROUTES
from gapviz.dashboard.settings import show_sidebar

# Until st.navigation has been called once in a process, Streamlit takes the folder pages/
# for its older kind of multipage app: a deep link would come without the sidebar, and
# widgets would change their identity between the first run and the second. For the same
# reason the addresses below differ from the names of the files.
PagesManager.uses_pages_directory = False


def _page(
    file: str, title: str, icon: str, address: str, *, default: bool = False
) -> StreamlitPage:
    return st.Page(
        f"pages/{file}.py",
        title=title,
        icon=f":material/{icon}:",
        url_path=address,
        default=default,
    )


if __name__ == "__main__":
    st.set_page_config(page_title="gapviz", page_icon=str(FAVICON), layout="wide")
    page = st.navigation(
        {
            "See": [
                _page("two_cones", "Cones", "scatter_plot", "cones", default=True),
                _page("side_by_side", "Search", "search", "search"),
                _page("within_modality", "Within a modality", "join_inner", "within"),
                _page("why_a_gap", "Why a gap", "school", "why"),
                _page("guided_tour", "Tour", "slideshow", "tour"),
            ],
            "Compare": [
                _page("strategy_scoreboard", "Scoreboard", "leaderboard", "scoreboard"),
                _page("curves", "Curves", "show_chart", "curves"),
                _page("scores", "Scores and thresholds", "bar_chart", "scores"),
                _page("anatomy", "Anatomy of the gap", "biotech", "anatomy"),
            ],
            "Act": [
                _page("advisor", "Decide", "alt_route", "advisor"),
                _page("take_home", "Take it home", "download", "export"),
                _page("your_data", "Data", "folder_open", "data"),
            ],
        }
    )
    show_sidebar()
    page.run()
else:
    # `streamlit run app.py` imports this file once as a module for the server, and runs it
    # as a script for every visitor.
    hosts = st.get_option("server.allowedHosts") or ["*"]
    # Streamlit checks the Host header of its own socket only; this one covers every route.
    trusted = Middleware(TrustedHostMiddleware, allowed_hosts=hosts)
    app = st.App(__file__, routes=ROUTES, middleware=[trusted])
