import threading
import time

from gapviz.core.errors import GapvizError
from gapviz.storage.background import FINISHED_TASKS, TaskBoard, TaskStatus, ThreadTask
from tests.patience import until


def until_cancelled(progress):
    while True:
        progress(0.5, "at work")
        time.sleep(0.01)


def begun(work):
    task = ThreadTask(work)
    task.start()
    return task


def until_staged(task, stage):
    until(lambda: task.status().stage == stage)


def test_a_task_gives_its_result_and_its_progress():
    seen = threading.Event()
    go_on = threading.Event()

    def work(progress):
        progress(0.5, "half way")
        seen.set()
        go_on.wait(10)
        return 42

    task = begun(work)
    assert seen.wait(10)
    assert task.status() == TaskStatus("running", 0.5, "half way")
    go_on.set()
    assert task.wait(10) == TaskStatus("done", 1.0, "done", result=42)


def test_a_cancelled_task_stops_at_its_next_report():
    started, go_on = threading.Event(), threading.Event()
    reached_end = []

    def work(progress):
        started.set()
        go_on.wait(10)
        progress(0.5, "half way")
        reached_end.append(True)

    task = begun(work)
    started.wait(10)
    task.cancel()
    go_on.set()
    assert task.wait(10).state == "cancelled"
    assert not reached_end


def test_a_users_mistake_is_kept_as_a_sentence():
    def work(progress):
        raise GapvizError("no vectors")

    task = begun(work)
    status = task.wait(10)
    assert (status.state, status.error.sentence) == ("failed", "no vectors.")


def test_a_fault_is_told_without_its_traceback():
    task = begun(lambda progress: 1 / 0)
    status = task.wait(10)
    assert status.state == "failed"
    assert "ZeroDivision" not in status.error.sentence


def test_visitors_who_wait_for_the_same_work_share_one_task():
    board, runs, go_on = TaskBoard(), [], threading.Event()

    def work(progress):
        runs.append(1)
        go_on.wait(10)

    first, second = board.start_once("key", work), board.start_once("key", work)
    go_on.set()
    assert first is second
    first.wait(10)
    assert len(runs) == 1


def test_a_forgotten_task_starts_afresh():
    board = TaskBoard()
    first = board.start_once("key", lambda progress: 1)
    board.forget("key")
    assert board.start_once("key", lambda progress: 2) is not first


def test_forgetting_a_task_leaves_the_one_started_after_it():
    board = TaskBoard()
    first = board.start_once("key", lambda progress: 1)
    board.forget("key", first)
    second = board.start_once("key", lambda progress: 2)
    board.forget("key", first)
    assert board.find("key") is second


def test_only_so_many_run_at_once_and_the_others_wait_for_their_turn():
    board, go_on = TaskBoard(at_once=1), threading.Event()
    first = board.start_once("first", lambda progress: go_on.wait(10))
    second = board.start_once("second", lambda progress: 2)
    until_staged(second, "waiting for its turn")
    assert second.status().state == "queued"
    go_on.set()
    assert (first.wait(10).result, second.wait(10).result) == (True, 2)


def test_one_that_waits_for_its_turn_can_be_cancelled():
    board, go_on = TaskBoard(at_once=1), threading.Event()
    board.start_once("first", lambda progress: go_on.wait(10))
    second = board.start_once("second", lambda progress: 2)
    second.cancel()
    assert second.wait(10).state == "cancelled"
    go_on.set()


def test_a_task_that_fails_gives_its_turn_to_the_next():
    board = TaskBoard(at_once=1)
    board.start_once("first", lambda progress: 1 / 0).wait(10)
    second = board.start_once("second", lambda progress: 2)
    assert second.wait(10).result == 2


def test_a_task_that_nobody_looks_at_is_cancelled_and_begins_anew_when_asked_for():
    board = TaskBoard(patience=0.05)
    task = board.start_once("key", until_cancelled, "one")
    assert task.wait(10).state == "cancelled"
    assert board.start_once("key", lambda progress: 2, "one") is not task


def test_a_task_that_someone_looks_at_goes_on():
    board = TaskBoard(patience=0.5)
    task = board.start_once("key", until_cancelled, "one")
    for _ in range(10):
        board.find("key", "one")
        assert task.wait(0.1).active
    task.cancel()


def test_a_task_that_nobody_waits_for_gives_its_turn_to_another(monkeypatch):
    monkeypatch.setattr("gapviz.storage.background.STILL_WAITS", 0.2)
    board = TaskBoard(at_once=1, patience=60)
    left = board.start_once("left", until_cancelled, "one")
    assert left.wait(0.5).active
    asked = board.start_once("asked", lambda progress: 2, "two")
    assert asked.wait(10).result == 2
    assert left.wait(10).state == "cancelled"


def test_a_visitor_who_leaves_cancels_nothing_that_another_waits_for():
    board = TaskBoard()
    task = board.start_once("key", until_cancelled, "one")
    assert board.start_once("key", until_cancelled, "other") is task
    board.leave("key", "one")
    assert not task.cancelled
    board.leave("key", "other")
    assert task.wait(10).state == "cancelled"


def test_a_visitor_who_has_not_looked_for_long_is_not_waited_for(monkeypatch):
    monkeypatch.setattr("gapviz.storage.background.STILL_WAITS", 0.0)
    board = TaskBoard()
    task = board.start_once("key", until_cancelled, "gone")
    board.find("key", "one")
    board.leave("key", "one")
    assert task.wait(10).state == "cancelled"


def test_a_visitor_whose_page_is_closed_is_not_waited_for(monkeypatch):
    monkeypatch.setattr("gapviz.storage.background.MOMENT", 0.2)
    open_pages = {"one", "two"}
    board = TaskBoard(at_once=1, is_here=open_pages.__contains__)
    left = board.start_once("left", until_cancelled, "one")
    asked = board.start_once("asked", lambda progress: 2, "two")
    assert asked.wait(0.5).active
    open_pages.remove("one")
    assert asked.wait(10).result == 2
    assert left.wait(10).state == "cancelled"


def test_what_nobody_hurries_takes_no_turn_from_what_a_page_waits_for():
    board, go_on = TaskBoard(at_once=1), threading.Event()
    first, second = (
        board.start_once(key, lambda progress: go_on.wait(10), unhurried=True)
        for key in ("first", "second")
    )
    until_staged(first, "starting")
    assert board.start_once("asked", lambda progress: 2).wait(10).result == 2
    assert second.status().state == "queued"
    second.hurry()
    until_staged(second, "starting")
    go_on.set()
    assert second.wait(10).state == first.wait(10).state == "done"


def test_a_board_remembers_only_the_last_finished_tasks():
    board = TaskBoard()
    for number in range(2 * FINISHED_TASKS):
        board.start_once(f"{number}", lambda progress: 1).wait(10)
    known = [number for number in range(2 * FINISHED_TASKS) if board.find(f"{number}")]
    assert known[-FINISHED_TASKS:] == list(range(FINISHED_TASKS, 2 * FINISHED_TASKS))
    assert len(known) <= FINISHED_TASKS + 1
