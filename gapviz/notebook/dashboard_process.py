"""The dashboard in a process of its own, which ends with the one that started it.

`python -m gapviz.notebook.dashboard_process PORT HOME` serves until standard input is closed, as it
is when the other process ends, however that ends. Then HOME, a temporary folder, is removed.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
import threading
import time

ADDRESS = "127.0.0.1"
"""Only this machine is answered."""

PATIENCE = 5.0
"""Seconds that visitors have to be let go."""


def main(port: int, home: str) -> None:
    """Serve on a port of this machine until standard input is closed."""
    from gapviz.dashboard.server import app_file, serve

    threading.Thread(target=_end_with_parent, args=(home,), daemon=True).start()
    try:
        serve(app_file(), ADDRESS, port)
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _end_with_parent(home: str) -> None:
    """Wait for the end of standard input, which nobody writes to, and stop."""
    while sys.stdin.buffer.read(1):
        pass
    # As Ctrl-C does, it reaches what works in the background for the dashboard too.
    os.killpg(os.getpgrp(), signal.SIGINT)
    time.sleep(PATIENCE)
    shutil.rmtree(home, ignore_errors=True)
    os._exit(0)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
