"""A dashboard started by `gapviz serve`, for a test."""

import json
import signal
import socket
import subprocess
import urllib.request
from contextlib import contextmanager
from urllib.parse import urlsplit

from tests.patience import PATIENCE_SECONDS, until


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def served(*command, stop=signal.SIGTERM, **process):
    """`gapviz serve --json`, started by a command on a free port: what it told, once it answers.

    It is stopped by a signal, and has nothing to complain of; what it said meanwhile is then in
    `errors`.
    """
    started = subprocess.Popen(
        [*command, "--json", "--port", str(free_port())],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **process,
    )  # fmt: skip
    try:
        told = json.loads(started.stdout.readline())
        parts = urlsplit(told["url"])
        told["address"] = f"http://127.0.0.1:{parts.port}{parts.path}"

        def answers():
            assert started.poll() is None
            return _is_healthy(told["address"])

        until(answers)
        yield told
        started.send_signal(stop)
        _, told["errors"] = started.communicate(timeout=PATIENCE_SECONDS)
    finally:
        started.kill()
    assert started.returncode == 0 and "Traceback" not in told["errors"], told["errors"]


def _is_healthy(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"{address}_stcore/health", timeout=2) as answer:
            return answer.status == 200
    except OSError:
        return False
