import json
import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from urllib.parse import urlsplit

import pytest

from gapviz.commands.serve import is_this_machine, port_to_take
from gapviz.sources.library.stored import Workspace
from gapviz.storage.saved_collection import save_collection
from tests.containers import containerfile
from tests.serving import free_port, served


def status(url, method="GET", **headers):
    asked = urllib.request.Request(url, method=method, headers=headers)
    try:
        return urllib.request.urlopen(asked, timeout=10).status
    except urllib.error.HTTPError as error:
        return error.code


def served_at(home, *arguments, stop):
    command = [sys.executable, "-m", "gapviz", "serve", *arguments]
    return served(*command, stop=stop, env=os.environ | {"GAPVIZ_HOME": str(home)})


@pytest.mark.slow
def test_the_dashboard_is_served_on_a_collection_until_stopped(make_collection, tmp_path):
    save_collection(make_collection(12), tmp_path / "my vectors")
    with served_at(tmp_path / "home", str(tmp_path / "my vectors"), stop=signal.SIGINT) as told:
        assert told["collection"].startswith("my-vectors-") and told["collection"] in told["url"]
        assert told["read_only"] is False
    assert "log-in" not in told["errors"] and "No runtime" not in told["errors"]


@pytest.mark.slow
def test_a_team_is_served_below_a_path_by_the_names_given_alone(make_collection, tmp_path):
    save_collection(make_collection(12), tmp_path / "mine")
    arguments = ["--address", "0.0.0.0", "--allow-host", "Team.example", "--base-path", "/gapviz/"]
    arguments = [str(tmp_path / "mine"), *arguments, "--read-only"]
    with served_at(tmp_path / "home", *arguments, stop=signal.SIGTERM) as told:
        address = told["address"]
        assert told["url"].startswith("http://team.example:") and "/gapviz/?" in told["url"]
        assert told["read_only"] is True
        assert Workspace(tmp_path / "home").find(told["collection"]).n_items == 12
        for host, answer in {"team.example": 200, "localhost": 200, "evil.example": 400}.items():
            assert status(address, host=host) == answer
        root = address.removesuffix("/gapviz/")
        assert status(f"{address}thumb/builtin/at/0.png") == 200
        assert status(f"{root}/thumb/builtin/at/0.png") == status(f"{root}/") == 404
        assert urllib.request.urlopen(f"{root}/gapviz?seed=1").url == f"{address}?seed=1"
        assert urllib.request.urlopen(f"{address}thresholds").url.startswith(f"{address}scores?")
        assert status(f"{address}_stcore/upload_file/a/b", "PUT") == 403
        health = containerfile()["HEALTHCHECK"][-1].partition("CMD ")[2]
        python, *checked = json.loads(health.replace(":8501", f":{urlsplit(address).port}"))
        assert python == "python"
        subprocess.run([sys.executable, *checked], check=True)
    assert "log-in" in told["errors"] and "Network URL" not in told["errors"]


def test_an_address_that_others_reach_needs_the_names_they_may_ask_by(refused):
    for address in ("0.0.0.0", "::", "192.0.2.7", "example.org"):
        assert "--allow-host" in refused("serve", "--address", address, "--port", free_port())


@pytest.mark.parametrize("name", ["*", "*.example.org", "https://example.org", "a:80", "a,b", ""])
def test_a_wildcard_is_no_name_of_a_host(refused, name):
    assert "--allow-host" in refused("serve", "--allow-host", name, "--port", free_port())


@pytest.mark.parametrize("path", ["gapviz", "/a//b", "/../a", "/a b", "http://x/y", "/?a"])
def test_what_is_no_path_is_no_base_path(refused, path):
    assert "--base-path" in refused("serve", "--base-path", path, "--port", free_port())


def test_this_machine_is_known_by_its_addresses():
    ours = ("127.0.0.1", "127.8.8.8", "::1", "localhost")
    assert all(map(is_this_machine, ours))
    assert not any(map(is_this_machine, ("0.0.0.0", "::", "10.0.0.1", "gapviz.example.org", "")))


def test_a_new_source_is_no_exception_where_the_environment_says_read_only(
    refused, make_collection, tmp_path, monkeypatch
):
    save_collection(make_collection(12), tmp_path / "mine")
    monkeypatch.setenv("GAPVIZ_READ_ONLY", "1")
    assert "only shows" in refused("serve", str(tmp_path / "mine"), "--port", free_port())


def test_a_port_that_is_taken_is_named(refused):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        assert "--port" in refused("serve", "builtin", "--port", taken.getsockname()[1])
    refused("serve", "--port", "99999999")


def test_port_0_is_a_free_one_and_another_stays_as_it_is():
    free = port_to_take("127.0.0.1", 0)
    assert free > 0 and port_to_take("127.0.0.1", free) == free


def test_a_source_that_cannot_be_read_is_refused_before_serving(refused):
    refused("serve", "no such file", "--port", free_port())
