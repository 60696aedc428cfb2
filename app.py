"""gapviz's dashboard: the list of pages, and the sidebar that every page shares."""

import streamlit as st
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from streamlit.runtime.pages_manager import PagesManager

from gapviz.dashboard import FAVICON
from gapviz.dashboard.routes import ROUTES
from gapviz.dashboard.settings import show_sidebar

# Until st.navigation has been called once in a process, Streamlit takes the folder pages/
# for its older kind of multipage app: a deep link would come without the sidebar, and
# widgets would change their identity between the first run and the second. For the same
# reason the addresses below differ from the names of the files.
PagesManager.uses_pages_directory = False

if __name__ == "__main__":
    st.set_page_config(page_title="gapviz", page_icon=str(FAVICON), layout="wide")
    page = st.navigation(
        [
            st.Page(
                "pages/two_cones.py",
                title="Cones",
                icon=":material/scatter_plot:",
                url_path="cones",
                default=True,
            ),
            st.Page(
                "pages/side_by_side.py",
                title="Search",
                icon=":material/search:",
                url_path="search",
            ),
            st.Page(
                "pages/guided_tour.py",
                title="Tour",
                icon=":material/slideshow:",
                url_path="tour",
            ),
            st.Page(
                "pages/why_a_gap.py",
                title="Why a gap",
                icon=":material/school:",
                url_path="why",
            ),
            st.Page(
                "pages/your_data.py",
                title="Data",
                icon=":material/folder_open:",
                url_path="data",
            ),
        ]
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
