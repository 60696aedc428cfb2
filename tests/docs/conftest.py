import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[1]


@pytest.fixture(scope="session")
def python_of_readers(request):
    """(Python, its environment): with the built wheel where the tests have one, else this one."""
    environment = dict(os.environ)
    try:
        python = request.getfixturevalue("wheel_python")
    except pytest.FixtureLookupError:
        return sys.executable, environment | {"PYTHONPATH": str(ROOT)}
    environment.pop("PYTHONPATH", None)
    return str(python), environment


@pytest.fixture(scope="session")
def run_examples(python_of_readers, tmp_path_factory):
    """`run_examples(page, setups, blocks)` → what each block printed, in a folder of the page."""
    python, environment = python_of_readers
    worker = subprocess.Popen(
        [python, "-P", str(HERE / "worker.py")],
        env=environment | {"PYTHONPATH": os.pathsep.join(
            one for one in (str(HERE), environment.get("PYTHONPATH")) if one
        )},
        cwd=tmp_path_factory.mktemp("reader"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )  # fmt: skip
    place = Path(json.loads(worker.stdout.readline())["gapviz"])
    if python != sys.executable:
        assert ROOT not in place.parents, f"{place} is not the wheel"

    def run(page, setups, blocks):
        request = {
            "folder": str(tmp_path_factory.mktemp(Path(page).stem)),
            "setups": setups,
            "blocks": [{"kind": one.kind, "text": one.text} for one in blocks],
        }
        print(json.dumps(request), file=worker.stdin, flush=True)
        return json.loads(worker.stdout.readline())

    yield run
    worker.communicate()
