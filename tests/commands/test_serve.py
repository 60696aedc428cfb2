import os
import signal
import socket
import sys

import pytest

from gapviz.storage.saved_collection import save_collection
from tests.serving import free_port, served


@pytest.mark.slow
@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_the_dashboard_is_served_on_a_collection_until_stopped(make_collection, tmp_path, stop):
    save_collection(make_collection(12), tmp_path / "my vectors")
    environment = os.environ | {"GAPVIZ_HOME": str(tmp_path / "home")}
    command = [sys.executable, "-m", "gapviz", "serve", str(tmp_path / "my vectors")]
    with served(*command, stop=stop, env=environment) as told:
        assert told["collection"].startswith("my-vectors-") and told["collection"] in told["url"]


def test_a_port_that_is_taken_is_named(refused):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        assert "--port" in refused("serve", "builtin", "--port", taken.getsockname()[1])
    refused("serve", "--port", "99999999")


def test_a_source_that_cannot_be_read_is_refused_before_serving(refused):
    refused("serve", "no such file", "--port", free_port())
