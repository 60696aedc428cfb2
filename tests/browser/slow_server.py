"""The dashboard, whose pages take three seconds below their title."""

import sys
import time

from streamlit.web.cli import main

from gapviz.dashboard import page_head


def _slowly(title, show=page_head.page_title):
    show(title)
    time.sleep(3)


page_head.page_title = _slowly
sys.argv = ["streamlit", "run", "app.py", *sys.argv[1:]]
main()
