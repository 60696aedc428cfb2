import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request

import pytest

from gapviz.storage.saved_collection import save_collection


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.mark.slow
@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_the_dashboard_is_served_on_a_collection_until_stopped(make_collection, tmp_path, stop):
    save_collection(make_collection(12), tmp_path / "my vectors")
    environment = os.environ | {"GAPVIZ_HOME": str(tmp_path / "home")}
    command = [sys.executable, "-m", "gapviz", "serve", str(tmp_path / "my vectors"), "--json"]
    process = subprocess.Popen(
        [*command, "--port", str(free_port())],
        env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        told = json.loads(process.stdout.readline())
        assert told["collection"].startswith("my-vectors-") and told["collection"] in told["url"]
        address = told["url"].partition("?")[0]
        deadline = time.monotonic() + 60
        while True:
            try:
                assert urllib.request.urlopen(f"{address}_stcore/health", timeout=2).status == 200
                break
            except OSError:
                assert process.poll() is None and time.monotonic() < deadline
                time.sleep(0.05)
        process.send_signal(stop)
        _, errors = process.communicate(timeout=30)
        assert process.returncode == 0
    finally:
        process.kill()
    assert "Traceback" not in errors


def test_a_port_that_is_taken_is_named(refused):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        assert "--port" in refused("serve", "builtin", "--port", taken.getsockname()[1])
    refused("serve", "--port", "99999999")


def test_a_source_that_cannot_be_read_is_refused_before_serving(refused):
    refused("serve", "no such file", "--port", free_port())
