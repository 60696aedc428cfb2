"""The container file and what goes into an image, without a program that builds one."""

import argparse
import json
import re

import pytest

from gapviz.commands import serve
from gapviz.sources.files.upload import MAX_BYTES
from tests.containers import ROOT, containerfile


@pytest.fixture(scope="module")
def told():
    return containerfile()


def test_what_builds_is_left_behind(told):
    base = "docker.io/library/python:${PYTHON}-slim-bookworm"
    assert told["FROM"] == [f"{base} AS build", base]
    assert told["COPY"] == ["requirements.txt ./", ". ./", "--from=build /opt/gapviz /opt/gapviz"]


def test_versions_are_those_of_the_lock(told):
    installs = [one for one in told["RUN"] if "pip install" in one]
    assert "--requirement requirements.txt" in installs[0]
    assert all("--no-deps" in one for one in installs[1:])
    assert any(one.startswith("TORCH_INDEX=https://download.pytorch.org/") for one in told["ARG"])


def test_it_runs_as_nobody_who_matters(told):
    uid, gid = told["USER"][0].split(":")
    assert int(uid) == int(gid) > 10_000
    assert f"--uid {uid}" in told["RUN"][-1] and f"--owner={uid}" in told["RUN"][-1]


def test_what_is_written_lies_in_the_volume(told):
    (volume,) = told["VOLUME"]
    places = dict(re.findall(r"(\w+)=(\S+)", told["ENV"][0]))
    for name in ("HOME", "GAPVIZ_HOME", "GAPVIZ_CACHE", "HF_HOME", "NUMBA_CACHE_DIR"):
        assert places[name].startswith(volume)
    assert not [name for name in places if re.search("TOKEN|SECRET|PASSWORD|KEY", name)]


def test_it_serves_the_port_that_it_exposes_and_that_its_health_is_asked_at(told):
    command = json.loads(told["ENTRYPOINT"][0]) + json.loads(told["CMD"][0])
    assert command[0] == "gapviz"
    parser = argparse.ArgumentParser()
    serve.add_to(parser.add_subparsers())
    options = parser.parse_args(command[1:])
    assert str(options.port) == told["EXPOSE"][0]
    assert f":{options.port}/_stcore/health" in told["HEALTHCHECK"][0]
    assert options.allow_host == ["localhost"]


def test_only_what_is_named_goes_into_an_image():
    lines = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    assert rules[0] == "*"
    named = {rule.removeprefix("!").partition("/")[0] for rule in rules if rule[0] == "!"}
    assert {"app.py", "gapviz", "pages", "data", ".streamlit", "requirements.txt"} <= named
    assert not {".git", ".venv", "tests"} & named


def test_what_is_composed_is_that_image_below_the_path_of_the_proxy_and_not_published():
    yaml = pytest.importorskip("yaml")
    composed = yaml.safe_load((ROOT / "docs" / "compose.yaml").read_text("utf-8"))
    service = composed["services"]["gapviz"]
    assert "ports" not in service and service["read_only"] is True
    assert composed["networks"][service["networks"][0]]["internal"] is True
    assert (ROOT / "docs" / service["build"]["context"] / "Containerfile").is_file()
    parser = argparse.ArgumentParser()
    serve.add_to(parser.add_subparsers())
    options = parser.parse_args(service["command"])
    proxy = (ROOT / "docs" / "nginx.conf").read_text("utf-8")
    assert f"location {options.base_path}/ {{" in proxy
    assert f"server_name {options.allow_host[0]};" in proxy
    assert f"proxy_pass         http://gapviz:{options.port};" in proxy
    assert "Host $http_host;" in proxy and "Upgrade $http_upgrade;" in proxy


def test_the_proxy_takes_what_gapviz_takes_of_an_upload():
    proxy = (ROOT / "docs" / "nginx.conf").read_text("utf-8")
    (megabytes,) = re.findall(r"client_max_body_size (\d+)m;", proxy)
    assert int(megabytes) * 2**20 >= MAX_BYTES
