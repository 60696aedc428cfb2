"""Work in a process of its own, and what it shares with work in a thread."""

import importlib.util
import json
import os
import signal
import sys
import time
from pathlib import Path

import pytest

from gapviz.core.errors import GapvizError
from gapviz.storage.background import TaskStatus, ThreadTask
from gapviz.storage.background_process import (
    LOG_FILE,
    REQUEST_FILE,
    STATUS_FILE,
    Allowance,
    ProcessTask,
    confined,
)
from tests.patience import PATIENCE_SECONDS, until

WORK = Path(__file__).with_name("counting_work.py")


@pytest.fixture(autouse=True)
def _the_process_finds_the_functions(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(WORK.parent), prepend=os.pathsep)


def _functions():
    spec = importlib.util.spec_from_file_location(WORK.stem, WORK)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.count, module.fail, module.grow, module.brood


count, fail, grow, brood = _functions()


def in_thread(folder, function, arguments):
    return ThreadTask(lambda progress: function(progress=progress, **arguments))


@pytest.fixture(params=[in_thread, ProcessTask.create], ids=["thread", "process"])
def run(request, tmp_path):
    """`run(function, ...)`: a task, started."""

    def started(function, **arguments):
        task = request.param(tmp_path / "task", function, arguments)
        task.start()
        return task

    return started


@pytest.fixture
def numbers(tmp_path):
    (tmp_path / "numbers").mkdir()
    return tmp_path / "numbers"


def test_a_task_gives_its_result(run, numbers):
    status = run(count, folder=str(numbers), end=3).wait(PATIENCE_SECONDS)
    assert status == TaskStatus("done", 1.0, "done", result={"written": 3})


def test_a_cancelled_task_stops_and_goes_on_when_started_again(run, numbers):
    task = run(count, folder=str(numbers), end=10_000)
    until(lambda: task.status().share > 0)
    assert task.status().state == "running"
    assert task.status().stage.startswith("counted ")
    task.cancel()
    assert task.cancelled
    stopped = task.wait(PATIENCE_SECONDS)
    assert (stopped.state, stopped.result, stopped.error) == ("cancelled", None, None)
    before = len(list(numbers.iterdir()))
    assert 0 < before < 10_000
    time.sleep(0.1)
    assert len(list(numbers.iterdir())) == before

    task.start()
    assert not task.cancelled
    until(lambda: len(list(numbers.iterdir())) > before)
    assert task.status().active
    task.cancel()
    assert task.wait(PATIENCE_SECONDS).state == "cancelled"


def test_starting_an_active_task_changes_nothing(run, numbers):
    task = run(count, folder=str(numbers), end=60)
    until(lambda: task.status().state == "running")
    task.start()
    assert task.wait(PATIENCE_SECONDS).result == {"written": 60}


def test_a_mistake_is_reported_as_a_sentence(run):
    status = run(fail, mistake=True).wait(PATIENCE_SECONDS)
    assert (status.state, status.share) == ("failed", 0.25)
    assert status.error.sentence == "a.npy: no vectors; write some."


def test_a_fault_is_reported_without_its_traceback(run):
    error = run(fail, mistake=False).wait(PATIENCE_SECONDS).error
    assert error.sentence.startswith("the work stopped on an unexpected fault; see ")
    assert "KeyError" not in error.sentence


def test_a_process_is_found_and_cancelled_by_its_folder(tmp_path, numbers):
    task = ProcessTask.create(tmp_path, count, {"folder": str(numbers), "end": 10_000})
    task.start()
    until(lambda: task.status().state == "running")
    found = ProcessTask(tmp_path)
    assert found.arguments["end"] == 10_000
    found.cancel()
    assert task.wait(PATIENCE_SECONDS).state == "cancelled"


@pytest.mark.slow
def test_a_killed_process_is_interrupted_and_goes_on(tmp_path, numbers):
    task = ProcessTask.create(tmp_path, count, {"folder": str(numbers), "end": 200})
    task.start()
    until(lambda: task.status().share > 0)
    os.kill(json.loads((tmp_path / STATUS_FILE).read_text())["pid"], signal.SIGKILL)
    until(lambda: task.status().state == "interrupted")
    assert "start it again" in task.status().error.sentence
    task.start()
    assert 0 < task.wait(PATIENCE_SECONDS).result["written"] < 200


def test_a_fault_is_in_the_log_of_the_process(tmp_path):
    task = ProcessTask.create(tmp_path, fail, {"mistake": False})
    task.start()
    task.wait(PATIENCE_SECONDS)
    assert "KeyError" in (tmp_path / LOG_FILE).read_text()


class _NoProcess:
    def __init__(self, command, **options):
        assert isinstance(command, list) and not options.get("shell")

    def wait(self):
        return 0

    def poll(self):
        return None


def test_a_process_that_never_began_is_interrupted(tmp_path, monkeypatch):
    monkeypatch.setattr("gapviz.storage.background_process.subprocess.Popen", _NoProcess)
    task = ProcessTask.create(tmp_path, count, {})
    task.start()
    assert task.status().state == "queued"
    status = json.loads((tmp_path / STATUS_FILE).read_text())
    (tmp_path / STATUS_FILE).write_text(json.dumps(status | {"time": 0}))
    assert task.status().state == "interrupted"


def test_a_folder_can_name_no_other_function(tmp_path):
    target = tmp_path / "made"
    request = {"function": "os:mkdir", "arguments": {"path": str(target)}}
    (tmp_path / REQUEST_FILE).write_text(json.dumps(request))
    task = ProcessTask(tmp_path)
    assert task.run() == "failed"
    assert task.status().error.what == "mkdir is no work of gapviz"
    assert not target.exists()


def test_a_folder_without_a_task_is_refused(tmp_path):
    with pytest.raises(GapvizError, match="holds no background task"):
        ProcessTask(tmp_path)


def test_a_removed_task_leaves_nothing(tmp_path):
    task = ProcessTask.create(tmp_path / "task", count, {})
    task.remove()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("seconds", [-86_400, 86_400])
def test_a_clock_that_was_set_back_leaves_no_task_waiting_for_ever(tmp_path, numbers, seconds):
    task = ProcessTask.create(tmp_path / "task", count, {"folder": str(numbers), "end": 1})
    values = {"state": "queued", "share": 0.0, "stage": "starting", "result": None}
    values["time"] = time.time() + seconds
    (tmp_path / "task" / STATUS_FILE).write_text(json.dumps(values))
    assert task.status().state == "interrupted"


@pytest.mark.parametrize("text", ["[" * 100_000, '{"share": NaN}', "Infinity"])
def test_a_status_that_says_nothing_sensible_is_survived(tmp_path, numbers, text):
    task = ProcessTask.create(tmp_path / "task", count, {"folder": str(numbers), "end": 1})
    (tmp_path / "task" / STATUS_FILE).write_text(text)
    assert task.status().state == "interrupted"
    (tmp_path / "task" / REQUEST_FILE).write_text(text)
    with pytest.raises(GapvizError, match="holds no background task"):
        ProcessTask(tmp_path / "task")


def bounded(place, function, seconds=20.0, progress=lambda share, stage: None, **arguments):
    allowance = Allowance(memory=300_000_000, seconds=seconds)
    return confined(
        function, arguments, folder=place / "task", allowance=allowance, hint="try less",
        progress=progress,
    )  # fmt: skip


def test_work_within_its_allowance_gives_its_result(tmp_path):
    assert bounded(tmp_path, grow, megabytes=50) == {"held": 50}


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not bound memory")
def test_work_that_takes_more_memory_is_ended(tmp_path):
    with pytest.raises(GapvizError, match="memory"):
        bounded(tmp_path, grow, megabytes=600)


def test_work_that_takes_longer_is_ended_even_where_python_is_not_asked(tmp_path):
    start = time.monotonic()
    with pytest.raises(GapvizError, match=r"takes longer than the 0.5 s allowed; try less"):
        bounded(tmp_path, brood, seconds=0.5)
    assert time.monotonic() - start < PATIENCE_SECONDS


def test_what_goes_wrong_in_the_process_is_raised_here(tmp_path):
    with pytest.raises(GapvizError, match=r"a\.npy: no vectors; write some"):
        bounded(tmp_path, fail, mistake=True)


def test_whoever_waits_and_gives_up_ends_the_process(tmp_path, numbers):
    def stop(share, stage):
        if share > 0:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        bounded(tmp_path, count, progress=stop, folder=str(numbers), end=10_000)
    until(lambda: not ProcessTask(tmp_path / "task").status().active)
    written = len(list(numbers.iterdir()))
    time.sleep(0.1)
    assert len(list(numbers.iterdir())) == written
